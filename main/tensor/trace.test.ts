import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { stopGradient } from './ops.ts';
import { optimized } from './passes/index.ts';
import { trace } from './trace.ts';

describe('trace', () => {
  it('records forward pass and tape gradient, which both executors compute alike', async () => {
    const graph = trace({ x: { shape: [3, 2] }, w: { shape: [2, 4] } }, ({ x, w }) => {
      const { value, grads } = tf.valueAndGrads((weights: tf.Tensor) =>
        tf.mean(tf.square(tf.tanh(tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D)))),
      )([w!]);
      return { value, grad: grads[0]! };
    });
    const inputs = {
      x: Float32Array.of(1, -2, 0.5, 3, 0, -1),
      w: Float32Array.of(0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8),
    };
    const fast = await (await ortCpuExecutor(1).compile(graph)).run(inputs);
    const slow = await (await referenceExecutor().compile(graph)).run(inputs);
    expect(fast['grad']!.length).toBe(8);
    for (const name of ['value', 'grad']) {
      slow[name]!.forEach((expected, i) => expect(fast[name]![i]).toBeCloseTo(expected, 5));
    }
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    trace({ x: { shape: [4] } }, ({ x }) => ({ y: tf.grad((v: tf.Tensor) => tf.sum(tf.exp(v)))(x!) }));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses an output with the name of an input', () => {
    expect(() => trace({ x: { shape: [1] } }, ({ x }) => ({ x: tf.neg(x!) }))).toThrow(
      /name of its own, found x/,
    );
  });

  it('names the op without a rule and where it was called', () => {
    const attempt = () =>
      trace({ x: { shape: [4, 4] } }, ({ x }) => ({
        y: tf.linalg.bandPart(x!, 1, 1),
        z: tf.fft(tf.complex(x!, x!)),
      }));
    expect(attempt).toThrow(/op (FFT|Complex|Range) has no rule.*called at .*trace\.test\.ts:\d+/);
    // and the engine is usable afterwards
    expect(() => trace({ x: { shape: [1] } }, ({ x }) => ({ y: tf.neg(x!) }))).not.toThrow();
  });

  it('refuses to read a tensor, naming the place', () => {
    expect(() =>
      trace({ x: { shape: [2] } }, ({ x }) => ({ y: tf.tensor1d(x!.dataSync() as Float32Array) })),
    ).toThrow(/read the contents of a tensor.*trace\.test\.ts/);
  });

  it('stops gradients, and the passes leave nothing of them', () => {
    const graph = trace({ x: { shape: [5] } }, ({ x }) => ({
      y: tf.grad((v: tf.Tensor) => tf.sum(tf.mul(v, stopGradient(tf.exp(v)))))(x!),
    }));
    // d/dx sum(x sg(e^x)) = e^x
    expect(optimized(graph).nodes.map((node) => node.kernel)).toEqual(['Exp']);
  });
});
