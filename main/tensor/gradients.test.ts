import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from './executors/tfjs.ts';
import { optimized } from './passes/index.ts';
import { Rng } from './rng.ts';
import { trace } from './trace.ts';

// Their values are held against central differences by the parity tests of the kernels.

const gradientKernels = (shape: number[], loss: (x: tf.Tensor, i: tf.Tensor) => tf.Tensor): string[] =>
  optimized(
    trace({ x: { shape }, i: { shape: [shape[0]!, 3], dtype: 'int32' } }, ({ x, i }) => ({
      grad: tf.grad((v: tf.Tensor) => tf.sum(tf.square(loss(v, i!))))(x!),
    })),
  ).nodes.map((node) => node.kernel);

describe('gradients in place of those of TensorFlow.js', () => {
  it.each<[string, number[], (x: tf.Tensor, i: tf.Tensor) => tf.Tensor]>([
    ['a repeat', [1, 8], (x) => tf.tile(x, [2048, 1])],
    ['a broadcast', [8], (x) => tf.broadcastTo(x, [2048, 8])],
    [
      'a choice between broadcast operands',
      [8],
      (x) => tf.where(tf.ones([2048, 8], 'bool'), x, tf.zeros([8])),
    ],
    ['a gather in a batch', [2048, 5], (x, i) => tf.gather(x, i, 1, 1)],
  ])('need a handful of kernels for %s, however many rows there are', (_, shape, loss) => {
    expect(gradientKernels(shape, loss).length).toBeLessThan(20);
  });

  it('let a loss hold a comparison, through which nothing flows', async () => {
    const graph = trace({ x: { shape: [4] } }, ({ x }) => ({
      grad: tf.grad((v: tf.Tensor) => {
        const mask = tf.logicalAnd(tf.greater(v, -1), tf.logicalNot(tf.less(tf.square(v), 0.25)));
        return tf.sum(tf.where(mask, tf.mul(v, 3), tf.mul(v, tf.cast(tf.equal(v, v), 'float32'))));
      })(x!),
    }));
    const { grad } = await (
      await referenceExecutor().compile(graph)
    ).run({ x: Float32Array.of(-2, -0.75, 0.25, 2) });
    expect([...grad!]).toEqual([1, 3, 1, 3]);
  });

  it('give the gradient of a gather along the last axis with a negative number', async () => {
    const graph = trace({ x: { shape: [2, 4] }, w: { shape: [2, 3] } }, ({ x, w }) => ({
      grad: tf.grad((v: tf.Tensor) => tf.sum(tf.mul(w!, tf.gather(v, tf.tensor1d([3, 0, 3], 'int32'), -1))))(
        x!,
      ),
    }));
    const w = new Rng(1, 'w').fillNormal(new Float32Array(6));
    const { grad } = await (await referenceExecutor().compile(graph)).run({ x: new Float32Array(8), w });
    const row = (k: number) => [w[k + 1]!, 0, 0, w[k]! + w[k + 2]!];
    [...row(0), ...row(3)].forEach((v, i) => expect(grad![i]).toBeCloseTo(v, 6));
  });
});
