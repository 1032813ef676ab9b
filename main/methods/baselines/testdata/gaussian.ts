/** Closed forms for data N(m, s^2) in one dimension, noise N(0, 1), x_t = (1 - t) x0 + t n. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { ortCpuExecutor } from '../../../tensor/executors/ort.ts';
import { compileProgram } from '../../../tensor/program.ts';
import { Rng } from '../../../tensor/rng.ts';

export const column = (t: Tensor1D): Tensor => tf.reshape(t, [-1, 1]);

/** Variance of x_t: D = (1-t)^2 s^2 + t^2. @param t [B, 1] */
export function varianceAt(t: Tensor, s: number): Tensor {
  return tf.add(tf.square(tf.mul(tf.sub(1, t), s)), tf.square(t));
}

/** v(x, t) = -(m + ((1-t) s^2 - t) / D (x - (1-t) m)). */
export function gaussianVelocity(m: number, s: number): (x: Tensor, t: Tensor1D) => Tensor {
  return (x, t) => {
    const time = column(t);
    const signal = tf.sub(1, time);
    const gain = tf.div(tf.sub(tf.mul(signal, s * s), time), varianceAt(time, s));
    return tf.neg(tf.add(tf.mul(gain, tf.sub(x, tf.mul(signal, m))), m));
  };
}

/** Where the path through x at t is at r: (1-r) m + sqrt(D_r / D_t) (x - (1-t) m). */
export function gaussianPath(
  x: Tensor,
  t: Tensor1D,
  r: Tensor1D,
  { m, s }: { readonly m: number; readonly s: number },
): Tensor {
  const [from, to] = [column(t), column(r)];
  const stretch = tf.sqrt(tf.div(varianceAt(to, s), varianceAt(from, s)));
  return tf.add(tf.mul(tf.sub(1, to), m), tf.mul(stretch, tf.sub(x, tf.mul(tf.sub(1, from), m))));
}

/** Normal and uniform numbers of a fixed seed. */
export function normals(name: string, count: number): Float32Array {
  return new Rng(20260311, name).fillNormal(new Float32Array(count));
}
export function uniforms(name: string, count: number): Float32Array {
  return new Rng(20260311, name).fillUniform(new Float32Array(count));
}

/** What a traced function gives for the inputs. */
export async function computed<N extends string>(
  inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>,
  fn: (inputs: Readonly<Record<string, Tensor>>) => Record<N, Tensor>,
): Promise<Record<N, Float32Array>> {
  const program = await compileProgram(ortCpuExecutor(1), {
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, { shape }])),
    run: (_, given) => ({ outputs: fn(given) }),
  });
  const values = Object.entries(inputs).map(([name, input]) => [name, input.values]);
  const outputs = await program.run(Object.fromEntries(values) as Record<string, Float32Array>);
  const copies = Object.entries(outputs).map(([name, found]) => [name, Float32Array.from(found)]);
  await program.dispose();
  return Object.fromEntries(copies) as Record<N, Float32Array>;
}

/** Largest absolute value. */
export function worst(values: ArrayLike<number>): number {
  return Math.max(...Array.from(values, Math.abs));
}

/** Largest difference. */
export function gap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return worst(Array.from(a, (value, i) => value - b[i]!));
}
