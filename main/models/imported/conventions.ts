/** How networks made elsewhere are fed time and what sign they answer with, in house terms. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { Convention } from '#contract/networks.ts';

/** A network that answers with a velocity, in whatever sign: `dit` answers with noise. */
export type VelocityConvention = Exclude<Convention, 'dit'>;

interface Manner {
  /** What the network is fed at house time t (1 noise, 0 data). @param t [B] */
  readonly fed: (t: Tensor1D) => Tensor1D;
  /** -1 where it answers data - noise, 1 where noise - data. */
  readonly sign: 1 | -1;
}

export const MANNERS: Readonly<Record<VelocityConvention, Manner>> = {
  sit: { fed: (t) => tf.sub(1, t), sign: -1 },
  repa: { fed: (t) => t, sign: 1 },
  'flow-1000': { fed: (t) => tf.mul(t, 1000), sign: 1 },
};
