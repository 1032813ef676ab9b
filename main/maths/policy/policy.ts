import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/**
 * A velocity that needs no further network call: x [B, C, P] and t [B] to v [B, C, P]. C are the
 * channels that one mixture is over, P the places that each have their own (pixels; 1 for points).
 */
export type PolicyVelocity = (x: Tensor, t: Tensor1D) => Tensor;

/** Where the network was called, [B, C, P] and [B]. */
export interface PolicySource {
  readonly x: Tensor;
  readonly t: Tensor1D;
}
