/** A frozen encoder small enough for tests: two convolutions of random weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../../../maths/sampleable.ts';
import { normalsOf } from './evaluated.ts';

const WIDTH = 3;

/** Maps `fine` [h, w, 3] and `coarse` [h / 2, w / 2, 3] of images [h, w, C]. */
export function smallEncoder(shape: readonly number[]): FeatureMap {
  const filter = (from: number, name: string): Tensor4D => {
    const size = [3, 3, from, WIDTH] as [number, number, number, number];
    return tf.tensor4d(normalsOf(size, name, { std: (9 * from) ** -0.5 }).values, size);
  };
  const maps = (x: Tensor): Record<string, Tensor> => {
    const fine = tf.tanh(tf.conv2d(x as Tensor4D, filter(shape[2]!, 'fine'), 1, 'same'));
    return { fine, coarse: tf.tanh(tf.conv2d(fine, filter(WIDTH, 'coarse'), 2, 'same')) };
  };
  return {
    kind: 'features',
    shape,
    nfePerCall: 1,
    width: WIDTH,
    maps,
    vector: (x) => tf.mean(maps(x)['coarse']!, [1, 2]),
  };
}
