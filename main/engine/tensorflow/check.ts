/** Whether an engine computes: a product of matrices and a gradient whose numbers are known. */
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { tensorflowExecutor } from '../../tensor/executors/tensorflow.ts';
import { compileProgram } from '../../tensor/program.ts';

export interface CheckedEngine {
  readonly device: string;
  readonly isOnCard: boolean;
}

const A = Float32Array.of(1, 2, 3, 4, 5, 6);
const B = Float32Array.of(1, 0, 0, 2, 1, 1);
/** A [2, 3] times B [3, 2]. */
const PRODUCT = [4, 7, 10, 16];
/** Of the sum of its squares to A: 2 A B B^T. */
const GRADIENT = [8, 28, 22, 20, 64, 52];

/**
 * @param folder  as `tensorflowExecutor` takes it
 * @throws WorkbenchError `engine/no-executor`, `engine/wrong-numbers`
 */
export async function checkEngine(folder: string): Promise<CheckedEngine> {
  const executor = await tensorflowExecutor(folder);
  const program = await compileProgram(executor, {
    inputs: { a: { shape: [2, 3] }, b: { shape: [3, 2] } },
    run: (_, { a, b }) => {
      const product = (x: tf.Tensor): tf.Tensor => tf.matMul(x as tf.Tensor2D, b as tf.Tensor2D);
      const slope = tf.grad((x: tf.Tensor) => tf.sum(tf.square(product(x))));
      return { outputs: { product: product(a!), gradient: slope(a!) } };
    },
  });
  const { product, gradient } = await program.run({ a: A, b: B });
  await program.dispose();
  // Whole numbers this small are exact in single precision, in whatever order they are added.
  for (const [what, found, wanted] of [
    ['a product of matrices', product!, PRODUCT],
    ['its gradient', gradient!, GRADIENT],
  ] as const) {
    if (found.join() !== wanted.join()) {
      throw new WorkbenchError(
        'engine/wrong-numbers',
        `Expected ${what} to be ${wanted.join(', ')}, found ${found.join(', ')}.`,
      );
    }
  }
  const { name, features } = executor.device;
  return { device: name, isOnCard: features.some((feature) => feature.startsWith('CUDA')) };
}
