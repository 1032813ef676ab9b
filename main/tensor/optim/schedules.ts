/** Learning-rate schedules as traceable functions of the step k (1 at the first update). */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';

export type ScheduleKind = 'constant' | 'cosine';

export interface ScheduleOptions {
  readonly kind: ScheduleKind;
  readonly peak: number;
  /** Steps over which the rate rises linearly to its peak; 0 for none. */
  readonly warmUpSteps?: number;
  /** Length of the run, for cosine: the rate reaches `floor` at this step. */
  readonly totalSteps: number;
  /** Last rate as a share of the peak. */
  readonly floor?: number;
}

/**
 * Warm-up then constant, or warm-up then half a cosine down to `floor * peak`
 * (Loshchilov & Hutter 2017, without restarts).
 */
export function learningRateAt(
  step: Scalar,
  { kind, peak, warmUpSteps = 0, totalSteps, floor = 0 }: ScheduleOptions,
): Scalar {
  const warmUp = warmUpSteps > 0 ? tf.minimum(1, tf.div(step, warmUpSteps)) : tf.scalar(1);
  if (kind === 'constant') return tf.mul(peak, warmUp) as Scalar;
  const progress = tf.clipByValue(
    tf.div(tf.sub(step, warmUpSteps), Math.max(1, totalSteps - warmUpSteps)),
    0,
    1,
  );
  const decay = tf.add(tf.mul(tf.add(tf.cos(tf.mul(progress, Math.PI)), 1), (1 - floor) / 2), floor);
  return tf.mul(tf.mul(decay, warmUp), peak) as Scalar;
}
