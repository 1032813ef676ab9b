import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../tensor/rng.ts';
import { GaussianMixture, gaussianFlow, mixtureVelocityField } from './gaussian-mixture.ts';
import { normalPdf } from './normal.ts';
import { dataFromVelocity, overSamples, scoreFromVelocity } from './time.ts';

const planar = new GaussianMixture({
  weights: [1, 2, 5],
  means: [
    [1, 0.5],
    [-1.2, 0.3],
    [0.1, -0.9],
  ],
  stds: [0.2, 0.5, 0.35],
});
const onLine = new GaussianMixture({ weights: [3, 7], means: [[-1], [0.8]], stds: [0.15, 0.4] });
const points = new Rng(11, 'points').fillNormal(new Float64Array(2 * 40));

/** Classical RK4 of dx/dt = v from t = 1 to t = 0 on a uniform grid. */
function rk4(mixture: GaussianMixture, noise: Float64Array, steps: number): Float64Array {
  const moved = (x: Float64Array, v: Float64Array, h: number) => x.map((each, i) => each + h * v[i]!);
  let x = noise;
  const h = -1 / steps;
  for (let step = 0; step < steps; step++) {
    const t = 1 - step / steps;
    const k1 = mixture.velocity(x, t);
    const k2 = mixture.velocity(moved(x, k1, h / 2), t + h / 2);
    const k3 = mixture.velocity(moved(x, k2, h / 2), t + h / 2);
    const k4 = mixture.velocity(moved(x, k3, h), Math.max(0, t + h));
    x = x.map((each, i) => each + (h / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!));
  }
  return x;
}

describe('velocity', () => {
  it('check 2: of one Gaussian is the known line, and its flow the known map', () => {
    const [m, s] = [0.7, 0.4];
    const gaussian = new GaussianMixture({ means: [[m]], stds: [s] });
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (x, t) => {
          const variance = (1 - t) ** 2 * s ** 2 + t ** 2;
          const dataward = m + (((1 - t) * s ** 2 - t) / variance) * (x - (1 - t) * m);
          expect(gaussian.velocity([x], t)[0]).toBeCloseTo(-dataward, 12);
        },
      ),
    );
    const noise = Float64Array.of(-2, -0.3, 0, 1.4, 3);
    const exact = noise.map((z) => gaussianFlow(z, 1, 0, m, s));
    expect([...exact].every((x, i) => Math.abs(x - (m + s * noise[i]!)) < 1e-15)).toBe(true);
    // RK4 at 400 steps of a flow whose fifth derivative is about (1/s)^5 = 100: 1e2 / 400^4 / 120.
    rk4(gaussian, noise, 400).forEach((x, i) => expect(Math.abs(x - exact[i]!)).toBeLessThan(1e-9));
  });

  it('check 2: of one Gaussian is the slope of its exact flow, which composes', () => {
    const gaussian = new GaussianMixture({ means: [[0.7]], stds: [0.4] });
    const h = 1e-5;
    for (const t of [0.1, 0.5, 0.9]) {
      const at = (to: number) => gaussianFlow(1.3, t, to, 0.7, 0.4);
      // Central difference: h^2 times a third derivative below 1e2, and rounding 1e-16 / h.
      expect((at(t + h) - at(t - h)) / (2 * h)).toBeCloseTo(gaussian.velocity([1.3], t)[0]!, 7);
      expect(gaussianFlow(at(0.3), 0.3, t, 0.7, 0.4)).toBeCloseTo(1.3, 13);
    }
  });

  it('agrees with posterior mean and score through the conversions of time.ts', () => {
    for (const t of [0.05, 0.4, 0.8, 1]) {
      const v = planar.velocity(points, t);
      const data = overSamples(dataFromVelocity, points, v, t);
      const score = overSamples(scoreFromVelocity, points, v, t);
      // The score conversion divides rounding of 1e-15 by t = 0.05 after terms of size 20.
      planar.posteriorMean(points, t).forEach((x0, i) => expect(data[i]).toBeCloseTo(x0, 12));
      planar.score(points, t).forEach((s, i) => expect(score[i]).toBeCloseTo(s, 11));
    }
  });

  it('is finite at both ends and continuous there', () => {
    for (const [end, near] of [
      [0, 1e-9],
      [1, 1 - 1e-9],
    ] as const) {
      const [at, beside] = [planar.velocity(points, end), planar.velocity(points, near)];
      at.forEach((v, i) => {
        expect(Number.isFinite(v)).toBe(true);
        // 1e-9 of time times a time derivative below |x|^3 / s^4 = 1e4 for these points.
        expect(Math.abs(v - beside[i]!)).toBeLessThan(1e-4);
      });
    }
    // All noise says nothing of the data: v = x - E[data].
    const mean = planar.mean();
    planar.velocity(points, 1).forEach((v, i) => expect(v).toBeCloseTo(points[i]! - mean[i % 2]!, 12));
    expect(planar.velocity([1e3, -1e3], 0).every(Number.isFinite)).toBe(true);
  });

  it('check 4: of a mixture on a line flows noise along the quantile map', () => {
    const noise = Float64Array.from({ length: 25 }, (_, i) => -3 + i / 4);
    // RK4 at 2000 steps: the sharpest scale is s = 0.15, so (1/s)^5 / 2000^4 = 1e-9 before the
    // separation of the modes stretches it by the slope of the map, at most about 30.
    const flown = rk4(onLine, noise, 2000);
    onLine.quantileMap(noise).forEach((x, i) => expect(Math.abs(x - flown[i]!)).toBeLessThan(1e-7));
  });

  it('does not change when a component is split in two or the order changes', () => {
    const changed = new GaussianMixture({
      weights: [5, 0.5, 2, 0.5],
      means: [
        [0.1, -0.9],
        [1, 0.5],
        [-1.2, 0.3],
        [1, 0.5],
      ],
      stds: [0.35, 0.2, 0.5, 0.2],
    });
    const v = planar.velocity(points, 0.3);
    changed.velocity(points, 0.3).forEach((each, i) => expect(each).toBeCloseTo(v[i]!, 12));
  });

  it('takes a time per point', () => {
    const times = Float64Array.from({ length: 40 }, (_, i) => i / 39);
    const together = planar.velocity(points, times);
    times.forEach((t, i) => {
      const alone = planar.velocity(points.subarray(2 * i, 2 * i + 2), t);
      expect([...together.subarray(2 * i, 2 * i + 2)]).toEqual([...alone]);
    });
    expect(() => planar.velocity(points, times.subarray(1))).toThrow(RangeError);
    expect(() => planar.velocity(points.subarray(1), 0.5)).toThrow(RangeError);
  });
});

describe('posterior mean', () => {
  it('check 4: equals brute-force integration over the data', () => {
    // Trapezoid rule over data in [-8, 8]: exponentially accurate for smooth, vanishing integrands.
    const grid = Float64Array.from({ length: 16001 }, (_, i) => -8 + i / 1000);
    const prior = onLine.density(grid);
    for (const t of [0.1, 0.5, 0.95]) {
      for (const x of [-1.5, -0.2, 0.3, 1.1]) {
        let [mass, moment] = [0, 0];
        grid.forEach((x0, i) => {
          const joint = (prior[i]! * normalPdf((x - (1 - t) * x0) / t)) / t;
          mass += joint / 1000;
          moment += (joint * x0) / 1000;
        });
        expect(onLine.posteriorMean([x], t)[0]).toBeCloseTo(moment / mass, 10);
        expect(onLine.density([x], t)[0]).toBeCloseTo(mass, 10);
      }
    }
  });
});

describe('a student and a teacher that are Gaussians', () => {
  // Velocities towards the data are minus those here: v_N of the student N(a, b^2), u of the teacher
  // N(m, s^2), and their difference Delta_N = v_N - u at x_r = (1 - r) xhat + r n.
  const [m, s, r] = [1.3, 0.7, 0.6];
  const gaussian = (mean: number, std: number): GaussianMixture =>
    new GaussianMixture({ means: [[mean]], stds: [std] });
  const teacher = gaussian(m, s);
  const difference = (student: GaussianMixture, x: ArrayLike<number>): Float64Array => {
    const own = student.velocity(x, r);
    return teacher.velocity(x, r).map((v, i) => v - own[i]!);
  };
  /** An even grid over all of the law of x_r, and the density of the student there. */
  const grid = Float64Array.from({ length: 8001 }, (_, i) => -8 + i / 400);
  const expectation = (student: GaussianMixture, of: Float64Array): number =>
    student.density(grid, r).reduce((total, q, i) => total + (q * of[i]!) / 400, 0);

  it('check 13: the noising velocity is what least squares of xhat - n on x_r finds', () => {
    const [a, b, count] = [-0.8, 0.5, 200_000];
    const xi = new Rng(31, 'xi').fillNormal(new Float64Array(count));
    const n = new Rng(31, 'n').fillNormal(new Float64Array(count));
    let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
    xi.forEach((each, i) => {
      const xhat = a + b * each;
      const [x, y] = [(1 - r) * xhat + r * n[i]!, xhat - n[i]!];
      sx += x / count;
      sy += y / count;
      sxx += (x * x) / count;
      sxy += (x * y) / count;
    });
    const slope = (sxy - sx * sy) / (sxx - sx * sx);
    const line = (x: number): number => sy + slope * (x - sx);
    // The standard errors of slope and offset are near 0.002.
    for (const x of [-1, 0, 1]) {
      expect(Math.abs(line(x) + gaussian(a, b).velocity([x], r)[0]!)).toBeLessThan(0.012);
    }
  });

  it('check 14: differ by r / (1 - r) times the difference of their scores, and on average by r (a - m) / D', () => {
    const D = (1 - r) ** 2 * s ** 2 + r ** 2;
    for (const [a, b] of [
      [2, 0.9],
      [-0.5, 0.3],
      [m, 1.1],
    ] as const) {
      const student = gaussian(a, b);
      const [own, theirs] = [student.score(points, r), teacher.score(points, r)];
      difference(student, points).forEach((found, i) => {
        expect(found).toBeCloseTo((r / (1 - r)) * (own[i]! - theirs[i]!), 10);
      });
      expect(expectation(student, difference(student, grid))).toBeCloseTo((r * (a - m)) / D, 8);
      expect(Math.max(...difference(student, points).map(Math.abs))).toBeGreaterThan(0.01);
    }
    // A known number, and none where the two are one law.
    expect(expectation(gaussian(2, 0.9), difference(gaussian(2, 0.9), grid))).toBeCloseTo(0.958, 3);
    difference(gaussian(m, s), points).forEach((found) => expect(found).toBe(0));
  });

  it('check 15: descending the difference descends the divergence of the noised laws', () => {
    const b = 0.9;
    const divergence = (a: number): number => {
      const student = gaussian(a, b);
      const [own, theirs] = [student.logDensity(grid, r), teacher.logDensity(grid, r)];
      return expectation(
        student,
        own.map((value, i) => value - theirs[i]!),
      );
    };
    for (const a of [2, 0.4, -1]) {
      const h = 1e-4;
      const slope = (divergence(a + h) - divergence(a - h)) / (2 * h);
      const student = gaussian(a, b);
      const average = expectation(student, difference(student, grid));
      // The divergence is a parabola in a: its central difference is exact up to 1e-15 / h.
      expect(average).toBeCloseTo((r / (1 - r) ** 2) * slope, 8);
      expect(Math.sign(average)).toBe(Math.sign(a - m));
    }
  });
});

describe('density', () => {
  it('has the score as the gradient of its logarithm, at any time', () => {
    const h = 1e-5;
    for (const t of [0, 0.3, 1]) {
      const score = planar.score(points, t);
      score.forEach((s, i) => {
        const shifted = (by: number) => points.map((x, j) => (j === i ? x + by : x));
        const row = i >> 1;
        const slope =
          (planar.logDensity(shifted(h), t)[row]! - planar.logDensity(shifted(-h), t)[row]!) / (2 * h);
        // Rounding: values up to 1e2 with 1e-14 error over 2e-5; truncation h^2 times up to 1e2.
        expect(Math.abs(slope - s)).toBeLessThan(1e-7 * (1 + Math.abs(s)));
      });
    }
  });

  it('integrates to one and survives far points in logarithms', () => {
    let mass = 0;
    for (let i = 0; i < 400; i++) {
      const row = Float64Array.from({ length: 800 }, (_, j) => (j % 2 === 0 ? -5 : i / 40 - 5));
      for (let j = 0; j < 400; j++) row[2 * j] = j / 40 - 5;
      mass += planar.density(row, 0.2).reduce((sum, p) => sum + p / 1600, 0);
    }
    expect(mass).toBeCloseTo(1, 9);
    expect(planar.logDensity([1e4, 0])[0]).toBeLessThan(-1e8);
  });
});

describe('sample', () => {
  it('has the weights, mean and variance of the law', () => {
    const n = 200_000;
    const drawn = planar.sample(new Rng(5, 'data'), n);
    const mean = planar.mean();
    const center = [0, 0];
    let squares = 0;
    drawn.forEach((x, i) => {
      center[i % 2]! += x / n;
      squares += (x - mean[i % 2]!) ** 2 / (2 * n);
    });
    // Five standard errors; the std of a coordinate is below 1 and of its square below 1.5.
    const standardError = 1 / Math.sqrt(n);
    center.forEach((each, j) => expect(Math.abs(each - mean[j]!)).toBeLessThan(5 * standardError));
    expect(Math.abs(squares - planar.meanVariance())).toBeLessThan(5 * 1.5 * standardError);
    const nearFirst = Array.from({ length: n }, (_, i) =>
      Math.hypot(drawn[2 * i]! - 1, drawn[2 * i + 1]! - 0.5) < 0.6 ? 1 : 0,
    ).reduce<number>((sum, each) => sum + each, 0);
    // 3 stds around the first mean: its weight 1/8 times 0.989 and a little of the wide component.
    expect(nearFirst / n).toBeGreaterThan(0.12);
    expect(nearFirst / n).toBeLessThan(0.14);
  });

  it('is a function of seed, stream and step', () => {
    const draw = (seed: number) => planar.sample(new Rng(seed, 'data').at(3), 10);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('rescaled', () => {
  it('is the law of (x - center) / divisor', () => {
    const scaled = planar.rescaled([0.3, -0.2], 2.5);
    const moved = points.map((x, i) => (x - [0.3, -0.2][i % 2]!) / 2.5);
    const expected = planar.logDensity(points);
    scaled.logDensity(moved).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]! + 2 * Math.log(2.5), 10);
    });
    expect(scaled.meanVariance()).toBeCloseTo(planar.meanVariance() / 2.5 ** 2, 14);
  });
});

describe('mixtureVelocityField', () => {
  it('gives the same numbers in float32 at every time, both ends included', () => {
    const field = mixtureVelocityField(planar);
    const times = Float32Array.from({ length: 40 }, (_, i) => i / 39);
    const x = Float32Array.from(points);
    const before = tf.memory().numTensors;
    const expected = planar.velocity(x, times);
    const found = tf.tidy(() => field.velocity(tf.tensor2d(x, [40, 2]), tf.tensor1d(times)).dataSync());
    // float32 with exponents up to 1e2: responsibilities carry 1e-5 relative error, times values of 10.
    found.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-4));
    expect(tf.memory().numTensors).toBe(before);
    expect(field.shape).toEqual([2]);
  });

  it('works in one and in three dimensions', () => {
    for (const dim of [1, 3]) {
      const mixture = new GaussianMixture({
        means: [new Array<number>(dim).fill(0.5), new Array<number>(dim).fill(-1)],
        stds: [0.5, 0.3],
      });
      const x = new Rng(2, 'x').fillNormal(new Float32Array(5 * dim));
      const found = mixtureVelocityField(mixture).velocity(tf.tensor2d(x, [5, dim]), tf.fill([5], 0.5));
      const expected = mixture.velocity(x, 0.5);
      found.dataSync().forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-5));
    }
  });
});

describe('parameters', () => {
  it.each([
    [{ means: [], stds: [] }],
    [{ means: [[]], stds: [1] }],
    [{ means: [[0], [0, 1]], stds: [1, 1] }],
    [{ means: [[0]], stds: [1, 1] }],
    [{ means: [[0]], stds: [0] }],
    [{ means: [[NaN]], stds: [1] }],
    [{ means: [[0]], stds: [1], weights: [0] }],
    [{ means: [[0]], stds: [1], weights: [1, 1] }],
  ])('refuses %j', (parameters) => {
    expect(() => new GaussianMixture(parameters)).toThrow(RangeError);
  });

  it('has a quantile map on a line only', () => {
    expect(() => planar.quantileMap([0])).toThrow(/dimension 1, found 2/);
  });
});
