import { describe, expect, it } from 'vitest';
import { GaussianMixture, gaussianFlow } from '../maths/gaussian-mixture.ts';
import { Rng } from '../tensor/rng.ts';
import { eulerSampler, rk4Sampler } from './fixed-step.ts';
import { sampleFlowMap } from './flow-map.ts';
import { type NoiseSampler, searchNoise } from './noise-search.ts';
import type { Velocity } from './sampler.ts';
import { type Verifier, densityVerifier, modeVerifier, nearnessVerifier } from './verifiers.ts';

/* In one dimension the flow map of a mixture is the quantile map: an oracle that shares nothing with RK4. */
const mixture = new GaussianMixture({ weights: [1, 3], means: [[-1], [0.8]], stds: [0.3, 0.2] });
const velocity: Velocity = (x, t) => mixture.velocity(x, t);
const exact: NoiseSampler = (noise) =>
  sampleFlowMap({ map: (z) => mixture.quantileMap(z) }, noise, { nfe: 1, dim: 1, record: 'end' });
const rk4: NoiseSampler = (noise) =>
  rk4Sampler.sample(velocity, noise, { steps: 100, dim: 1, record: 'end' });

const COUNT = 200;
const rng = new Rng(5, 'search');
const search = (candidates: number, more: object = {}, teacher: NoiseSampler | null = null) =>
  searchNoise(exact, teacher, {
    count: COUNT,
    candidates,
    dim: 1,
    rng,
    verifier: densityVerifier(mixture),
    ...more,
  });

describe('the search', () => {
  it('of one candidate is plain sampling', async () => {
    const plain = rng.at(0).fillNormal(new Float64Array(COUNT));
    const alone = await search(1);
    expect(alone.noise).toEqual(plain);
    expect(alone.samples).toEqual(mixture.quantileMap(plain));
    expect(alone.nfe).toBe(1);
    const finished = await search(1, {}, rk4);
    expect(finished.samples).toEqual((await rk4(plain)).states.at(-1));
  });

  it('chooses the best of what it drew', async () => {
    const { scores, noise, chosen, samples } = await search(7);
    const drawn = Array.from({ length: 7 }, (_, k) => rng.at(k).fillNormal(new Float64Array(COUNT)));
    const judged = drawn.map((each) => mixture.logDensity(mixture.quantileMap(each)));
    for (let i = 0; i < COUNT; i++) {
      expect(scores[i]).toBe(Math.max(...judged.map((each) => each[i]!)));
      expect(judged[chosen[i]!]![i]).toBe(scores[i]);
      expect(noise[i]).toBe(drawn[chosen[i]!]![i]);
    }
    expect(samples).toEqual(mixture.quantileMap(noise));
    expect(new Set(chosen).size).toBe(7);
  });

  it('never does worse with more candidates, which hold the fewer', async () => {
    const [few, many] = [await search(4), await search(9)];
    expect(many.scores.every((score, i) => score >= few.scores[i]!)).toBe(true);
    expect(many.scores.some((score, i) => score > few.scores[i]!)).toBe(true);
  });

  it('counts every evaluation: N of the student and those of the teacher', async () => {
    const twoStep: NoiseSampler = async (noise) => ({ ...(await exact(noise)), nfe: 2 });
    const euler: NoiseSampler = (noise) => eulerSampler.sample(velocity, noise, { steps: 6, dim: 1 });
    const options = { count: 3, candidates: 5, dim: 1, rng, verifier: densityVerifier(mixture) };
    expect((await searchNoise(exact, null, options)).nfe).toBe(5);
    expect((await searchNoise(exact, euler, options)).nfe).toBe(5 + 6);
    expect((await searchNoise(twoStep, euler, options)).nfe).toBe(10 + 6);
  });

  it('check 17: with the exact map the proxy scores as the teacher does', async () => {
    const verifier = densityVerifier(mixture);
    const { scores, noise, samples } = await search(8, {}, rk4);
    const oracle = await verifier(samples, 1);
    // RK4 at 100 steps is within 1e-5 of the quantile map; log p is steep by at most |x - m| / s^2 < 10 here.
    scores.forEach((score, i) => expect(Math.abs(oracle[i]! - score)).toBeLessThan(1e-3));
    // And it would have chosen the same noise: the search by the teacher itself.
    const direct = await searchNoise(rk4, null, { count: COUNT, candidates: 8, dim: 1, rng, verifier });
    const same = direct.noise.reduce((total, value, i) => total + (value === noise[i] ? 1 : 0), 0);
    // But for near ties at the top of a density, where two noises lead to almost one score.
    expect(same / COUNT).toBeGreaterThan(0.95);
  });

  it('of a mode of probability p finds it with 1 - (1 - p)^N', async () => {
    // Modes 1.8 apart at widths of 0.3 and 0.2: a point belongs to one or the other.
    const count = 4000;
    for (const candidates of [1, 2, 4]) {
      const { samples } = await search(candidates, { count, verifier: modeVerifier(mixture, 0) });
      const share = samples.reduce((total, x) => total + (x < -0.1 ? 1 : 0), 0) / count;
      const expected = 1 - 0.75 ** candidates;
      // Five standard errors of a share, and the mass of each mode beyond the point between them (0.2%).
      const error = Math.sqrt((expected * (1 - expected)) / count);
      expect(Math.abs(share - expected)).toBeLessThan(5 * error + 0.003);
    }
  });

  it('keeps a sample whole: coordinates of one candidate stay together', async () => {
    // N(m, 1) in two dimensions, where the map is a shift by the mean.
    const shift: NoiseSampler = (noise) =>
      sampleFlowMap({ map: (z) => z.map((x) => gaussianFlow(x, 1, 0, 0.5, 1)) }, noise, {
        nfe: 1,
        dim: 2,
        record: 'end',
      });
    const verifier = nearnessVerifier(Float64Array.of(0.5, 0.5, 2, 2));
    const { samples, noise, chosen } = await searchNoise(shift, null, {
      count: 50,
      candidates: 6,
      dim: 2,
      rng,
      verifier,
    });
    for (let i = 0; i < 50; i++) {
      const drawn = rng.at(chosen[i]!).fillNormal(new Float64Array(100));
      expect([...noise.subarray(2 * i, 2 * i + 2)]).toEqual([...drawn.subarray(2 * i, 2 * i + 2)]);
      expect(samples[2 * i]).toBeCloseTo(noise[2 * i]! + 0.5, 12);
      expect(samples[2 * i + 1]).toBeCloseTo(noise[2 * i + 1]! + 0.5, 12);
    }
  });

  it('names what is wrong', async () => {
    for (const bad of [{ count: 0 }, { candidates: 0 }, { candidates: 1.5 }]) {
      await expect(search(2, bad)).rejects.toMatchObject({ code: 'sampler/bad-options' });
    }
    const short: Verifier = (points) => points.subarray(1);
    const undecided: Verifier = (points) => points.map((_, i) => (i === 3 ? NaN : 0));
    for (const verifier of [short, undecided]) {
      await expect(search(2, { verifier })).rejects.toMatchObject({ code: 'sampler/bad-verifier' });
    }
    await expect(search(2, { signal: { aborted: true } })).rejects.toMatchObject({
      code: 'sampler/cancelled',
    });
    // A score of -Infinity is one: the first candidate is kept.
    const { chosen, noise } = await search(3, {
      verifier: (points: Float64Array) => points.map(() => -Infinity),
    });
    expect(chosen.every((k) => k === 0)).toBe(true);
    expect(noise).toEqual(rng.at(0).fillNormal(new Float64Array(COUNT)));
  });
});

describe('verifiers', () => {
  const points = Float64Array.of(-1.2, -0.4, 0.1, 0.8, 2);

  it('of density is log p', async () => {
    expect(await densityVerifier(mixture)(points, 1)).toEqual(mixture.logDensity(points));
  });

  it('of modes are probabilities that sum to 1 and follow Bayes', async () => {
    const [first, second] = [
      await modeVerifier(mixture, 0)(points, 1),
      await modeVerifier(mixture, 1)(points, 1),
    ];
    first.forEach((p, i) => expect(p + second[i]!).toBeCloseTo(1, 12));
    const bell = (x: number, mean: number, std: number) => Math.exp(-0.5 * ((x - mean) / std) ** 2) / std;
    const [a, b] = [0.25 * bell(0.1, -1, 0.3), 0.75 * bell(0.1, 0.8, 0.2)];
    expect(first[2]).toBeCloseTo(a / (a + b), 12);
    expect(() => modeVerifier(mixture, 2)).toThrow(expect.objectContaining({ code: 'sampler/bad-verifier' }));
  });

  it('of nearness is 0 at a reference point and falls with the distance to the nearest', async () => {
    const verifier = nearnessVerifier(Float64Array.of(0, 0, 3, 4));
    expect([...(await verifier(Float64Array.of(3, 4, 3, 0, 0, 1), 2))].map(Math.abs)).toEqual([0, 3, 1]);
    expect((await verifier(Float64Array.of(3, 0), 2))[0]).toBe(-3);
    expect(() => verifier(points, 3)).toThrow(expect.objectContaining({ code: 'sampler/bad-verifier' }));
  });

  it('refuse points of another size', () => {
    for (const verifier of [densityVerifier(mixture), modeVerifier(mixture, 1)]) {
      expect(() => verifier(Float64Array.of(1, 2), 2)).toThrow(
        expect.objectContaining({ code: 'sampler/bad-verifier' }),
      );
    }
  });
});
