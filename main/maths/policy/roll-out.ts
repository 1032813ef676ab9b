/** Rolling a policy out: dense Euler steps that need no network. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { PolicyVelocity } from './policy.ts';
import { timeFromRawTime } from './raw-time.ts';

/** A leg of raw time for every sample, [B] each. */
export interface Leg {
  readonly from: Tensor1D;
  readonly to: Tensor1D;
  /** Euler steps of each sample, [B], whole numbers of at least 1; equal in raw time. */
  readonly substeps: Tensor1D;
}

/** n = max(1, round(perUnit (from - to))) for every sample. */
export function substepsOfLeg(from: Tensor1D, to: Tensor1D, perUnit: number): Tensor1D {
  return tf.maximum(tf.round(tf.mul(tf.sub(from, to), perUnit)), 1) as Tensor1D;
}

/**
 * One Euler step of a roll-out: substep i of every sample's own n. A sample that has done all of its
 * steps stays where it is, for its raw time no longer changes.
 *
 * @param x  [B, C, P]  @param i  from 0, a number or a scalar tensor
 */
export function rollOutStep(
  policy: PolicyVelocity,
  x: Tensor,
  i: number | Tensor,
  { from, to, substeps }: Leg,
  shift: number,
): Tensor {
  const tauAt = (done: number | Tensor): Tensor1D =>
    tf.sub(from, tf.mul(tf.sub(from, to), tf.div(tf.minimum(done, substeps), substeps))) as Tensor1D;
  const here = timeFromRawTime(tauAt(i), shift);
  const next = timeFromRawTime(tauAt(tf.add(i, 1)), shift);
  return tf.add(x, tf.mul(tf.reshape(tf.sub(next, here), [-1, 1, 1]), policy(x, here)));
}

/**
 * Rolls out over a leg, every substep written out: for few of them.
 *
 * @param most  steps of the sample that has most
 */
export function rollOut(policy: PolicyVelocity, x: Tensor, leg: Leg, shift: number, most: number): Tensor {
  let state = x;
  for (let i = 0; i < most; i++) state = rollOutStep(policy, state, i, leg, shift);
  return state;
}
