import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { pickingParity } from '../testing/cases/gather.ts';
import { describeParity } from '../testing/parity.ts';
import { trace } from '../trace.ts';

describeParity(pickingParity);

describe('what gather refuses', () => {
  it('an axis behind the batch axes', () => {
    expect(() =>
      trace({ x: { shape: [2, 3, 4] }, i: { shape: [2, 1], dtype: 'int32' } }, ({ x, i }) => ({
        y: tf.gather(x!, i!, 2, 1),
      })),
    ).toThrow('gather with batchDims 1 needs axis 1, found 2');
  });
});
