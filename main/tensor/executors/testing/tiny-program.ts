/** A program that has everything an interpreter must take care of, and costs nothing. */
import * as tf from '@tensorflow/tfjs-core';
import { type Program, compileProgram } from '../../program.ts';
import { repeat } from '../../repeat.ts';
import type { Executor } from '../executor.ts';

/** A step of gradient descent that also picks rows, goes round a loop, and takes a state over as it is. */
export function tinyProgram(executor: Executor): Promise<Program> {
  return compileProgram(executor, {
    state: { w: { shape: [3, 2] }, same: { shape: [4] } },
    inputs: { x: { shape: [4, 3] }, rows: { shape: [2], dtype: 'int32' } },
    run: ({ w, same }, { x, rows }) => {
      const loss = (v: tf.Tensor): tf.Tensor =>
        tf.mean(tf.square(tf.sub(tf.matMul(x!, v as tf.Tensor2D), 1)));
      const { value, grad } = tf.valueAndGrad(loss)(w!);
      const rolled = repeat(3, tf.gather(x!, rows!), {}, (y) => tf.mul(y, 0.5));
      const next = tf.sub(w!, tf.mul(grad, 0.1));
      return { state: { w: next, same: same! }, outputs: { loss: value, rolled: tf.sum(rolled), seen: x! } };
    },
  });
}

export const INPUTS = {
  x: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  rows: Int32Array.of(2, 0),
};
export const STATE = { w: Float32Array.of(1, 2, 3, 4, 5, 6), same: Float32Array.of(1, 2, 3, 4) };
