/**
 * Consistency distillation: f(x, t), where the teacher's path through x at t ends, is the same all along a
 * path. So f at t is taught to be f at the end of one teacher step, nearer to the data.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../../../maths/interpolant.ts';
import { stopGradient } from '../../../tensor/ops.ts';

/** Any function of a state and its time: a velocity, or f itself. */
type TimedField = (x: Tensor, t: Tensor1D) => Tensor;

/** f(x, t) = x - t U(x, t), which is x at t = 0 whatever U. */
export function consistencyOf(U: TimedField): TimedField {
  return (x, t) => tf.sub(x, tf.mul(timeColumn(t, x.rank), U(x, t)));
}

/**
 * One step of dx/dt = v from t to t - h: Euler, x - h v(x, t), or Heun, with the mean of v at both ends.
 * @param x [B, D]  @param t [B]  @param h [B] at most t
 */
export function teacherStep(
  v: TimedField,
  x: Tensor,
  t: Tensor1D,
  h: Tensor1D,
  solver: 'euler' | 'heun',
): Tensor {
  const column = timeColumn(h, x.rank);
  const slope = v(x, t);
  const ahead = tf.sub(x, tf.mul(column, slope));
  if (solver === 'euler') return ahead;
  const there = v(ahead, tf.sub(t, h) as Tensor1D);
  return tf.sub(x, tf.mul(column, tf.mul(tf.add(slope, there), 0.5)));
}

/**
 * Grid points of step k out of K: doubled in stages of equal length from `first` to at most `last`, as
 * Song & Dhariwal 2023 do.
 * @param step  k, scalar, 1 at the first update
 */
export function gridSize(
  step: Scalar,
  totalSteps: number,
  { first, last }: { readonly first: number; readonly last: number },
): Scalar {
  if (first >= last) return tf.scalar(last);
  const stages = Math.ceil(Math.log2(last / first)) + 1;
  const stage = tf.floor(tf.div(tf.sub(step, 1), Math.ceil(totalSteps / stages)));
  return tf.minimum(tf.mul(tf.pow(tf.scalar(2), stage), first), last) as Scalar;
}

/**
 * Times of the grid n/N, n = 1..N drawn evenly. @param uniform [B] in [0, 1)
 */
export function gridTimes(uniform: Tensor, grid: Scalar): Tensor1D {
  return tf.div(tf.add(tf.minimum(tf.floor(tf.mul(uniform, grid)), tf.sub(grid, 1)), 1), grid) as Tensor1D;
}

/**
 * Distance of f to its target, mean over samples: |.|^2 per element, or the pseudo-Huber distance
 * sqrt(|.|^2 + c^2) - c of improved consistency training, with its c = 0.00054 sqrt(D).
 */
export function consistencyLoss(found: Tensor, target: Tensor, distance: 'squared' | 'huber'): Scalar {
  const difference = tf.sub(found, stopGradient(target));
  if (distance === 'squared') return tf.mean(tf.square(difference)) as Scalar;
  const c = 0.00054 * Math.sqrt(found.shape[1]!);
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(difference), 1), c * c));
  return tf.mean(tf.sub(lengths, c)) as Scalar;
}
