/** Exponential moving averages of parameters. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';

export type EmaSchedule =
  /** The same decay at every step; the first steps weigh too much, as in most released code. */
  | { readonly kind: 'constant'; readonly decay: number }
  /** beta_k = (1 - 1/k)^(gamma + 1), Karras et al. 2024 (EDM2), power-function profile; pi-Flow uses gamma 7. */
  | { readonly kind: 'karras'; readonly gamma: number };

/** Decay at step k (1 at the first update); karras starts at 0, so the first average is exact. */
export function emaDecayAt(step: Scalar, schedule: EmaSchedule): Scalar {
  return schedule.kind === 'constant'
    ? tf.scalar(schedule.decay)
    : (tf.pow(tf.sub(1, tf.reciprocal(step)), schedule.gamma + 1) as Scalar);
}

/** ema <- ema + (1 - decay) (params - ema). @param ema [P] @param params [P] */
export function emaStep(ema: Tensor1D, params: Tensor1D, decay: Scalar): Tensor1D {
  return tf.add(ema, tf.mul(tf.sub(params, ema), tf.sub(1, decay))) as Tensor1D;
}
