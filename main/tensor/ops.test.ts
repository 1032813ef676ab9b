import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from './executors/tfjs.ts';
import { ortCpuExecutor } from './executors/ort.ts';
import { jvp } from './jvp.ts';
import { gelu, layerNorm, silu, stopGradient } from './ops.ts';
import { Rng } from './rng.ts';
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

/** y, its gradient and its forward derivative, and the same of an expression whose derivatives are TensorFlow.js's. */
function besides(fn: (x: tf.Tensor) => tf.Tensor, oracle: (x: tf.Tensor) => tf.Tensor): Traceable {
  return ({ x, dy, dx }) => {
    const named = (prefix: string, op: typeof fn): Record<string, tf.Tensor> => ({
      [`${prefix} y`]: op(x!),
      [`${prefix} gradient`]: tf.grad((v: tf.Tensor) => tf.sum(tf.mul(op(v), dy!)))(x!),
      [`${prefix} tangent`]: jvp((v) => [op(v!)], [x!], [dx!]).tangents[0]!,
    });
    return { ...named('found', fn), ...named('wanted', oracle) };
  };
}

/** Holds both executors against the expression, relative to the largest of what is asked. */
async function expectEqual(fn: Traceable, x: Float32Array, shape: number[], tolerance: number) {
  const graph = trace({ x: { shape }, dy: { shape }, dx: { shape } }, fn);
  const rng = new Rng(5, 'ops');
  const inputs = {
    x,
    dy: rng.fillNormal(new Float32Array(x.length)),
    dx: rng.fillNormal(new Float32Array(x.length)),
  };
  const wanted = await (await referenceExecutor().compile(graph)).run(inputs);
  for (const executor of [referenceExecutor(), ortCpuExecutor(1)]) {
    const executable = await executor.compile(graph);
    const found = await executable.run(inputs);
    for (const what of ['y', 'gradient', 'tangent']) {
      const largest = Math.max(1, ...Array.from(wanted[`wanted ${what}`]!, Math.abs));
      wanted[`wanted ${what}`]!.forEach((value, i) => {
        const off = Math.abs(found[`found ${what}`]![i]! - value) / largest;
        expect(off, `${executor.id} ${what}[${i}]`).toBeLessThan(tolerance);
      });
    }
    await executable.dispose();
  }
}

describe('gelu', () => {
  it('is 0.5 x (1 + tanh u), forward, backward and forward-mode, at zero and far out too', async () => {
    const plain = (x: tf.Tensor): tf.Tensor => {
      const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
    };
    // Where 1 + tanh u cancels, the plain form is off by a unit in the last place of 1.
    await expectEqual(besides(gelu, plain), VALUES, [VALUES.length], 1e-6);
    const x = new Rng(3, 'gelu').fillNormal(new Float32Array(300)).map((v) => 3 * v);
    await expectEqual(besides(gelu, plain), x, [3, 100], 1e-6);
  });
});

describe('layerNorm', () => {
  const plain = (x: tf.Tensor): tf.Tensor => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-6)));
  };
  const norm = (x: tf.Tensor): tf.Tensor => layerNorm(x, 1e-6);

  it('is the centred row over its deviation, forward, backward and forward-mode', async () => {
    const x = new Rng(3, 'norm').fillNormal(new Float32Array(2 * 5 * 16)).map((v) => 2 * v + 1);
    // Both derivatives are differences of sums over a row: some units in the last place of its terms.
    await expectEqual(besides(norm, plain), x, [2, 5, 16], 3e-6);
  });
  it('has rows of mean 0 and variance 1, and keeps a constant row at 0', async () => {
    const x = new Rng(4, 'norm').fillNormal(new Float32Array(3 * 32)).map((v) => 5 * v - 7);
    x.fill(10, 0, 32);
    const graph = trace({ x: { shape: [3, 32] } }, (given) => ({ y: norm(given['x']!) }));
    const { y } = await (await ortCpuExecutor(1).compile(graph)).run({ x });
    expect([...y!.slice(0, 32)].every((value) => value === 0)).toBe(true);
    for (const row of [1, 2]) {
      const values = [...y!.slice(32 * row, 32 * row + 32)] as number[];
      expect(values.reduce((sum, value) => sum + value, 0) / 32).toBeCloseTo(0, 5);
      expect(values.reduce((sum, value) => sum + value * value, 0) / 32).toBeCloseTo(1, 5);
    }
  });
});
