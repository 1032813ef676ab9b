import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from './executors/tfjs.ts';
import { silu, stopGradient } from './ops.ts';
import { type Traceable, trace } from './trace.ts';

const VALUES = Float32Array.of(-20, -3, -0.5, 0, 0.5, 3, 20);
const evaluate = async (fn: Traceable) =>
  (await referenceExecutor().compile(trace({ x: { shape: [VALUES.length] } }, fn))).run({ x: VALUES });

describe('silu', () => {
  it('is x / (1 + e^-x) and its gradient s (1 + x (1 - s))', async () => {
    const { y, grad } = await evaluate(({ x }) => ({
      y: silu(x!),
      grad: tf.grad((v: tf.Tensor) => tf.sum(silu(v)))(x!),
    }));
    VALUES.forEach((x, i) => {
      const s = 1 / (1 + Math.exp(-x));
      expect(y![i]).toBeCloseTo(x * s, 5);
      expect(grad![i]).toBeCloseTo(s * (1 + x * (1 - s)), 5);
    });
  });
});

describe('stopGradient', () => {
  it('is the identity forward and zero backward, for one factor of a product too', async () => {
    const { y, grad, both } = await evaluate(({ x }) => ({
      y: stopGradient(x!),
      grad: tf.grad((v: tf.Tensor) => tf.sum(tf.mul(stopGradient(tf.square(v)), v)))(x!),
      both: tf.grad((v: tf.Tensor) => tf.sum(stopGradient(tf.exp(v))))(x!),
    }));
    expect(y).toEqual(VALUES);
    VALUES.forEach((x, i) => expect(grad![i]).toBeCloseTo(x * x, 4));
    expect([...both!].every((g) => g === 0)).toBe(true);
  });
});
