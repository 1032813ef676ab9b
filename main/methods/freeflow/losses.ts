/**
 * The two losses of FreeFlow, flow-map distillation without data. Durations d = 1 - t; velocities here
 * point towards the data, u = -v. f(z, d) = z + d F(z, d) is the student's flow map from noise z.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../../maths/interpolant.ts';
import { jvp } from '../../tensor/jvp.ts';
import { stopGradient } from '../../tensor/ops.ts';

/** F(z, d): average velocity towards the data over the durations from 0 to d. */
export type AverageVelocity = (z: Tensor, d: Tensor1D) => Tensor;
/** u(x, t) towards the data. */
export type DatawardVelocity = (x: Tensor, t: Tensor1D) => Tensor;

export interface DerivativeOptions {
  /** How the derivative of F in d is taken: exactly, or by a difference of F at d - h and d + h. */
  readonly derivative: 'jvp' | 'difference';
  readonly h: number;
}

interface PredictionOptions {
  /** `discrete` takes no derivative: see {@link discreteError}. */
  readonly derivative: DerivativeOptions['derivative'] | 'discrete';
  readonly h: number;
  /** 0 weighs all samples alike. */
  readonly k: number;
  readonly eps: number;
}

/** f(z, d) = z + d F(z, d). */
export function flowMap(F: AverageVelocity, z: Tensor, d: Tensor1D): Tensor {
  return tf.add(z, tf.mul(timeColumn(d, z.rank), F(z, d)));
}

/**
 * F and its derivative in d, which carries no gradient. The difference is one-sided where d + h would
 * pass 1 or d - h would pass 0.
 */
export function withDerivative(
  F: AverageVelocity,
  z: Tensor,
  d: Tensor1D,
  { derivative, h }: DerivativeOptions,
): { F: Tensor; dF: Tensor } {
  if (derivative === 'jvp') {
    const { outputs, tangents } = jvp((at) => [F(z, at as Tensor1D)], [d], [tf.onesLike(d)]);
    return { F: outputs[0]!, dF: stopGradient(tangents[0]!) };
  }
  const above = tf.minimum(tf.add(d, h), 1) as Tensor1D;
  const below = tf.maximum(tf.sub(d, h), 0) as Tensor1D;
  const slope = tf.div(
    tf.sub(F(z, above), F(z, below)),
    timeColumn(tf.sub(above, below) as Tensor1D, z.rank),
  );
  return { F: F(z, d), dF: stopGradient(slope) };
}

export interface Prediction {
  /** Mean over samples of w |F - target|^2 / 2 per element. */
  readonly loss: Scalar;
  /** Delta_G = v_G - u(f, 1 - d), the error of the generating velocity; no gradient. */
  readonly error: Tensor;
  /** Weights w_G of the samples, [B]; no gradient. */
  readonly weights: Tensor1D;
}

/**
 * The prediction loss. With the generating velocity v_G = F + d dF/dd,
 *
 *   target = sg[u(f, 1 - d) - d dF/dd],   L = E w |F - target|^2 / 2,
 *   w = 1 / (|Delta_G|^2 / D + eps)^k.
 */
export function predictionLoss(
  F: AverageVelocity,
  teacher: DatawardVelocity,
  z: Tensor,
  d: Tensor1D,
  { derivative, h, k, eps }: PredictionOptions,
): Prediction {
  const { average, error } =
    derivative === 'discrete'
      ? discreteError(F, teacher, z, d, h)
      : generatingError(F, teacher, z, d, { derivative, h });
  const target = stopGradient(tf.sub(average, error));
  const weights = stopGradient(tf.pow(tf.add(perSample(tf.square(error)), eps), -k)) as Tensor1D;
  const squares = perSample(tf.square(tf.sub(average, target)));
  const loss = tf.mul(tf.mean(tf.mul(weights, squares)), 0.5) as Scalar;
  return { loss, error, weights };
}

/** F with its gradient, and Delta_G without. */
interface Evaluated {
  readonly average: Tensor;
  readonly error: Tensor;
}

/** Delta_G = F + d dF/dd - u(f(z, d), 1 - d). */
function generatingError(
  F: AverageVelocity,
  teacher: DatawardVelocity,
  z: Tensor,
  d: Tensor1D,
  derivative: DerivativeOptions,
): Evaluated {
  const { F: average, dF } = withDerivative(F, z, d, derivative);
  const column = timeColumn(d, z.rank);
  const state = stopGradient(tf.add(z, tf.mul(column, average)));
  const u = stopGradient(teacher(state, tf.sub(1, d) as Tensor1D));
  const generating = tf.add(average, tf.mul(column, dF));
  return { average, error: stopGradient(tf.sub(generating, u)) };
}

/**
 * Delta_G of one step of length h up to d, from the state x' = f(z, d - h) on, at one more evaluation of F
 * where the central difference takes two:
 *
 *   Delta_G = (f(z, d) - x') / h - u(x', 1 - d + h).
 *
 * It is zero where F d = x' + h u(x') - z, the discrete target, and off by O(h) from the derivative's. The
 * difference of that target is h / d times this one, which would weigh short durations more. Below d = h
 * the step begins at the noise.
 */
function discreteError(
  F: AverageVelocity,
  teacher: DatawardVelocity,
  z: Tensor,
  d: Tensor1D,
  h: number,
): Evaluated {
  const before = tf.maximum(tf.sub(d, h), 0) as Tensor1D;
  const earlier = stopGradient(F(z, before));
  const state = tf.add(z, tf.mul(timeColumn(before, z.rank), earlier));
  const u = stopGradient(teacher(state, tf.sub(1, before) as Tensor1D));
  const average = F(z, d);
  // (f - x') / h = F' + (d / h) (F - F'): no difference of states, which would lose digits.
  const steps = timeColumn(tf.div(d, tf.sub(d, before)) as Tensor1D, z.rank);
  const generating = tf.add(earlier, tf.mul(steps, tf.sub(average, earlier)));
  return { average, error: stopGradient(tf.sub(generating, u)) };
}

/**
 * The correction: descends the integral over r of KL(q_r | p_r), q_r being the law of noised student
 * samples. Delta_N = v_N - u, with v_N the student's own noising velocity as the auxiliary network knows it.
 *
 * @param F1  F(z, 1), with gradient  @param difference  Delta_N, without
 * @returns mean of F1 Delta_N over all elements: its gradient is that of the correction
 */
export function correctionLoss(F1: Tensor, difference: Tensor): Scalar {
  return tf.mean(tf.mul(F1, stopGradient(difference))) as Scalar;
}

/**
 * The factor that balances the two: lambda = alpha E|w Delta_G| / (E|Delta_N| + eps), at most `cap`.
 * Norms are over the elements of a sample. No gradient.
 */
export function correctionWeight(
  prediction: Prediction,
  difference: Tensor,
  { alpha, cap, eps }: { readonly alpha: number; readonly cap: number; readonly eps: number },
): Scalar {
  const norm = (x: Tensor): Tensor => tf.sqrt(tf.add(tf.sum(tf.square(flat(x)), 1), 1e-20));
  const generated = tf.mean(tf.mul(prediction.weights, norm(prediction.error)));
  const noised = tf.mean(norm(difference));
  const factor = tf.div(tf.mul(generated, alpha), tf.add(noised, eps));
  return stopGradient(tf.minimum(factor, cap)) as Scalar;
}

/** Mean over the elements of each sample, [B]. */
function perSample(x: Tensor): Tensor1D {
  return tf.mean(flat(x), 1) as Tensor1D;
}

function flat(x: Tensor): Tensor {
  return tf.reshape(x, [x.shape[0]!, -1]);
}
