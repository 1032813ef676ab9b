import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { HostArrays } from '../executors/executor.ts';
import { ortCpuExecutor } from '../executors/ort.ts';
import type { Precision } from '../executors/precision.ts';
import { Rng } from '../rng.ts';
import { type TensorSpec, type Traceable, trace } from '../trace.ts';

async function computed(
  precision: Precision,
  specs: Record<string, TensorSpec>,
  inputs: HostArrays,
  fn: Traceable,
): Promise<Float32Array> {
  const executable = await ortCpuExecutor(1, undefined, precision).compile(trace(specs, fn));
  const { y } = await executable.run(inputs);
  await executable.dispose();
  return y as Float32Array;
}

/** |half - whole| / |whole| over the output `y`. */
async function difference(...given: [Record<string, TensorSpec>, HostArrays, Traceable]): Promise<number> {
  const [half, whole] = [await computed('float16', ...given), await computed('float32', ...given)];
  const squares = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(squares(half.map((x, i) => x - whole[i]!)) / squares(whole));
}

const normals = (size: number, scale: number) =>
  new Rng(1, 'precision').fillNormal(new Float32Array(size)).map((x) => x * scale);
/** Two factors and a result, each off by at most 2^-12 = 2.4e-4. */
const ROUNDING = 7.5e-4;

describe('products in float16', () => {
  const specs = { a: { shape: [16, 32] }, b: { shape: [32, 8] } };
  const product: Traceable = ({ a, b }) => ({ y: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) });

  // The least float16 is 6e-8, the largest 65504.
  it.each([1e-12, 1e-6, 1, 1e6, 1e12])('keep their digits for factors of size %d', async (scale) => {
    const inputs = { a: normals(16 * 32, scale), b: normals(32 * 8, 1 / Math.sqrt(scale)) };
    const found = await difference(specs, inputs, product);
    expect(found).toBeGreaterThan(1e-6);
    expect(found).toBeLessThan(ROUNDING);
  });

  it('of zeros are zeros', async () => {
    const y = await computed('float16', specs, { a: new Float32Array(512), b: normals(256, 1) }, product);
    expect([...y].every((x) => x === 0)).toBe(true);
  });

  it('are those of transposed factors and of batches too', async () => {
    const batch = { a: { shape: [2, 8, 4] }, b: { shape: [2, 8, 6] } };
    const inputs = { a: normals(64, 1), b: normals(96, 1) };
    const found = await difference(batch, inputs, ({ a, b }) => ({ y: tf.matMul(a!, b!, true) }));
    expect(found).toBeGreaterThan(1e-6);
    expect(found).toBeLessThan(ROUNDING);
  });

  it('are convolutions and their gradients too', async () => {
    const images = { x: { shape: [2, 6, 6, 3] }, w: { shape: [3, 3, 3, 4] } };
    const inputs = { x: normals(216, 1e-5), w: normals(108, 1) };
    const convolve = (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same');
    const found = await difference(images, inputs, ({ x, w }) => ({
      y: tf.grad((filter: tf.Tensor) => tf.sum(tf.square(convolve(x!, filter))))(w!),
    }));
    expect(found).toBeGreaterThan(1e-6);
    // A product of a product.
    expect(found).toBeLessThan(2 * ROUNDING);
  });

  it('of whole numbers stay exact', async () => {
    const whole = {
      a: { shape: [2, 2], dtype: 'int32' as const },
      b: { shape: [2, 2], dtype: 'int32' as const },
    };
    const inputs = { a: Int32Array.of(4097, 1, 0, 3), b: Int32Array.of(5, 0, 0, 4099) };
    expect([...(await computed('float16', whole, inputs, product))]).toEqual([20485, 4099, 0, 12297]);
  });
});

it('computes all else in float32', async () => {
  const x = normals(64, 1);
  const fn: Traceable = ({ x: given }) => ({ y: tf.tanh(tf.mul(tf.add(given!, 1), 1.0001)) });
  const given = [{ x: { shape: [64] } }, { x }, fn] as const;
  expect(await computed('float16', ...given)).toEqual(await computed('float32', ...given));
});
