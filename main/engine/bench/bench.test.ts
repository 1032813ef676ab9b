import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { repeat } from '../../tensor/repeat.ts';
import { trace } from '../../tensor/trace.ts';
import { matrixFlops } from './flops.ts';
import { benchWorkload } from './run.ts';
import { workloadOf } from './workloads.ts';

describe('floating point operations', () => {
  it('of a product are 2mnk, in either orientation and for each of a batch', () => {
    const graph = trace(
      { a: { shape: [3, 5] }, b: { shape: [7, 5] }, c: { shape: [2, 7, 4] } },
      ({ a, b, c }) => ({
        y: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
        z: tf.matMul(c!, c!, true, false),
      }),
    );
    expect(matrixFlops(graph)).toBe(2 * 3 * 7 * 5 + 2 * 2 * 4 * 4 * 7);
  });

  it('of a convolution and of both its gradients are the same number', () => {
    const specs = { x: { shape: [2, 8, 8, 3] }, w: { shape: [3, 3, 3, 5] } };
    const conv = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same');
    const forward = matrixFlops(trace(specs, ({ x, w }) => ({ y: conv(x!, w!) })));
    const all = matrixFlops(
      trace(specs, ({ x, w }) => {
        const [dx, dw] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(conv(a, b)))([x!, w!]);
        return { y: conv(x!, w!), dx: dx!, dw: dw! };
      }),
    );
    expect(forward).toBe(2 * 2 * 4 * 4 * 5 * (3 * 3 * 3));
    // The tape runs the convolution once more.
    expect(all).toBe(4 * forward);
  });

  it('of a loop are those of its rounds', () => {
    const graph = trace({ x: { shape: [4, 4] } }, ({ x }) => ({
      y: repeat(6, x!, {}, (now) => tf.matMul(now as tf.Tensor2D, now as tf.Tensor2D)),
    }));
    expect(matrixFlops(graph)).toBe(6 * 2 * 4 ** 3);
  });
});

describe('a workload', () => {
  it('is timed, counted, and passes nothing but its inputs and the loss', async () => {
    const result = await benchWorkload('mlp-16x8', ortCpuExecutor(1), 3);
    expect(result).toMatchObject({
      workload: 'mlp-16x8',
      // Two points, one time each, and the step.
      uploadedBytesPerStep: 4 * (16 * 5 + 1),
      readBytesPerStep: 4,
      stateBytesPerStep: 0,
      fallbacks: [],
    });
    expect(result.msPerStep).toBeGreaterThan(0);
    expect(result.flopsPerStep).toBeGreaterThan(0);
  });

  it('has the sizes of its name', () => {
    const { shapes, specs } = workloadOf('dit-3x128x2');
    expect(specs['x0']!.shape).toEqual([3, 64, 4]);
    expect(Object.keys(shapes).filter((leaf) => /^blocks\.1\./.test(leaf)).length).toBeGreaterThan(0);
    expect(Object.keys(shapes).filter((leaf) => /^blocks\.2\./.test(leaf))).toEqual([]);
  });

  it('of another name is refused with an example', () => {
    expect(() => workloadOf('dit-3x128')).toThrow('sizes such as dit-256x512x12, found "dit-3x128"');
  });
});
