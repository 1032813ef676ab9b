import * as tf from '@tensorflow/tfjs-core';
import { type ParityCase, type ParityFamily, bools, distinct, floats, given, ints } from '../parity.ts';
import { reduceKernels } from '../../kernels/reduce.ts';

type Reduction = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

const FLOAT: Readonly<Record<string, Reduction>> = {
  Sum: tf.sum,
  Mean: tf.mean,
  Max: tf.max,
  Min: tf.min,
  Prod: tf.prod,
};

/** Axes in every spelling: all, one, several, negative, size-1, none left, kept. */
const AXES: readonly (readonly [readonly number[], number | number[] | undefined, boolean])[] = [
  [[], undefined, false],
  [[5], undefined, false],
  [[5], 0, true],
  [[2, 3], 1, false],
  [[2, 3], -1, true],
  [[2, 3], [0, 1], false],
  [[2, 1, 3], 1, false],
  [[2, 1, 3], [0, 2], true],
  [[2, 3, 1, 2], [1, -1], false],
  [[1, 2, 1, 2, 2], [2, 0, 4], false],
  [[1, 2, 1, 2, 2], undefined, true],
];

const floatCases = Object.entries(FLOAT).flatMap(([kernel, op]) =>
  AXES.map(([shape, axis, keep], seed): ParityCase => ({
    kernel,
    about: `[${shape.join()}] over ${String(axis)}${keep ? ', kept' : ''}`,
    inputs: { x: kernel === 'Prod' ? floats(shape, { low: 0.5, high: 1.5, seed }) : distinct(shape, seed) },
    compute: ({ x }) => op(x!, axis, keep),
  })),
);

const boolCases = (['All', 'Any'] as const).flatMap((kernel) =>
  AXES.map(([shape, axis, keep], seed): ParityCase => ({
    kernel,
    about: `[${shape.join()}] over ${String(axis)}`,
    inputs: { x: bools(shape, seed) },
    compute: ({ x }) => (kernel === 'All' ? tf.all : tf.any)(x!, axis, keep),
  })),
);

const cases: ParityCase[] = [
  ...floatCases,
  ...boolCases,

  // Nothing to reduce: the neutral element of each.
  ...(['Sum', 'Prod', 'Max', 'Min'] as const).map((kernel): ParityCase => ({
    kernel,
    about: 'an empty axis',
    inputs: { x: floats([2, 0]) },
    compute: ({ x }) => FLOAT[kernel]!(x!, 1),
    forward: 'none',
    reverse: 'none',
  })),
  ...Object.entries(FLOAT).map(([kernel, op]): ParityCase => ({
    kernel,
    about: 'a full axis of an empty tensor',
    inputs: { x: floats([0, 3]) },
    compute: ({ x }) => op(x!, 1),
    reverse: 'none',
  })),
  ...(['Sum', 'Max', 'Min', 'Prod', 'Mean'] as const).map((kernel): ParityCase => ({
    kernel,
    about: 'int32',
    inputs: { x: ints([3, 4], 1, 5) },
    compute: ({ x }) => FLOAT[kernel]!(x!, 0),
  })),
  ...(['Sum', 'Prod', 'Mean'] as const).map((kernel): ParityCase => ({
    kernel,
    about: 'bool, counted',
    inputs: { x: bools([3, 4]) },
    compute: ({ x }) => FLOAT[kernel]!(x!, 1),
  })),
  {
    kernel: 'Prod',
    about: 'one zero, two zeros, none',
    inputs: { x: given([3, 3], [2, 0, 3, 0, 5, 0, 1, -2, 4]) },
    compute: ({ x }) => tf.prod(x!, 1),
  },
  {
    kernel: 'Sum',
    about: 'no axes',
    inputs: { x: floats([2, 3]) },
    compute: ({ x }) => tf.sum(x!, []),
  },
  {
    kernel: 'Max',
    about: 'ties, forward',
    inputs: { x: given([2, 3], [1, 2, 2, 3, 3, 3]) },
    compute: ({ x }) => tf.max(x!, 1),
    forward: 'none',
  },
  {
    kernel: 'Max',
    about: 'infinities',
    inputs: { x: given([2, 2], [-Infinity, -Infinity, Infinity, 1]) },
    compute: ({ x }) => tf.max(x!, 1),
    forward: 'none',
    reverse: 'none',
  },

  ...(['ArgMax', 'ArgMin'] as const).flatMap((kernel) => {
    const op = kernel === 'ArgMax' ? tf.argMax : tf.argMin;
    const argCase = (about: string, x: ParityCase['inputs'][string], axis: number): ParityCase => ({
      kernel,
      about,
      inputs: { x },
      compute: (t) => op(t['x']!, axis),
    });
    return [
      argCase('vector', distinct([7]), 0),
      argCase('last axis', distinct([2, 5]), -1),
      argCase('first axis', distinct([4, 1, 3]), 0),
      argCase('size-1 axis', distinct([2, 1, 3]), 1),
      argCase('rank 5', distinct([1, 3, 2, 2, 2]), 1),
      argCase('int32', ints([3, 4], 0, 99), 1),
      argCase('ties go to the first', given([2, 4], [1, 3, 3, 1, 2, 2, 2, 2]), 1),
      argCase('empty', floats([0, 3]), 1),
    ];
  }),

  ...(
    [
      [[5], 0, false, false],
      [[5], 0, true, false],
      [[5], 0, false, true],
      [[2, 3], 1, true, true],
      [[2, 3], 0, false, false],
      [[2, 1, 3], 1, false, false],
      [[1, 2, 3, 2, 1], 2, true, false],
      [[0, 2], 1, false, false],
      [[1], 0, true, false],
    ] as const
  ).map(([shape, axis, exclusive, reverse], seed): ParityCase => ({
    kernel: 'Cumsum',
    about: `[${shape.join()}] axis ${axis} exclusive ${exclusive} reverse ${reverse}`,
    inputs: { x: floats(shape, { seed }) },
    compute: ({ x }) => tf.cumsum(x!, axis, exclusive, reverse),
  })),
  {
    kernel: 'Cumsum',
    about: 'int32',
    inputs: { x: ints([2, 4]) },
    compute: ({ x }) => tf.cumsum(x!, 1),
  },

  ...[[4], [2, 3], [2, 1, 3], [2, 3, 1], [1, 2, 1, 2, 3], [0, 3]].map((shape, seed): ParityCase => ({
    kernel: 'Softmax',
    about: `[${shape.join()}]`,
    inputs: { x: floats(shape, { seed }) },
    compute: ({ x }) => tf.softmax(x!),
  })),
  {
    kernel: 'Softmax',
    about: 'logits far apart and large',
    inputs: { x: given([2, 3], [1000, 999, -1000, -200, -201, -202]) },
    compute: ({ x }) => tf.softmax(x!),
    forward: 'none',
  },

  ...(
    [
      [[6], 1],
      [[6], 6],
      [[2, 5], 3],
      [[2, 1, 4], 2],
      [[1, 2, 1, 2, 3], 2],
      [[3, 1], 1],
    ] as const
  ).map(([shape, k], seed): ParityCase => ({
    kernel: 'TopK',
    about: `[${shape.join()}] first ${k}`,
    inputs: { x: distinct(shape, seed) },
    compute: ({ x }) => {
      const { values, indices } = tf.topk(x!, k);
      return [values, indices];
    },
  })),
  {
    kernel: 'TopK',
    about: 'int32 with ties',
    inputs: { x: given([2, 4], [3, 1, 3, 2, 0, 0, 0, 0], 'int32') },
    compute: ({ x }) => {
      const { values, indices } = tf.topk(x!, 3);
      return [values, indices];
    },
  },
];

export const reducingParity: ParityFamily = {
  name: 'reducing',
  kernels: Object.keys(reduceKernels),
  cases: cases,
};
