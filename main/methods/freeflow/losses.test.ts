/** Closed forms for data N(m, s^2) in one dimension: teacher u, flow map f and average velocity F. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { Rng } from '../../tensor/rng.ts';
import {
  type AverageVelocity,
  type DatawardVelocity,
  type Prediction,
  correctionLoss,
  correctionWeight,
  flowMap,
  predictionLoss,
  withDerivative,
} from './losses.ts';

const M = 1.3;
const S = 0.7;
const B = 64;
const exactly = { derivative: 'jvp', h: 0.01 } as const;
const unweighted = { ...exactly, k: 0, eps: 1e-3 };

const column = (t: Tensor1D): Tensor => tf.reshape(t, [-1, 1]);

/** u(x, t) = m + ((1-t) s^2 - t) / D (x - (1-t) m), D = (1-t)^2 s^2 + t^2. */
const teacherOf =
  (m: number, s: number): DatawardVelocity =>
  (x, t) => {
    const time = column(t);
    const signal = tf.sub(1, time);
    const D = tf.add(tf.mul(tf.square(signal), s * s), tf.square(time));
    const gain = tf.div(tf.sub(tf.mul(signal, s * s), time), D);
    return tf.add(tf.mul(gain, tf.sub(x, tf.mul(signal, m))), m);
  };

/** F = m + ((sqrt(d^2 s^2 + (1-d)^2) - 1) / d) z. */
const exactF: AverageVelocity = (z, d) => {
  const duration = column(d);
  const spread = tf.sqrt(tf.add(tf.square(tf.mul(duration, S)), tf.square(tf.sub(1, duration))));
  return tf.add(tf.mul(tf.div(tf.sub(spread, 1), duration), z), M);
};

/** Some smooth student that is not exact. */
const someF: AverageVelocity = (z, d) =>
  tf.add(tf.sin(tf.add(tf.mul(z, 0.7), tf.mul(column(d), 2))), tf.mul(z, column(d)));

const rng = (stream: string) => new Rng(20261122, stream);
const z = rng('z').fillNormal(new Float32Array(B));
// Away from 0, where the closed form itself divides by d.
const d = rng('d')
  .fillUniform(new Float32Array(B))
  .map((u) => 0.05 + 0.95 * u);

async function computed<N extends string>(
  fn: (z: Tensor, d: Tensor1D) => Record<N, Tensor>,
): Promise<Record<N, Float32Array>> {
  const program = await compileProgram(ortCpuExecutor(1), {
    inputs: { z: { shape: [B, 1] }, d: { shape: [B] } },
    run: (_, inputs) => ({ outputs: fn(inputs['z']!, inputs['d'] as Tensor1D) }),
  });
  const outputs = await program.run({ z, d });
  const copies = Object.entries(outputs).map(([name, values]) => [name, Float32Array.from(values)]);
  await program.dispose();
  return Object.fromEntries(copies) as Record<N, Float32Array>;
}

const worst = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));
const gap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  worst(Array.from(a, (value, i) => value - b[i]!));
/** float32 through a division and a square root. */
const TIGHT = 1e-5;

describe('check 8: the flow map', () => {
  it('stays at its noise for d = 0, and begins with the velocity of the prior', async () => {
    const { still, start } = await computed((noise) => ({
      still: tf.sub(flowMap(someF, noise, tf.zeros([B]) as Tensor1D), noise),
      start: exactF(noise, tf.fill([B], 1e-3) as Tensor1D),
    }));
    expect(worst(still)).toBe(0);
    // F(z, 0+) = u(z, 1) = m - z, up to O(d) at d = 1e-3 (and the rounding of a difference over it).
    expect(
      gap(
        start,
        z.map((value) => M - value),
      ),
    ).toBeLessThan(5e-3);
  });
});

describe('check 9: at the exact flow map', () => {
  it('the generating velocity is the teacher, by both derivatives, and the loss is zero', async () => {
    const { f, closed, jvpError, differenceError, loss } = await computed((noise, duration) => {
      const h = 0.01;
      return {
        f: flowMap(exactF, noise, duration),
        closed: tf.add(
          tf.mul(column(duration), M),
          tf.mul(
            noise,
            tf.sqrt(tf.add(tf.square(tf.mul(column(duration), S)), tf.square(tf.sub(1, column(duration))))),
          ),
        ),
        jvpError: predictionLoss(exactF, teacherOf(M, S), noise, duration, unweighted).error,
        differenceError: predictionLoss(exactF, teacherOf(M, S), noise, duration, {
          ...unweighted,
          derivative: 'difference',
          h,
        }).error,
        loss: predictionLoss(exactF, teacherOf(M, S), noise, duration, unweighted).loss,
      };
    });
    expect(gap(f, closed)).toBeLessThan(TIGHT);
    // At d = 0.05 the closed form differs two numbers near 1 and divides by d, then by d again.
    expect(worst(jvpError)).toBeLessThan(5e-4);
    expect(loss[0]).toBeLessThan(1e-7);
    // O(h^2), and O(h) where it is one-sided.
    expect(worst(differenceError)).toBeLessThan(0.02);
  });
});

describe('the discrete error', () => {
  it('is that of the discrete target, d / h times, and tends to that of the derivative like h', async () => {
    const gaps: number[] = [];
    for (const h of [0.02, 0.01]) {
      const { error, byTarget, atExact, derivative } = await computed((noise, duration) => {
        // F_target = (x' + h u(x', 1 - d + h) - z) / d, x' = f(z, d - h).
        const before = tf.sub(duration, h) as Tensor1D;
        const earlier = flowMap(someF, noise, before);
        const u = teacherOf(M, S)(earlier, tf.sub(1, before) as Tensor1D);
        const target = tf.div(tf.sub(tf.add(earlier, tf.mul(u, h)), noise), column(duration));
        const options = { ...unweighted, derivative: 'discrete', h } as const;
        return {
          error: predictionLoss(someF, teacherOf(M, S), noise, duration, options).error,
          byTarget: tf.mul(tf.sub(someF(noise, duration), target), tf.div(column(duration), h)),
          atExact: predictionLoss(exactF, teacherOf(M, S), noise, duration, options).error,
          derivative: predictionLoss(someF, teacherOf(M, S), noise, duration, unweighted).error,
        };
      });
      // The target's form differs two states and divides by h: float32 leaves it 1e-7 / 0.01 of a few units.
      expect(gap(error, byTarget)).toBeLessThan(2e-4);
      gaps.push(gap(error, derivative), worst(atExact));
    }
    for (const [wide, narrow] of [gaps.slice(0, 1).concat(gaps[2]!), gaps.slice(1, 2).concat(gaps[3]!)]) {
      expect(wide! / narrow!).toBeGreaterThan(1.8);
      expect(wide! / narrow!).toBeLessThan(2.2);
    }
  });

  it('begins at the noise where d is below h: F is the velocity there', async () => {
    const { error, start } = await computed((noise, duration) => {
      const short = tf.mul(duration, 0.01) as Tensor1D;
      const one = tf.ones([B]) as Tensor1D;
      return {
        error: predictionLoss(someF, teacherOf(M, S), noise, short, {
          ...unweighted,
          derivative: 'discrete',
          h: 0.05,
        }).error,
        start: tf.sub(someF(noise, short), teacherOf(M, S)(noise, one)),
      };
    });
    expect(gap(error, start)).toBeLessThan(TIGHT);
  });

  it('has J_F Delta_G for its gradient, as the others have', async () => {
    const { found, expected } = await computed((noise, duration) => {
      const phi = tf.cos(tf.add(noise, column(duration)));
      const lossOf = (a: Tensor): Prediction => {
        const student: AverageVelocity = (x, at) =>
          tf.add(someF(x, at), tf.mul(a, tf.cos(tf.add(x, column(at)))));
        return predictionLoss(student, teacherOf(M, S), noise, duration, {
          ...unweighted,
          derivative: 'discrete',
        });
      };
      const zero = tf.scalar(0);
      return {
        found: tf.grad((a) => lossOf(a).loss)(zero),
        expected: tf.mean(tf.mul(phi, lossOf(zero).error)),
      };
    });
    expect(found[0]).toBeCloseTo(expected[0]!, 5);
  });
});

describe('check 10: the gradient of the prediction loss', () => {
  it('is J_F (v_G - u), and F - target is v_G - u', async () => {
    const { found, expected, weighted } = await computed((noise, duration) => {
      // A student of one parameter a: F + a phi.
      const studentOf =
        (a: Tensor): AverageVelocity =>
        (x, at) =>
          tf.add(someF(x, at), tf.mul(a, tf.cos(tf.add(x, column(at)))));
      const lossOf = (a: Tensor): Scalar =>
        predictionLoss(studentOf(a), teacherOf(M, S), noise, duration, unweighted).loss;
      const zero = tf.scalar(0);
      const { error } = predictionLoss(studentOf(zero), teacherOf(M, S), noise, duration, unweighted);
      const { weights } = predictionLoss(studentOf(zero), teacherOf(M, S), noise, duration, {
        ...unweighted,
        k: 1,
      });
      const phi = tf.cos(tf.add(noise, column(duration)));
      return {
        found: tf.grad(lossOf)(zero),
        expected: tf.mean(tf.mul(phi, error)),
        weighted: tf.mul(column(weights), tf.abs(error)),
      };
    });
    expect(found[0]).toBeCloseTo(expected[0]!, 5);
    // Check 16: with k = 1 the weighted norm is at most 1 / (2 sqrt(eps)).
    expect(worst(weighted)).toBeLessThanOrEqual(1 / (2 * Math.sqrt(1e-3)) + TIGHT);
    expect(worst(weighted)).toBeGreaterThan(0.1);
  });
});

describe('check 11: the derivative in d', () => {
  it('differs from a central difference by O(h^2)', async () => {
    const errors: number[] = [];
    for (const h of [0.1, 0.05]) {
      const { exact, difference } = await computed((noise, duration) => {
        const within = tf.add(tf.mul(duration, 0.6), 0.2) as Tensor1D;
        return {
          exact: withDerivative(someF, noise, within, exactly).dF,
          difference: withDerivative(someF, noise, within, { derivative: 'difference', h }).dF,
        };
      });
      errors.push(gap(exact, difference));
    }
    expect(errors[0]! / errors[1]!).toBeGreaterThan(3.7);
    expect(errors[0]! / errors[1]!).toBeLessThan(4.3);
  });
});

describe('check 12: near the exact map', () => {
  it('the loss is a square of the perturbation, as its expansion says', async () => {
    const epsilon = 0.02;
    const { loss, expansion } = await computed((noise, duration) => {
      const phi = (x: Tensor, at: Tensor1D): Tensor => tf.sin(tf.add(x, tf.mul(column(at), 3)));
      const student: AverageVelocity = (x, at) => tf.add(exactF(x, at), tf.mul(phi(x, at), epsilon));
      const { loss: found } = predictionLoss(student, teacherOf(M, S), noise, duration, unweighted);
      const at = column(duration);
      const time = tf.sub(1, at);
      const D = tf.add(tf.square(tf.mul(at, S)), tf.square(time));
      const slope = tf.div(tf.sub(tf.mul(at, S * S), time), D); // du/dx
      const dPhi = tf.mul(tf.cos(tf.add(noise, tf.mul(at, 3))), 3);
      const own = phi(noise, duration);
      const change = tf.sub(tf.add(own, tf.mul(at, dPhi)), tf.mul(tf.mul(at, slope), own));
      return { loss: found, expansion: tf.mul(tf.mean(tf.square(change)), epsilon ** 2 / 2) };
    });
    // u is linear in x here, so that the expansion ends with its square.
    expect(loss[0]! / expansion[0]!).toBeCloseTo(1, 2);
  });
});

describe('checks 13 to 15: the noising velocity of a Gaussian student', () => {
  const [a, b, r] = [2, 0.5, 0.6];

  it('has the closed form: least squares of xhat - n on x_r converges to it', () => {
    const count = 200_000;
    const [xi, n] = ['xi', 'n'].map((name) => rng(name).fillNormal(new Float32Array(count)));
    let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
    for (let i = 0; i < count; i++) {
      const xhat = a + b * xi![i]!;
      const x = (1 - r) * xhat + r * n![i]!;
      const y = xhat - n![i]!;
      sx += x;
      sy += y;
      sxx += x * x;
      sxy += x * y;
    }
    const slope = (sxy - (sx * sy) / count) / (sxx - (sx * sx) / count);
    const offset = (sy - slope * sx) / count;
    const D = (1 - r) ** 2 * b * b + r * r;
    const gain = ((1 - r) * b * b - r) / D;
    // Standard errors at this count are near 0.003.
    expect(slope).toBeCloseTo(gain, 1);
    expect(Math.abs(slope - gain)).toBeLessThan(0.012);
    expect(Math.abs(offset - (a - gain * (1 - r) * a))).toBeLessThan(0.012);
  });

  it('differs from the teacher by r (a - m) / D on average, and descending that moves a to m', async () => {
    const D = (1 - r) ** 2 * S * S + r * r;
    const expected = (r * (a - M)) / D;
    const difference = (mean: Tensor, noise: Tensor): Tensor => {
      // x_r of the student N(a, b^2): any standard normal will do for both parts.
      const spread = Math.hypot((1 - r) * b, r);
      const x = tf.add(tf.mul(mean, 1 - r), tf.mul(noise, spread));
      const t = tf.fill([B], r) as Tensor1D;
      const ownGain = ((1 - r) * b * b - r) / spread ** 2;
      const own = tf.add(tf.mul(tf.sub(x, tf.mul(mean, 1 - r)), ownGain), mean);
      return tf.sub(own, teacherOf(M, S)(x, t));
    };
    const { average, gradient, atTeacher } = await computed((noise) => {
      // Centred, so that the average over the batch is the expectation: Delta_N is linear in the noise.
      const centred = tf.sub(noise, tf.mean(noise));
      const lossOf = (mean: Tensor): Scalar =>
        correctionLoss(tf.mul(tf.ones([B, 1]), mean), difference(stopGradient(mean), centred));
      return {
        average: tf.mean(difference(tf.scalar(a), centred)),
        gradient: tf.grad(lossOf)(tf.scalar(a)),
        atTeacher: tf.grad(lossOf)(tf.scalar(M)),
      };
    });
    expect(average[0]).toBeCloseTo(expected, 5);
    // The gradient in a is the same number: down means towards m. At m there is none.
    expect(gradient[0]).toBeCloseTo(expected, 5);
    expect(atTeacher[0]).toBeCloseTo(0, 5);
    // Check 15: r / (1-r)^2 dKL/da with dKL/da = (1-r)^2 (a-m) / D.
    expect(expected).toBeCloseTo((r / (1 - r) ** 2) * (((1 - r) ** 2 * (a - M)) / D), 12);
  });
});

describe('check 16: the weight of the correction', () => {
  it('scales with the prediction error, is alpha where both are alike, and is capped', async () => {
    const options = { alpha: 0.3, cap: 1e9, eps: 0 };
    const { alike, scaled, capped } = await computed((noise, duration) => {
      const prediction = predictionLoss(someF, teacherOf(M, S), noise, duration, unweighted);
      const larger = { ...prediction, error: tf.mul(prediction.error, 5) };
      return {
        alike: correctionWeight(prediction, prediction.error, options),
        scaled: correctionWeight(larger, prediction.error, options),
        capped: correctionWeight(larger, prediction.error, { ...options, cap: 1 }),
      };
    });
    expect(alike[0]).toBeCloseTo(0.3, 5);
    expect(scaled[0]).toBeCloseTo(1.5, 5);
    expect(capped[0]).toBe(1);
  });
});
