import * as tf from '@tensorflow/tfjs-core';
import { type ParityCase, type ParityFamily, floats, ints } from '../parity.ts';
import { matrixKernels } from '../../kernels/matrix.ts';

/** Batches, rows, inner and columns: batch axes equal, broadcast on either side, missing on one. */
const PRODUCTS: readonly (readonly [readonly number[], readonly number[], number, number, number])[] = [
  [[], [], 2, 3, 4],
  [[], [], 1, 1, 1],
  [[], [], 1, 5, 2],
  [[], [], 3, 1, 2],
  [[2], [2], 2, 3, 2],
  [[2], [1], 2, 3, 2],
  [[1], [3], 2, 2, 1],
  [[2], [], 2, 3, 2],
  [[], [2], 2, 3, 2],
  [[1, 1], [2, 3], 2, 2, 2],
  [[2, 1, 2], [], 1, 3, 2],
  [[], [], 2, 0, 3],
  [[], [], 0, 2, 3],
  [[2], [2], 3, 0, 1],
];

const cases: ParityCase[] = PRODUCTS.flatMap(([batchA, batchB, rows, inner, columns], seed) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): ParityCase => {
      const a = [...batchA, ...(transposeA ? [inner, rows] : [rows, inner])];
      const b = [...batchB, ...(transposeB ? [columns, inner] : [inner, columns])];
      return {
        kernel: 'BatchMatMul',
        about: `[${a.join()}]${transposeA ? "'" : ''} x [${b.join()}]${transposeB ? "'" : ''}`,
        inputs: { a: floats(a, { seed }), b: floats(b, { seed: seed + 20 }) },
        compute: (t) => tf.matMul(t['a']!, t['b']!, transposeA, transposeB),
      };
    }),
  ),
);

const intCases = [false, true].map((transposeB): ParityCase => ({
  kernel: 'BatchMatMul',
  about: `int32${transposeB ? ', transposed' : ''}`,
  inputs: { a: ints([2, 3]), b: ints([3, 3]) },
  compute: (t) => tf.matMul(t['a']!, t['b']!, false, transposeB),
}));

export const matrixParity: ParityFamily = {
  name: 'matrix',
  kernels: Object.keys(matrixKernels),
  cases: [...cases, ...intCases],
};
