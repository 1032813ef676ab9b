/** Fields with classes: what a label, the null class and a guidance scale make of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { referenceExecutor } from '../tensor/executors/tfjs.ts';
import { compileProgram } from '../tensor/program.ts';
import { guidedField } from './cfg.ts';
import { GaussianMixture, mixtureVelocityField } from './gaussian-mixture.ts';
import type { VelocityField } from './sampleable.ts';

const MEANS = [
  [1, 0],
  [-1, 0.5],
  [0.2, -1.4],
];
const STDS = [0.3, 0.5, 0.2];
const mixture = new GaussianMixture({ means: MEANS, stds: STDS, weights: [1, 2, 3] });
const X = Float32Array.from([0.3, -0.2, -1, 0.9, 0.1, 1.5, 2, -0.4]);
const T = 0.6;
const COUNT = 4;

/** @param guidance  a scale in the condition; none if null */
async function velocityOf(
  field: VelocityField,
  label: number | null,
  guidance: number | null = null,
  t = T,
): Promise<number[]> {
  const program = await compileProgram(referenceExecutor(), {
    inputs: { x: { shape: [COUNT, 2] }, t: { shape: [COUNT] } },
    run: (_, inputs) => {
      const column = (value: number): Tensor1D => tf.fill([COUNT], value) as Tensor1D;
      const condition =
        label === null
          ? undefined
          : { label: column(label), ...(guidance === null ? {} : { guidance: column(guidance) }) };
      return { outputs: { v: field.velocity(inputs['x']!, inputs['t'] as Tensor1D, condition) } };
    },
  });
  const { v } = await program.run({ x: X, t: new Float32Array(COUNT).fill(t) });
  const found = [...v!];
  await program.dispose();
  return found;
}

/** float32 against float64, numbers of order 1. */
const DIGITS = 5;

function expectClose(found: readonly number[], expected: ArrayLike<number>): void {
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, DIGITS));
}

it.each([0, 1, 2])('the velocity of class %d of a mixture is that of its component alone', async (k) => {
  const alone = new GaussianMixture({ means: [MEANS[k]!], stds: [STDS[k]!] });
  expectClose(await velocityOf(mixtureVelocityField(mixture), k), alone.velocity(X, T));
});

it('the null class is any, as is no condition', async () => {
  const field = mixtureVelocityField(mixture);
  expectClose(await velocityOf(field, MEANS.length), mixture.velocity(X, T));
  expectClose(await velocityOf(field, null), mixture.velocity(X, T));
});

it('guides by v_null + w (v_cond - v_null), between the times it is given and from either place', async () => {
  const field = mixtureVelocityField(mixture);
  const [cond, any] = [await velocityOf(field, 1), await velocityOf(field, null)];
  const expected = (w: number): number[] => cond.map((v, i) => any[i]! + w * (v - any[i]!));
  const guided = guidedField(field, { scale: 2.5, low: 0, high: T });
  expect(guided.nfePerCall).toBe(2);
  expectClose(await velocityOf(guided, 1), expected(2.5));
  expectClose(await velocityOf(guided, 1, 4), expected(4));
  expectClose(await velocityOf(guided, 1, 0), any);
  expectClose(await velocityOf(guided, 1, 1), cond);
  // Outside of its times nothing is guided, whatever scale is asked for.
  const later = await velocityOf(field, 1, null, 0.7);
  expectClose(await velocityOf(guided, 1, null, 0.7), later);
  expectClose(await velocityOf(guided, 1, 4, 0.7), later);
  expectClose(await velocityOf(guided, null), any);
});

it('check 5: guides of its channels as many as it is told, and across the expected data where asked', async () => {
  const field = mixtureVelocityField(mixture);
  const [cond, any] = [await velocityOf(field, 1), await velocityOf(field, null)];
  const guidance = { scale: 2.5, low: 0, high: 1 };
  const first = await velocityOf(guidedField(field, { ...guidance, channels: 1 }), 1);
  expectClose(
    first,
    cond.map((v, i) => (i % 2 === 0 ? any[i]! + 2.5 * (v - any[i]!) : v)),
  );
  const across = await velocityOf(guidedField(field, { ...guidance, orthogonal: true }), 1);
  const dot = (a: readonly number[], b: readonly number[], row: number): number =>
    a[2 * row]! * b[2 * row]! + a[2 * row + 1]! * b[2 * row + 1]!;
  const data = cond.map((v, i) => X[i]! - T * v);
  const bias = cond.map((v, i) => v - any[i]!);
  expectClose(
    across,
    cond.map((v, i) => {
      const row = Math.floor(i / 2);
      return v + 1.5 * (bias[i]! - (dot(bias, data, row) / dot(data, data, row)) * data[i]!);
    }),
  );
  // One alone where both are asked for: across data of one channel nothing is left of the bias.
  const both = await velocityOf(guidedField(field, { ...guidance, channels: 1, orthogonal: true }), 1);
  expectClose(both, cond);
});

it('refuses to guide a field without classes', () => {
  const { classes: _, ...field } = mixtureVelocityField(mixture);
  expect(() => guidedField(field, { scale: 2, low: 0, high: 1 })).toThrow('needs a field with classes');
});
