/** Classifier-free guidance (Ho and Salimans 2022) of a velocity, on an interval of times. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from './interpolant.ts';

export interface Guidance {
  /** w; 1 is the plain conditional velocity and 0 the unconditional one. */
  readonly scale: number;
  /** Guidance is on where low <= t <= high, both ends included, and off (w = 1) elsewhere. */
  readonly low: number;
  readonly high: number;
}

/**
 * v_w = v_null + w (v_cond - v_null).
 * @param conditional   [B, ...]
 * @param unconditional [B, ...]
 * @param scale  one w, or one per sample [B]
 * @returns [B, ...]
 */
export function guidedVelocity(conditional: Tensor, unconditional: Tensor, scale: number | Tensor1D): Tensor {
  return tf.tidy(() => {
    const w = typeof scale === 'number' ? scale : timeColumn(scale, conditional.rank);
    return tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), w));
  });
}

/** The guidance scale at one time (Kynkaanniemi et al. 2024, interval guidance). */
export function scaleAt({ scale, low, high }: Guidance, t: number): number {
  return low <= t && t <= high ? scale : 1;
}

/**
 * {@link scaleAt} for a batch of times. The bounds are compared in float32, as t is, so that a
 * time written as 0.6 lies on a bound written as 0.6.
 * @param t [B]  @returns [B]
 */
export function scalesAt({ scale, low, high }: Guidance, t: Tensor1D): Tensor1D {
  return tf.tidy(() => {
    const isInside = tf.logicalAnd(tf.greaterEqual(t, low), tf.lessEqual(t, high));
    return tf.where(isInside, tf.fill(t.shape, scale), tf.onesLike(t)) as Tensor1D;
  });
}
