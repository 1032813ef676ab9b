import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { imageParity } from '../testing/cases/convolution.ts';
import { describeParity } from '../testing/parity.ts';
import { trace } from '../trace.ts';

describeParity(imageParity);

describe('what convolutions refuse', () => {
  it('another data format', () => {
    expect(() =>
      trace({ x: { shape: [1, 2, 4, 4] }, w: { shape: [1, 1, 2, 2] } }, ({ x, w }) => ({
        y: tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW'),
      })),
    ).toThrow('data format NCHW cannot be traced; expected NHWC');
  });
});
