/**
 * Raw time: the clock in which a policy's segments and substeps are even. With shift m,
 *
 *   t = m tau / (1 + (m - 1) tau),   tau = t / (m + (1 - m) t),
 *
 * both from 0 (data) to 1 (noise); m = 1 is the identity, m > 1 spends more of the clock at high noise.
 * Chen et al. "pi-Flow: Policy-Based Few-Step Generation via Imitation Distillation", 2025.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** House time of raw times. @param tau any shape */
export function timeFromRawTime<T extends Tensor>(tau: T, shift: number): T {
  if (shift === 1) return tau;
  return tf.div(tf.mul(tau, shift), tf.add(tf.mul(tau, shift - 1), 1)) as T;
}

/** Raw time of house times. @param t any shape */
export function rawTimeFromTime<T extends Tensor>(t: T, shift: number): T {
  if (shift === 1) return t;
  return tf.div(t, tf.add(tf.mul(t, 1 - shift), shift)) as T;
}

/** The raw times between which one network call each carries a sample. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/**
 * Segments of `nfe` network calls, from 1 down to 0. All are as long but the last, which is
 * `lastScale` times as long as the others.
 */
export function segmentsOf(nfe: number, lastScale = 1): Segment[] {
  const length = 1 / (nfe - 1 + lastScale);
  return Array.from({ length: nfe }, (_, i) => ({
    from: 1 - i * length,
    to: i === nfe - 1 ? 0 : 1 - (i + 1) * length,
  }));
}

/** Substeps that a leg of raw time is cut into where a unit has `perUnit` of them: at least one. */
export function substepsOf(leg: number, perUnit = 128): number {
  return Math.max(1, Math.round(leg * perUnit));
}
