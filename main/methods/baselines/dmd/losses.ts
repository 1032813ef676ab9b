/**
 * Distribution matching distillation: samples are moved along the difference of the scores of the laws of
 * noised student samples and noised data, both given by velocities.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { interpolate, timeColumn } from '../../../maths/interpolant.ts';
import { stopGradient } from '../../../tensor/ops.ts';

/** v(x, t) = E[noise - data | x_t = x]. */
export type Velocity = (x: Tensor, t: Tensor1D) => Tensor;

export interface Noised {
  /** Samples of the student. [B, D] */
  readonly samples: Tensor;
  /** [B, D] ~ N(0, I) */
  readonly noise: Tensor;
  /** Times to which they are noised. [B] */
  readonly t: Tensor1D;
}

/**
 * Which way is downhill for the samples, turned: g = t^2 (s_fake - s_real) / (1 - t) at x_t, which is
 * E_fake[x0 | x_t] - E_real[x0 | x_t] = t (v_real - v_fake).
 *
 * With `meanAbs`, over the mean of |x - E_real[x0 | x_t]| of each sample, the weight of Yin et al. 2024,
 * eq. 8, which makes it as large at all times.
 *
 * @returns [B, D], no gradient
 */
export function matchingDirection(
  { samples, noise, t }: Noised,
  real: Velocity,
  fake: Velocity,
  normalise: 'meanAbs' | 'none',
): Tensor {
  const still = stopGradient(samples);
  const noised = interpolate(still, noise, t);
  const time = timeColumn(t, samples.rank);
  const vReal = real(noised, t);
  const direction = tf.mul(time, tf.sub(vReal, fake(noised, t)));
  if (normalise === 'none') return stopGradient(direction);
  const denoised = tf.sub(noised, tf.mul(time, vReal));
  const scale = tf.mean(tf.abs(tf.sub(still, denoised)), 1, true);
  return stopGradient(tf.div(direction, tf.add(scale, 1e-3)));
}

/**
 * Half the mean of |x - sg(x - g)|^2 over all elements: its gradient is g over their number, its value half
 * of the mean of g^2.
 */
export function matchingLoss(samples: Tensor, direction: Tensor): Scalar {
  const target = stopGradient(tf.sub(samples, direction));
  return tf.mul(tf.mean(tf.square(tf.sub(samples, target))), 0.5) as Scalar;
}
