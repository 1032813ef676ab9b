import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { turnOf, turned } from './rope.ts';

const TOKENS = 9;
const SIZE = 6;

/** One vector at every token, turned, and the products of two of them at all pairs of tokens. */
let rows: number[][];
let products: number[][];

beforeAll(async () => {
  const rng = new Rng(1, 'rope');
  const [q, k] = [rng.fillNormal(new Float32Array(SIZE)), rng.fillNormal(new Float32Array(SIZE))];
  const program = await compileProgram(ortCpuExecutor(1), {
    inputs: { q: { shape: [SIZE] }, k: { shape: [SIZE] } },
    run: (_, given) => {
      const turn = turnOf(TOKENS, SIZE);
      const everywhere = (x: tf.Tensor): tf.Tensor =>
        turned(tf.tile(tf.reshape(x, [1, 1, 1, SIZE]), [1, 1, TOKENS, 1]), turn);
      const [queries, keys] = [everywhere(given['q']!), everywhere(given['k']!)];
      return { outputs: { queries, products: tf.matMul(queries, keys, false, true) } };
    },
  });
  const found = await program.run({ q, k });
  await program.dispose();
  const cut = (values: ArrayLike<number>, size: number): number[][] =>
    Array.from({ length: TOKENS }, (_, i) => Array.from({ length: size }, (__, j) => values[i * size + j]!));
  rows = cut(found['queries']!, SIZE);
  products = cut(found['products']!, TOKENS);
});

it('keeps the size of what it turns, and leaves the first token as it is', () => {
  const size = (row: readonly number[]): number => Math.hypot(...row);
  for (const row of rows) expect(size(row)).toBeCloseTo(size(rows[0]!), 5);
  expect(rows[0]).toEqual([...new Rng(1, 'rope').fillNormal(new Float32Array(SIZE))]);
  expect(rows[1]).not.toEqual(rows[0]);
});

it('makes products depend on the distance of tokens alone', () => {
  for (let i = 1; i < TOKENS; i++) {
    for (let j = 1; j < TOKENS; j++) {
      // Angles are rounded to float32 once each.
      expect(products[i]![j]!).toBeCloseTo(products[i - 1]![j - 1]!, 5);
    }
  }
  expect(products[0]![1]!).not.toBeCloseTo(products[1]![0]!, 3);
});

it('turns the first pair by one radian a token', () => {
  const angle = (row: readonly number[]): number => Math.atan2(row[SIZE / 2]!, row[0]!);
  const step = angle(rows[1]!) - angle(rows[0]!);
  expect(Math.cos(step)).toBeCloseTo(Math.cos(1), 5);
  expect(Math.sin(step)).toBeCloseTo(Math.sin(1), 5);
});
