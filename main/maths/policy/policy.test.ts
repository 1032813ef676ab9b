import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { GaussianMixture, mixtureVelocityField } from '../gaussian-mixture.ts';
import { dxPolicy } from './dx-policy.ts';
import {
  type GmData,
  type GmOutput,
  gmDataFrom,
  gmDropout,
  gmExpectedData,
  gmNegativeLogLikelihood,
  gmPolicy,
  gmPosterior,
  gmReverseTransition,
  gmTempered,
} from './gm-policy.ts';
import type { PolicySource } from './policy.ts';
import { rawTimeFromTime, segmentsOf, substepsOf, timeFromRawTime } from './raw-time.ts';
import { rollOut, substepsOfLeg } from './roll-out.ts';
import { type Given, evaluate } from './testdata/evaluate.ts';
import { exactPosterior } from './testdata/exact.ts';

/** float32 with a division by small t in between. */
const TIGHT = 2e-5;

const B = 5;
const C = 2;
const K = 3;
const rng = (stream: string) => new Rng(20261122, stream);
const normal = (stream: string, size: number) => rng(stream).fillNormal(new Float32Array(size));
const points = (stream: string): [number[], Float32Array] => [[B, C, 1], normal(stream, B * C)];
const all = (t: number): [number[], Float32Array] => [[B], new Float32Array(B).fill(t)];

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - found[i]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}

/** A network's raw output and its source. */
function given(tSrc: number): Given {
  return {
    x: points('source'),
    t: all(tSrc),
    means: [[B, K, C, 1], normal('means', B * K * C)],
    logWeights: [[B, K, 1, 1], normal('weights', B * K)],
    logStd: [[B, 1, 1, 1], normal('std', B).map((value) => value / 4 - 1)],
  };
}

function dataOf(tensors: Record<string, Tensor>): {
  output: GmOutput;
  data: GmData;
  source: PolicySource;
} {
  const source = { x: tensors['x']!, t: tensors['t'] as Tensor1D };
  const { means, logWeights, logStd } = tensors;
  const output = { means: means!, logWeights: logWeights!, logStd: logStd! };
  return { source, output, data: gmDataFrom(output, source) };
}

const mixture = new GaussianMixture({
  weights: [0.5, 0.2, 0.3],
  means: [
    [1, 0.5],
    [-1.2, 0],
    [0.3, -1.5],
  ],
  stds: [0.35, 0.35, 0.35],
});

const exactData = (source: PolicySource): GmData => exactPosterior(mixture, source);

describe('check 18: with the exact posterior the mixture policy is the marginal velocity', () => {
  it.each([1, 0.8, 0.5])('from t = %d at any later state', async (tSrc) => {
    for (const t of [0.9, 0.7, 0.4, 0.1].filter((each) => each <= tSrc)) {
      const { v } = await evaluate(
        { xs: points('source'), ts: all(tSrc), x: points('x'), t: all(t) },
        (g) => {
          const source = { x: g['xs']!, t: g['ts'] as Tensor1D };
          return { v: gmPolicy(exactData(source), source)(g['x']!, g['t'] as Tensor1D) };
        },
      );
      const exact = mixture.velocity(Float64Array.from(normal('x', B * C)), t);
      expectClose(v, exact, TIGHT);
    }
  });

  it('check 25: it imitates that teacher without loss or gradient, and not once a mean is moved', async () => {
    const { loss, gradient, moved } = await evaluate(
      { xs: points('source'), ts: all(1), x: points('x'), t: all(0.6) },
      (g) => {
        const source = { x: g['xs']!, t: g['ts'] as Tensor1D };
        const exact = exactData(source);
        const lossAt = (shift: Tensor): tf.Scalar => {
          const data = { ...exact, means: tf.add(exact.means, shift) };
          const policy = gmPolicy(data, source)(g['x']!, g['t'] as Tensor1D);
          const at = tf.squeeze(g['x']!, [2]);
          const teacher = mixtureVelocityField(mixture).velocity(at, g['t'] as Tensor1D);
          return tf.mean(tf.squaredDifference(tf.squeeze(policy, [2]), teacher));
        };
        const zero = tf.zeros([1, K, C, 1]);
        return {
          loss: lossAt(zero),
          gradient: tf.grad(lossAt)(zero),
          moved: lossAt(tf.fill([1, K, C, 1], 0.1)),
        };
      },
    );
    // Two ways to one velocity in float32: 1e-6 apart, which is squared here.
    expect(loss[0]).toBeLessThan(1e-11);
    expect(Math.max(...gradient.map(Math.abs))).toBeLessThan(1e-6);
    expect(moved[0]).toBeGreaterThan(1e-4);
  });
});

describe('check 19: at its source', () => {
  it.each([1, 0.8, 0.5])('the mixture expects its own mean, t = %d', async (tSrc) => {
    const { x0, mean } = await evaluate(given(tSrc), (g) => {
      const { data, source } = dataOf(g);
      return {
        x0: gmExpectedData(data, source, source.x, source.t),
        mean: tf.sum(tf.mul(tf.exp(data.logWeights), data.means), 1),
      };
    });
    expectClose(x0, mean, TIGHT);
  });
});

describe('check 20: the mixture', () => {
  it('of one component has the closed form, whatever its weight', async () => {
    const t = 0.4;
    const { x0, expected } = await evaluate(
      {
        x: points('source'),
        t: all(1),
        means: [[B, 1, C, 1], normal('means', B * C)],
        logWeights: [[B, 1, 1, 1], normal('weights', B)],
        logStd: [[B, 1, 1, 1], normal('std', B)],
        now: points('x'),
      },
      (g) => {
        const { data, source } = dataOf(g);
        const zeta = ((1 - t) / t) ** 2;
        const nu = tf.mul(g['now']!, (1 - t) / t ** 2);
        const variance = tf.squeeze(data.variance, [3]);
        const mu = tf.squeeze(data.means, [1]);
        return {
          x0: gmExpectedData(data, source, g['now']!, tf.fill([B], t) as Tensor1D),
          expected: tf.div(tf.add(tf.mul(variance, nu), mu), tf.add(tf.mul(variance, zeta), 1)),
        };
      },
    );
    expectClose(x0, expected, TIGHT);
  });

  it('does not care for the order of its components, nor for one that is split in two', async () => {
    const { plain, turned, split } = await evaluate({ ...given(0.8), now: points('x') }, (g) => {
      const { data, source } = dataOf(g);
      const x0 = (of: GmData): Tensor => gmExpectedData(of, source, g['now']!, tf.fill([B], 0.3) as Tensor1D);
      const half = tf.sub(tf.slice(data.logWeights, [0, 0, 0, 0], [B, 1, 1, 1]), Math.log(2));
      const others = tf.slice(data.logWeights, [0, 1, 0, 0], [B, K - 1, 1, 1]);
      const first = tf.slice(data.means, [0, 0, 0, 0], [B, 1, C, 1]);
      return {
        plain: x0(data),
        turned: x0({
          ...data,
          means: tf.reverse(data.means, 1),
          logWeights: tf.reverse(data.logWeights, 1),
        }),
        split: x0({
          ...data,
          means: tf.concat([first, data.means], 1),
          logWeights: tf.concat([half, half, others], 1),
        }),
      };
    });
    expectClose(turned, plain, TIGHT);
    expectClose(split, plain, TIGHT);
  });

  it('of vanishing variance expects a point between its means', async () => {
    const { x0, low, high } = await evaluate({ ...given(0.8), now: points('x') }, (g) => {
      const { data, source } = dataOf(g);
      const sharp = { ...data, variance: tf.mul(data.variance, 0) };
      return {
        x0: gmExpectedData(sharp, source, g['now']!, tf.fill([B], 0.3) as Tensor1D),
        low: tf.min(data.means, 1),
        high: tf.max(data.means, 1),
      };
    });
    x0.forEach((value, i) => {
      expect(value).toBeGreaterThanOrEqual(low[i]! - 1e-6);
      expect(value).toBeLessThanOrEqual(high[i]! + 1e-6);
    });
  });
});

describe('the posterior weights of the mixture', () => {
  it('sum to one, are its own at the source, and favour the component that the state is at', async () => {
    const { sum, kept, own, likely } = await evaluate({ ...given(0.8), now: points('x') }, (g) => {
      const { data, source } = dataOf(g);
      const at = (x: Tensor, t: number) => gmPosterior(data, source, x, tf.fill([B], t) as Tensor1D).weights;
      const second = tf.reshape(tf.slice(data.means, [0, 1, 0, 0], [B, 1, C, 1]), [B, C, 1]);
      return {
        sum: tf.sum(at(g['now']!, 0.3), 1),
        kept: at(source.x, 0.8),
        own: tf.exp(data.logWeights),
        // Almost all noise gone, at the mean of component 1, of a mixture of nearly points.
        likely: tf.slice(
          gmPosterior(
            { ...data, variance: tf.mul(data.variance, 1e-4) },
            source,
            second,
            tf.fill([B], 0.01) as Tensor1D,
          ).weights,
          [0, 1, 0, 0],
          [B, 1, 1, 1],
        ),
      };
    });
    expectClose(sum, new Float32Array(B).fill(1), TIGHT);
    expectClose(kept, own, TIGHT);
    for (const weight of likely) expect(weight).toBeGreaterThan(0.99);
  });
});

describe('check 21: towards a single point', () => {
  it.each([1, 2, 7, 128])('a roll-out of %i steps ends on it', async (steps) => {
    const { end, target } = await evaluate({ x: points('source'), mean: points('mean') }, (g) => {
      const source = { x: g['x']!, t: tf.ones([B]) as Tensor1D };
      const data = {
        means: tf.expandDims(g['mean']!, 1),
        logWeights: tf.zeros([B, 1, 1, 1]),
        variance: tf.zeros([B, 1, 1, 1]),
      };
      const leg = {
        from: tf.ones([B]) as Tensor1D,
        to: tf.zeros([B]) as Tensor1D,
        substeps: tf.fill([B], steps) as Tensor1D,
      };
      return { end: rollOut(gmPolicy(data, source), source.x, leg, 1, steps), target: tf.clone(g['mean']!) };
    });
    expectClose(end, target, TIGHT);
  });
});

describe('check 22: the shift of raw time', () => {
  it('keeps both ends, is undone by its inverse, and is the identity at 1', async () => {
    const tau = Float32Array.from({ length: 9 }, (_, i) => i / 8);
    const { t, back, same } = await evaluate({ tau: [[9], tau] }, (g) => {
      const there = timeFromRawTime(g['tau']!, 3.2);
      return {
        t: there,
        back: rawTimeFromTime(there, 3.2),
        same: tf.clone(timeFromRawTime(g['tau']!, 1)),
      };
    });
    expect([t[0], t[8]]).toEqual([0, 1]);
    expect(t[4]).toBeCloseTo(0.761905, 6);
    expectClose(back, tau, 1e-6);
    expect(same).toEqual(tau);
  });
});

describe('check 23: segments and substeps', () => {
  it('of two calls with a last one of half the length', () => {
    expect(segmentsOf(2, 0.5)).toEqual([
      { from: 1, to: expect.closeTo(1 / 3, 12) },
      { from: expect.closeTo(1 / 3, 12), to: 0 },
    ]);
    expect([0.001, 0.012, 0.5, 1].map((leg) => substepsOf(leg))).toEqual([1, 2, 64, 128]);
  });

  it.each([1, 2, 4, 7])('tile raw time from 1 to 0 in %i', (nfe) => {
    const segments = segmentsOf(nfe, 0.7);
    expect([segments[0]!.from, segments.at(-1)!.to]).toEqual([1, 0]);
    segments.slice(1).forEach(({ from }, i) => expect(from).toBe(segments[i]!.to));
  });

  it('compose where their grids meet, and each sample takes its own number', async () => {
    const { whole, parts, alone } = await evaluate(given(1), (g) => {
      const { data, source } = dataOf(g);
      const policy = gmPolicy(data, source);
      const leg = (from: number, to: number) => {
        const [a, b] = [tf.fill([B], from) as Tensor1D, tf.fill([B], to) as Tensor1D];
        return { from: a, to: b, substeps: substepsOfLeg(a, b, 16) };
      };
      const half = rollOut(policy, source.x, leg(1, 0.5), 3.2, 8);
      // Sample 0 goes to 0.5, the others to 0.25: more rounds of the loop than sample 0 has steps.
      const to = tf.tensor1d([0.5, 0.25, 0.25, 0.25, 0.25]);
      const from = tf.ones([B]) as Tensor1D;
      const mixed = { from, to, substeps: substepsOfLeg(from, to, 16) };
      return {
        whole: rollOut(policy, source.x, leg(1, 0.25), 3.2, 12),
        parts: rollOut(policy, half, leg(0.5, 0.25), 3.2, 4),
        alone: tf.concat([
          tf.slice(tf.sub(rollOut(policy, source.x, mixed, 3.2, 12), half), [0, 0, 0], [1, C, 1]),
          tf.slice(
            tf.sub(
              rollOut(policy, source.x, mixed, 3.2, 12),
              rollOut(policy, source.x, leg(1, 0.25), 3.2, 12),
            ),
            [1, 0, 0],
            [B - 1, C, 1],
          ),
        ]),
      };
    });
    expectClose(parts, whole, TIGHT);
    expectClose(alone, new Float32Array(alone.length), TIGHT);
  });
});

describe('check 24: temperature and dropout', () => {
  it('at 1 leave the mixture, towards 0 keep its likeliest component as a point', async () => {
    const { kept, cold, weights, variance } = await evaluate(given(0.9), (g) => {
      const { data, output, source } = dataOf(g);
      const sharp = gmDataFrom(gmTempered(output, 1e-4), source);
      return {
        kept: tf.sub(gmDataFrom(gmTempered(output, 1), source).logWeights, data.logWeights),
        cold: tf.exp(sharp.logWeights),
        weights: data.logWeights,
        variance: sharp.variance,
      };
    });
    expect([...kept].every((value) => value === 0)).toBe(true);
    for (let b = 0; b < B; b++) {
      const row = weights.subarray(b * K, (b + 1) * K);
      const best = row.indexOf(Math.max(...row));
      // The runner-up has at most exp(-gap / T), and no gap here is below 0.01.
      expect([...cold.subarray(b * K, (b + 1) * K)]).toEqual(
        Array.from({ length: K }, (_, k) => expect.closeTo(k === best ? 1 : 0, 6) as number),
      );
    }
    expect(Math.max(...variance)).toBeLessThan(1e-3);
  });

  it('drop what the draws say, never all, and weigh the rest anew', async () => {
    const draws = Float32Array.of(0.9, 0.1, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.9, 0.1, 0.5, 0.05, 0.8);
    const { before, after, none } = await evaluate({ ...given(0.9), draws: [[B, K], draws] }, (g) => {
      const { data } = dataOf(g);
      return {
        before: tf.exp(data.logWeights),
        after: tf.exp(gmDropout(data, g['draws']!, 0.3).logWeights),
        none: tf.sub(gmDropout(data, g['draws']!, 0).logWeights, data.logWeights),
      };
    });
    expect([...none].every((value) => value === 0)).toBe(true);
    for (let b = 0; b < B; b++) {
      const isKept = Array.from({ length: K }, (_, k) => draws[b * K + k]! >= 0.3);
      const keeps = isKept.some(Boolean) ? isKept : isKept.map(() => true);
      const total = keeps.reduce((sum, keep, k) => sum + (keep ? before[b * K + k]! : 0), 0);
      const expected = keeps.map((keep, k) => (keep ? before[b * K + k]! / total : 0));
      expectClose(after.subarray(b * K, (b + 1) * K), expected, 1e-5);
    }
  });
});

describe('check 26: the DX policy', () => {
  const N = 6;
  const segment = 0.5;
  const predictions = normal('dx', B * N * C);
  const tSrc = 0.8;
  const at = (tau: number) =>
    evaluate(
      { x: points('source'), t: all(tSrc), velocities: [[B, N, C, 1], predictions], now: points('x') },
      (g) => {
        const source = { x: g['x']!, t: g['t'] as Tensor1D };
        const options = { basis: 'grid', segment, shift: 1 } as const;
        const t = tf.fill([B], tau) as Tensor1D;
        const v = dxPolicy(g['velocities']!, source, options)(g['now']!, t);
        return {
          x0: tf.sub(g['now']!, tf.mul(v, tau)),
          all: tf.sub(tf.expandDims(source.x, 1), tf.mul(g['velocities']!, tSrc)),
        };
      },
    );
  const predictionOf = (all: Float32Array, n: number) =>
    Float32Array.from({ length: B * C }, (_, i) => all[(Math.floor(i / C) * N + n) * C + (i % C)]!);

  it('has its first prediction at the end of the segment and its last at the source', async () => {
    const [end, source, beyond] = [await at(tSrc - segment), await at(tSrc), await at(0.05)];
    expectClose(end.x0, predictionOf(end.all, 0), TIGHT);
    expectClose(source.x0, predictionOf(source.all, N - 1), TIGHT);
    // Past the end of the segment it holds.
    expectClose(beyond.x0, predictionOf(beyond.all, 0), TIGHT);
  });

  it('is linear in raw time between two predictions', async () => {
    const third = await at(tSrc - segment + (segment / (N - 1)) * 2.25);
    const [low, high] = [predictionOf(third.all, 2), predictionOf(third.all, 3)];
    expectClose(
      third.x0,
      low.map((value, i) => 0.75 * value + 0.25 * high[i]!),
      TIGHT,
    );
  });

  it('of a polynomial basis is that polynomial in the raw time travelled', async () => {
    const now = 0.55;
    const { x0, all: coefficients } = await evaluate(
      { x: points('source'), t: all(tSrc), velocities: [[B, N, C, 1], predictions], now: points('x') },
      (g) => {
        const source = { x: g['x']!, t: g['t'] as Tensor1D };
        const options = { basis: 'polynomial', segment, shift: 1 } as const;
        const v = dxPolicy(g['velocities']!, source, options)(g['now']!, tf.fill([B], now) as Tensor1D);
        return {
          x0: tf.sub(g['now']!, tf.mul(v, now)),
          all: tf.sub(tf.expandDims(source.x, 1), tf.mul(g['velocities']!, tSrc)),
        };
      },
    );
    const expected = Float64Array.from({ length: B * C }, (_, i) => {
      let value = 0;
      for (let n = 0; n < N; n++) value += (tSrc - now) ** n * predictionOf(coefficients, n)[i]!;
      return value;
    });
    expectClose(x0, expected, TIGHT);
  });

  it('of one prediction is the constant one, as is a polynomial of degree 0', async () => {
    const one: Given = {
      x: points('source'),
      t: all(tSrc),
      velocities: [[B, 1, C, 1], normal('one', B * C)],
      now: points('x'),
    };
    const { grid, polynomial, expected } = await evaluate(one, (g) => {
      const source = { x: g['x']!, t: g['t'] as Tensor1D };
      const t = tf.fill([B], 0.3) as Tensor1D;
      const of = (basis: 'grid' | 'polynomial'): Tensor =>
        dxPolicy(g['velocities']!, source, { basis, segment: 1, shift: 1 })(g['now']!, t);
      const x0 = tf.sub(source.x, tf.mul(tf.squeeze(g['velocities']!, [1]), tSrc));
      return {
        grid: of('grid'),
        polynomial: of('polynomial'),
        expected: tf.div(tf.sub(g['now']!, x0), 0.3),
      };
    });
    expectClose(grid, expected, TIGHT);
    expectClose(polynomial, expected, TIGHT);
  });
});

describe('check 27: the likelihood of the mixture and its reverse transition', () => {
  it('is that of its definition, summed by hand', async () => {
    const found = await evaluate({ ...given(0.9), now: points('x') }, (g) => {
      const { data } = dataOf(g);
      return {
        nll: gmNegativeLogLikelihood(data, g['now']!),
        mixtureMeans: data.means,
        shares: tf.exp(data.logWeights),
        variance: data.variance,
      };
    });
    const x = normal('x', B * C);
    const expected = Array.from({ length: B }, (_, b) => {
      const s2 = found.variance[b]!;
      let density = 0;
      for (let k = 0; k < K; k++) {
        let square = 0;
        for (let c = 0; c < C; c++) square += (x[b * C + c]! - found.mixtureMeans[(b * K + k) * C + c]!) ** 2;
        density += (found.shares[b * K + k]! * Math.exp(-square / (2 * s2))) / (2 * Math.PI * s2) ** (C / 2);
      }
      return -Math.log(density);
    });
    // The exponent reaches tens, of which float32 keeps six digits.
    expectClose(found.nll, expected, 1e-4);
  });

  // A source at 0.95, a state at 0.8 that need not be on its path, and what it was at 0.5.
  const [tSrc, tHigh, tLow] = [0.95, 0.8, 0.5];

  it.each([
    ['a single point', 0],
    ['one Gaussian', 0.6],
  ])('from a state to an earlier one, of %s, is the Gaussian posterior of that state', async (_, std) => {
    const { mean, variance, weight } = await evaluate(
      {
        xs: points('source'),
        ts: all(tSrc),
        x: points('x'),
        th: all(tHigh),
        tl: all(tLow),
        centre: points('mean'),
      },
      (g) => {
        const source = { x: g['xs']!, t: g['ts'] as Tensor1D };
        const spread = (1 - tSrc) ** 2 * std ** 2 + tSrc ** 2;
        const apart = tf.sub(source.x, tf.mul(g['centre']!, 1 - tSrc));
        const mu = tf.add(g['centre']!, tf.mul(apart, ((1 - tSrc) * std ** 2) / spread));
        const data = {
          means: tf.expandDims(mu, 1),
          logWeights: tf.zeros([B, 1, 1, 1]),
          variance: tf.fill([B, 1, 1, 1], (std ** 2 * tSrc ** 2) / spread),
        };
        const earlier = gmReverseTransition(data, source, g['x']!, g['th'] as Tensor1D, g['tl'] as Tensor1D);
        return { mean: earlier.means, variance: earlier.variance, weight: tf.exp(earlier.logWeights) };
      },
    );
    // By hand, as a product of two Gaussians of x_l. For data N(m, std^2), x_l ~ N((1 - tl) m, prior), and
    // from x_l noise is added until x_h | x_l ~ N(g x_l, th^2 - g^2 tl^2): given the data, x_h must have
    // the variance th^2.
    const g = (1 - tHigh) / (1 - tLow);
    const prior = (1 - tLow) ** 2 * std ** 2 + tLow ** 2;
    const added = tHigh ** 2 - g ** 2 * tLow ** 2;
    const precision = 1 / prior + g ** 2 / added;
    const [x, centre] = [normal('x', B * C), normal('mean', B * C)];
    const expected = Array.from(
      x,
      (state, i) => (((1 - tLow) * centre[i]!) / prior + (g * state) / added) / precision,
    );
    expectClose(mean, expected, TIGHT);
    expectClose(variance, new Float64Array(B).fill(1 / precision), TIGHT);
    expectClose(weight, new Float64Array(B).fill(1), TIGHT);
  });

  it('is the posterior of the data at time 0, and the state itself where no time passes', async () => {
    const found = await evaluate({ ...given(tSrc), now: points('x'), th: all(tHigh), zero: all(0) }, (g) => {
      const { data, source } = dataOf(g);
      const to = (t: Tensor) =>
        gmReverseTransition(data, source, g['now']!, g['th'] as Tensor1D, t as Tensor1D);
      const posterior = gmPosterior(data, source, g['now']!, g['th'] as Tensor1D);
      const same = to(g['th']!);
      return {
        start: to(g['zero']!).means,
        posterior: posterior.means,
        weights: tf.sub(tf.exp(same.logWeights), posterior.weights),
        moved: tf.sub(same.means, tf.expandDims(g['now']!, 1)),
        variance: tf.clone(same.variance),
      };
    });
    expectClose(found.start, found.posterior, TIGHT);
    for (const zero of [found.weights, found.moved, found.variance]) {
      expectClose(zero, new Float32Array(zero.length), TIGHT);
    }
  });

  it('draws from states of one time states of an earlier one', async () => {
    const count = 20_000;
    const draw = rng('transition');
    const start = mixture.sample(draw, count);
    const noise = draw.fillNormal(new Float64Array(count * C));
    const states = start.map((x0, i) => (1 - tHigh) * x0 + tHigh * noise[i]!);
    const found = await evaluate(
      {
        xs: [[count, C, 1], draw.fillNormal(new Float32Array(count * C))],
        ts: [[count], new Float32Array(count).fill(tSrc)],
        x: [[count, C, 1], states],
        th: [[count], new Float32Array(count).fill(tHigh)],
        tl: [[count], new Float32Array(count).fill(tLow)],
      },
      (g) => {
        const source = { x: g['xs']!, t: g['ts'] as Tensor1D };
        const [high, low] = [g['th'] as Tensor1D, g['tl'] as Tensor1D];
        const earlier = gmReverseTransition(exactData(source), source, g['x']!, high, low);
        return { mu: earlier.means, shares: tf.exp(earlier.logWeights), variance: earlier.variance };
      },
    );
    const picks = draw.fillUniform(new Float64Array(count));
    const fresh = draw.fillNormal(new Float64Array(count * C));
    const drawn = fresh.map((n, i) => {
      const row = Math.floor(i / C);
      let [k, upTo] = [0, found.shares[row * K]!];
      while (k < K - 1 && picks[row]! >= upTo) upTo += found.shares[row * K + ++k]!;
      return found.mu[(row * K + k) * C + (i % C)]! + Math.sqrt(found.variance[row]!) * n;
    });
    // The characteristic function of the law at tLow, in some directions and at some lengths: the mean of
    // cos <w, x> and sin <w, x>, known of each Gaussian of the mixture.
    for (const [wx, wy] of [
      [0.5, 0],
      [0, 0.5],
      [1, 1],
      [1.5, -1],
      [3, 0],
      [0, 3],
    ] as const) {
      const expected = [0, 0];
      for (let k = 0; k < K; k++) {
        const phase = (1 - tLow) * (wx * mixture.means[k * C]! + wy * mixture.means[k * C + 1]!);
        const spread = (1 - tLow) ** 2 * mixture.stds[k]! ** 2 + tLow ** 2;
        const size = mixture.weights[k]! * Math.exp((-spread * (wx ** 2 + wy ** 2)) / 2);
        expected[0]! += size * Math.cos(phase);
        expected[1]! += size * Math.sin(phase);
      }
      const sums = [0, 0];
      for (let i = 0; i < count; i++) {
        const phase = wx * drawn[i * C]! + wy * drawn[i * C + 1]!;
        sums[0]! += Math.cos(phase) / count;
        sums[1]! += Math.sin(phase) / count;
      }
      // A sine or cosine deviates by at most 1: four standard errors of its mean.
      sums.forEach((sum, i) => expect(Math.abs(sum - expected[i]!)).toBeLessThan(4 / Math.sqrt(count)));
    }
  });
});
