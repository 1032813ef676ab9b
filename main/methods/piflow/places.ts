/** Samples as policies see them: [B, C, P], a mixture or a set of predictions of C numbers at each of P places. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensor/shape.ts';

export interface Places {
  readonly channels: number;
  readonly count: number;
  /** @param x [B, ...sampleShape], or flat  @returns [B, C, P] */
  of(x: Tensor): Tensor;
  /** @param x [B, C, P]  @returns [B, ...sampleShape] */
  samples(x: Tensor): Tensor;
}

/** One place for the whole sample. */
export function onePlace(sampleShape: readonly number[]): Places {
  const dim = sizeOf(sampleShape);
  return {
    channels: dim,
    count: 1,
    of: (x) => tf.reshape(x, [-1, dim, 1]),
    samples: (x) => tf.reshape(x, [-1, ...sampleShape]),
  };
}

/** Every pixel of an image [H, W, C]. */
export function pixels(sampleShape: readonly number[]): Places {
  const channels = sampleShape.at(-1)!;
  const count = sizeOf(sampleShape) / channels;
  const last = (x: Tensor): Tensor => (channels === 1 ? x : tf.transpose(x, [0, 2, 1]));
  return {
    channels,
    count,
    of: (x) => tf.reshape(last(tf.reshape(x, [-1, count, channels])), [-1, channels, count]),
    samples: (x) => tf.reshape(last(x), [-1, ...sampleShape]),
  };
}
