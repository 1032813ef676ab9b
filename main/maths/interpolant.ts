/** The linear interpolant between data and noise, in traceable ops. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/**
 * Time as a column that broadcasts over samples of any rank.
 * @param t [B]  @param rank  rank of the batch it meets, at least 1
 * @returns [B, 1, ..., 1]
 */
export function timeColumn(t: Tensor1D, rank: number): Tensor {
  return tf.reshape(t, [t.shape[0], ...new Array<number>(rank - 1).fill(1)]);
}

/**
 * x_t = (1 - t) x0 + t n. At t = 0 and t = 1 it is exactly data and noise.
 * @param data [B, ...]  @param noise [B, ...]  @param t [B] in [0, 1]
 * @returns [B, ...]
 */
export function interpolate(data: Tensor, noise: Tensor, t: Tensor1D): Tensor {
  return tf.tidy(() => {
    const time = timeColumn(t, data.rank);
    return tf.add(tf.mul(tf.sub(1, time), data), tf.mul(time, noise));
  });
}

/**
 * The velocity of a path of {@link interpolate}, n - x0: what flow matching regresses on.
 * @param data [B, ...]  @param noise [B, ...]  @returns [B, ...]
 */
export function pathVelocity(data: Tensor, noise: Tensor): Tensor {
  return tf.sub(noise, data);
}
