import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { movingParity } from '../testing/cases/shape.ts';
import { describeParity } from '../testing/parity.ts';
import { trace } from '../trace.ts';

describeParity(movingParity);

describe('what element-moving kernels refuse', () => {
  it('a reshape to another number of elements', () => {
    expect(() =>
      trace({ x: { shape: [2, 0] } }, ({ x }) => ({
        y: tf.engine().runKernel('Reshape', { x: x! }, { shape: [2, 1] }) as tf.Tensor,
      })),
    ).toThrow('cannot reshape [2, 0] to [2, 1]');
  });

  it('a symmetric mirror, which ONNX does not know', () => {
    expect(() =>
      trace({ x: { shape: [3] } }, ({ x }) => ({ y: tf.mirrorPad(x!, [[1, 1]], 'symmetric') })),
    ).toThrow(/mode symmetric cannot be traced/);
  });
});
