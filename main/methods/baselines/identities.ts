/**
 * What the average velocity of a flow obeys at either end. With dx/dt = v(x, t), t = 1 noise, and the map
 *
 *   X(x, t, d) = x - d U(x, t, d),   the state at s = t - d of the path through x at t,
 *
 * moving the arrival (d alone) gives  U + d dU/dd = v(X, t - d), and moving the start along the path
 * (t and d together) gives  U + d dU/dt = v(x, t), the derivative being total: along (v, 1, 1).
 * Each is a regression on what it says U is, with everything but U held still.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../../maths/interpolant.ts';
import { jvp } from '../../tensor/jvp.ts';
import { stopGradient } from '../../tensor/ops.ts';

/**
 * U(x, t, d): average over the times from t - d to t of the velocity along a path.
 * Like v it points from data to noise.
 */
export type AverageVelocity = (x: Tensor, t: Tensor1D, d: Tensor1D) => Tensor;
/** v(x, t) = E[noise - data | x_t = x]. */
export type Velocity = (x: Tensor, t: Tensor1D) => Tensor;

/** What an identity says of U at some points. */
export interface Regression {
  /** U, with gradient. [B, D] */
  readonly average: Tensor;
  /** What it should be, without. [B, D] */
  readonly target: Tensor;
}

/**
 * U at the arrival: target = v(X, t - d) - d dU/dd, v taken where the student itself arrives.
 * @param x [B, D]  @param t [B]  @param d [B] at most t
 */
export function atArrival(U: AverageVelocity, v: Velocity, x: Tensor, t: Tensor1D, d: Tensor1D): Regression {
  const { outputs, tangents } = jvp((duration) => [U(x, t, duration as Tensor1D)], [d], [tf.onesLike(d)]);
  const average = outputs[0]!;
  const column = timeColumn(d, x.rank);
  const arrived = stopGradient(tf.sub(x, tf.mul(column, average)));
  const there = v(arrived, tf.sub(t, d) as Tensor1D);
  return { average, target: stopGradient(tf.sub(there, tf.mul(column, tangents[0]!))) };
}

/**
 * U at the start: target = v - d (v . dU/dx + dU/dt + dU/dd), with the velocity of the paths through x.
 * The target is linear in v, so the velocity of single paths, noise - data, may stand for their mean.
 *
 * @param v [B, D] velocity at (x, t)
 */
export function atStart(U: AverageVelocity, v: Tensor, x: Tensor, t: Tensor1D, d: Tensor1D): Regression {
  const still = stopGradient(v);
  const { outputs, tangents } = jvp(
    (state, time, duration) => [U(state!, time as Tensor1D, duration as Tensor1D)],
    [x, t, d],
    [still, tf.onesLike(t), tf.onesLike(d)],
  );
  const total = tf.mul(timeColumn(d, x.rank), tangents[0]!);
  return { average: outputs[0]!, target: stopGradient(tf.sub(still, total)) };
}

/**
 * E w |U - target|^2 per element, w = 1 / (|U - target|^2 + eps)^p per sample and without gradient.
 * @param p  0 weighs all samples alike; 1 is the weight of MeanFlow
 */
export function regressionLoss(
  { average, target }: Regression,
  { p, eps }: { readonly p: number; readonly eps: number },
): { loss: Scalar; error: Scalar } {
  const squares = tf.mean(tf.square(tf.sub(average, target)), 1);
  const weights = stopGradient(tf.pow(tf.add(squares, eps), -p));
  return {
    loss: tf.mean(tf.mul(weights, squares)) as Scalar,
    error: stopGradient(tf.sqrt(tf.mean(squares))) as Scalar,
  };
}
