/** Data N(M, S^2): the flow map, the flow between any two times and the consistency function are known. */
import { describe, expect, it } from 'vitest';
import { gaussianFlow } from '../maths/gaussian-mixture.ts';
import { Rng } from '../tensor/rng.ts';
import { type HostFlowMap, handoverTime, sampleFlowMap } from './flow-map.ts';
import type { Velocity } from './sampler.ts';

const M = 1.3;
const S = 0.7;
const NOISE = Float64Array.of(-2, -0.9, 0, 0.4, 1.1, 2.5);

/** x(to) of the exact flow, for all. */
const flow = (x: Float64Array, from: number, to: number): Float64Array =>
  x.map((value) => gaussianFlow(value, from, to, M, S));
const teacher: Velocity = (x, t) => {
  const gain = (t - (1 - t) * S * S) / ((1 - t) ** 2 * S * S + t * t);
  return x.map((value) => gain * (value - (1 - t) * M) - M);
};

const startsAtNoise: HostFlowMap = { map: (z, d) => flow(z, 1, 1 - d) };
const jumping: HostFlowMap = { ...startsAtNoise, jump: flow, chain: 'jump' };
const consistency: HostFlowMap = {
  ...startsAtNoise,
  // As a consistency model has it: to the data and nowhere else.
  jump: (x, from, to) => (to === 0 ? flow(x, from, 0) : x.map(() => NaN)),
  chain: 'renoise',
};

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
/** A few roundings of float64 at values of a few units. */
const EXACT = 1e-13;

describe('one evaluation', () => {
  it.each([
    ['a map from noise', startsAtNoise],
    ['one that jumps', jumping],
    ['one that renoises', consistency],
  ])('is f(z, 1) of %s', async (_, map) => {
    const { states, times, nfe } = await sampleFlowMap(map, NOISE, { nfe: 1, dim: 2, record: 'end' });
    expect([...times]).toEqual([1, 0]);
    expect(states[0]).toEqual(NOISE);
    expect(states[1]).toEqual(flow(NOISE, 1, 0));
    expect(nfe).toBe(1);
  });

  it('records f(z, d) at even durations, which are no evaluations of the sample', async () => {
    const { states, times, nfe } = await sampleFlowMap(startsAtNoise, NOISE, { nfe: 1, dim: 1, records: 4 });
    expect([...times]).toEqual([1, 0.75, 0.5, 0.25, 0]);
    states.forEach((state, i) => expect(largestGap(state, flow(NOISE, 1, times[i]!))).toBeLessThan(EXACT));
    expect(nfe).toBe(1);
  });
});

describe('jumps', () => {
  it.each([2, 3, 4, 8])('%i of the exact map end where one does', async (nfe) => {
    const path = await sampleFlowMap(jumping, NOISE, { nfe, dim: 1, record: 'all', records: 16 });
    expect(largestGap(path.states.at(-1)!, flow(NOISE, 1, 0))).toBeLessThan(EXACT);
    expect(path.nfe).toBe(nfe);
    // Every state lies on the path of its noise, and times fall from 1 to 0.
    expect(path.times[0]).toBe(1);
    expect(path.times.at(-1)).toBe(0);
    path.states.forEach((state, i) =>
      expect(largestGap(state, flow(NOISE, 1, path.times[i]!))).toBeLessThan(EXACT),
    );
    for (let i = 1; i < path.times.length; i++) expect(path.times[i]).toBeLessThan(path.times[i - 1]!);
    // As many states a jump as its length asks for.
    expect(path.times.length).toBe(1 + nfe * Math.round(16 / nfe));
  });

  it('each begins at the end of the last: an inexact map feels it', async () => {
    const calls: [number, number][] = [];
    const half: HostFlowMap = {
      map: (z) => z,
      jump: (x, from, to) => {
        calls.push([from, to]);
        return x.map((value) => value / 2);
      },
      chain: 'jump',
    };
    const { states } = await sampleFlowMap(half, NOISE, { nfe: 4, dim: 1, record: 'end' });
    expect(states.at(-1)).toEqual(NOISE.map((value) => value / 16));
    expect(calls).toEqual([
      [1, 0.75],
      [0.75, 0.5],
      [0.5, 0.25],
      [0.25, 0],
    ]);
  });
});

describe('renoising', () => {
  it('keeps the law of the data: exact consistency function', async () => {
    const count = 20_000;
    const noise = new Rng(1, 'noise').fillNormal(new Float64Array(count));
    for (const nfe of [2, 4]) {
      const path = await sampleFlowMap(consistency, noise, { nfe, dim: 1, rng: new Rng(2, 'renoise') });
      expect(path.nfe).toBe(nfe);
      expect([...path.times]).toEqual(Array.from({ length: nfe + 1 }, (_, k) => 1 - k / nfe));
      path.states.forEach((state, i) => {
        const t = path.times[i]!;
        const variance = (1 - t) ** 2 * S * S + t * t;
        const mean = state.reduce((a, b) => a + b, 0) / count;
        const spread = state.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
        // Five standard errors: sd / sqrt(n) of the mean, var sqrt(2 / n) of the variance.
        expect(Math.abs(mean - (1 - t) * M)).toBeLessThan(5 * Math.sqrt(variance / count));
        expect(Math.abs(spread - variance)).toBeLessThan(5 * variance * Math.sqrt(2 / count));
      });
      // Fresh noise: the sample is not where one call would have gone.
      expect(largestGap(path.states.at(-1)!, flow(noise, 1, 0))).toBeGreaterThan(0.5);
    }
  });

  it('is decided by its rng, whose round k draws from step k', async () => {
    const end = async (seed: number, nfe: number, step = 0) => {
      const path = await sampleFlowMap(consistency, NOISE, { nfe, dim: 1, rng: new Rng(seed, 'r', step) });
      return path.states;
    };
    expect(await end(1, 3)).toEqual(await end(1, 3));
    expect((await end(1, 3))[3]).not.toEqual((await end(2, 3))[3]);
    // Round 1 of a run that begins at step 0 is round 0 of one at step 1.
    const fresh = new Rng(1, 'r', 1).fillNormal(new Float64Array(NOISE.length));
    const [, first, second] = await end(1, 4);
    const expected = flow(first!, 0.75, 0).map((value, i) => 0.5 * value + 0.5 * fresh[i]!);
    expect(largestGap(second!, expected)).toBeLessThan(EXACT);
  });
});

describe('the hybrid', () => {
  const errorOf = async (nfe: number, handover?: number): Promise<number> => {
    const path = await sampleFlowMap(startsAtNoise, NOISE, {
      nfe,
      dim: 1,
      teacher,
      record: 'end',
      ...(handover === undefined ? {} : { handover }),
    });
    expect(path.nfe).toBe(nfe);
    return largestGap(path.states.at(-1)!, flow(NOISE, 1, 0));
  };

  it('converges like 1 / n from a fixed handover: Euler steps', async () => {
    const errors: number[] = [];
    for (const steps of [32, 64, 128, 256]) errors.push(await errorOf(1 + steps, 0.5));
    for (let i = 1; i < errors.length; i++) {
      expect(errors[i - 1]! / errors[i]!).toBeGreaterThan(1.9);
      expect(errors[i - 1]! / errors[i]!).toBeLessThan(2.1);
    }
  });

  it('converges to the end of the exact map with the handover it chooses itself', async () => {
    const errors: number[] = [];
    for (const nfe of [32, 128, 512]) errors.push(await errorOf(nfe));
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]!);
    expect(errors.at(-1)).toBeLessThan(0.01);
  });

  it('with two evaluations errs by O(h^2): one Euler step from the exact path', async () => {
    const errors: number[] = [];
    for (const h of [0.08, 0.04, 0.02]) errors.push(await errorOf(2, h));
    // Ratios tend to 4, with a share of h.
    expect(errors[0]! / errors[1]!).toBeGreaterThan(3.6);
    expect(errors[1]! / errors[2]!).toBeGreaterThan(3.8);
    expect(errors[1]! / errors[2]!).toBeLessThan(4.2);
    expect(await errorOf(2, 1e-6)).toBeLessThan(1e-11);
  });

  it('asks the map once and the teacher from the handover down', async () => {
    const asked: string[] = [];
    const path = await sampleFlowMap(
      {
        map: (z, d) => {
          asked.push(`f ${d}`);
          return flow(z, 1, 1 - d);
        },
      },
      NOISE,
      {
        nfe: 4,
        dim: 1,
        handover: 0.75,
        teacherCost: 2,
        record: 'end',
        teacher: (x, t) => {
          asked.push(`v ${t}`);
          return teacher(x, t);
        },
      },
    );
    expect(asked).toEqual(['f 0.25', 'v 0.75', 'v 0.5', 'v 0.25']);
    // Three guided calls of two passes each.
    expect(path.nfe).toBe(1 + 3 * 2);
    expect(path.times.at(-1)).toBe(0);
  });

  it('records the map up to the handover and every step after it', async () => {
    const { times, nfe, states } = await sampleFlowMap(startsAtNoise, NOISE, {
      nfe: 3,
      dim: 1,
      teacher,
      handover: 0.5,
      records: 4,
    });
    expect([...times]).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect(largestGap(states[2]!, flow(NOISE, 1, 0.5))).toBeLessThan(EXACT);
    expect(nfe).toBe(3);
  });

  it('hands over later the more evaluations there are, and always between noise and data', () => {
    const times = [2, 3, 4, 8, 16, 1000].map(handoverTime);
    for (let i = 1; i < times.length; i++) expect(times[i]).toBeGreaterThanOrEqual(times[i - 1]!);
    for (const t of times) {
      expect(t).toBeGreaterThan(0);
      expect(t).toBeLessThan(1);
    }
  });
});

describe('failures are named', () => {
  it.each([0, -1, 1.5, NaN])('an nfe of %d', async (nfe) => {
    await expect(sampleFlowMap(jumping, NOISE, { nfe, dim: 1 })).rejects.toMatchObject({
      code: 'sampler/wrong-nfe',
    });
  });

  it('more than one evaluation of a map with neither chain nor teacher', async () => {
    await expect(sampleFlowMap(startsAtNoise, NOISE, { nfe: 2, dim: 1 })).rejects.toMatchObject({
      code: 'sampler/wrong-nfe',
      message: expect.stringMatching(/expected 1 .* found 2/) as unknown,
    });
  });

  it('renoising without an rng, a chain without a jump, a handover out of range, odd noise', async () => {
    const code = { code: 'sampler/bad-options' };
    await expect(sampleFlowMap(consistency, NOISE, { nfe: 2, dim: 1 })).rejects.toMatchObject(code);
    const lame: HostFlowMap = { ...startsAtNoise, chain: 'jump' };
    await expect(sampleFlowMap(lame, NOISE, { nfe: 2, dim: 1 })).rejects.toMatchObject(code);
    for (const handover of [0, 1, NaN, -0.5]) {
      const options = { nfe: 2, dim: 1, teacher, handover };
      await expect(sampleFlowMap(startsAtNoise, NOISE, options)).rejects.toMatchObject(code);
    }
    await expect(sampleFlowMap(startsAtNoise, NOISE, { nfe: 1, dim: 4 })).rejects.toMatchObject(code);
  });

  it('a map that changes the size of the state or stops being finite', async () => {
    const short: HostFlowMap = { map: (z) => z.subarray(1), jump: (x) => x.subarray(1), chain: 'renoise' };
    const rng = new Rng(0, 'r');
    for (const nfe of [1, 2]) {
      await expect(sampleFlowMap(short, NOISE, { nfe, dim: 1, rng })).rejects.toMatchObject({
        code: 'sampler/bad-velocity',
      });
    }
    const broken: HostFlowMap = { map: (z, d) => z.map((value) => (d > 0.5 ? NaN : value)) };
    await expect(sampleFlowMap(broken, NOISE, { nfe: 1, dim: 1 })).rejects.toMatchObject({
      code: 'sampler/non-finite',
    });
  });

  it.each([
    ['jumps', jumping, undefined],
    ['renoising', consistency, undefined],
    ['the hybrid', startsAtNoise, teacher],
  ])('%s stops when asked', async (_, map, after) => {
    const signal = { aborted: false };
    let calls = 0;
    const count = <A extends unknown[], R>(fn: (...args: A) => R) => {
      return (...args: A): R => {
        if (++calls === 3) signal.aborted = true;
        return fn(...args);
      };
    };
    const counted: HostFlowMap = {
      ...map,
      map: count(map.map),
      ...(map.jump ? { jump: count(map.jump) } : {}),
    };
    await expect(
      sampleFlowMap(counted, NOISE, {
        nfe: 20,
        dim: 1,
        rng: new Rng(0, 'r'),
        record: 'end',
        signal,
        ...(after ? { teacher: count(after) } : {}),
      }),
    ).rejects.toMatchObject({ code: 'sampler/cancelled' });
    expect(calls).toBe(3);
  });
});
