/**
 * The DX policy of pi-Flow: the network predicts the data at N raw times of the segment at once, and the
 * policy interpolates them in raw time. It ignores the state, hence is less robust than the mixture.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { velocityFromData } from './gm-policy.ts';
import type { PolicySource, PolicyVelocity } from './policy.ts';
import { rawTimeFromTime } from './raw-time.ts';

export interface DxOptions {
  /** `grid`: linear between N equally spaced raw times. `polynomial`: sum_i (tau_s - tau)^i X_i. */
  readonly basis: 'grid' | 'polynomial';
  /** Length of the segment in raw time; its end is max(0, tau_s - segment). */
  readonly segment: number;
  readonly shift: number;
}

/** Below this time the division by t is held. */
const LEAST_TIME = 1e-4;

/**
 * @param velocities  what the network says, [B, N, C, P]; X_i = x_s - t_s V_i are predictions of the data
 *   (for `polynomial` its coefficients), index 0 at the end of the segment and N - 1 at its source
 */
export function dxPolicy(velocities: Tensor, source: PolicySource, options: DxOptions): PolicyVelocity {
  const predictions = tf.sub(
    tf.expandDims(source.x, 1),
    tf.mul(tf.reshape(source.t, [-1, 1, 1, 1]), velocities),
  );
  const sourceTau = rawTimeFromTime(source.t, options.shift);
  return (x, t) => {
    const weights = weightsOf(rawTimeFromTime(t, options.shift), sourceTau, velocities.shape[1]!, options);
    const x0 = tf.sum(tf.mul(predictions, tf.expandDims(tf.expandDims(weights, 2), 3)), 1);
    return velocityFromData(x, x0, t, LEAST_TIME);
  };
}

/** How much each prediction counts at raw time tau, [B, N]. */
function weightsOf(tau: Tensor1D, sourceTau: Tensor1D, count: number, { basis, segment }: DxOptions): Tensor {
  const index = tf.reshape(tf.range(0, count, 1, 'float32'), [1, count]);
  if (basis === 'polynomial') {
    const travelled = tf.expandDims(tf.sub(sourceTau, tau), 1);
    // 0^0 is 1 here, which not every pow says.
    const powers = Array.from({ length: count }, (_, i) =>
      i === 0 ? tf.onesLike(travelled) : tf.pow(travelled, i),
    );
    return tf.concat(powers, 1);
  }
  const end = tf.maximum(tf.sub(sourceTau, segment), 0);
  const share = tf.clipByValue(tf.div(tf.sub(tau, end), tf.maximum(tf.sub(sourceTau, end), 1e-12)), 0, 1);
  const place = tf.expandDims(tf.mul(share, count - 1), 1);
  // The hat functions of linear interpolation.
  return tf.maximum(tf.sub(1, tf.abs(tf.sub(place, index))), 0);
}
