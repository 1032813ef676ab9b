import * as tf from '@tensorflow/tfjs-core';
import {
  type HostTensor,
  type ParityCase,
  type ParityFamily,
  bools,
  floats,
  given,
  ints,
} from '../parity.ts';
import { gatherKernels } from '../../kernels/gather.ts';

const indices = (shape: readonly number[], size: number, seed = 0): HostTensor =>
  ints(shape, 0, size - 1, seed);

const gathers: ParityCase[] = (
  [
    [[5], [3], 0, 0],
    [[5], [], 0, 0],
    [[4, 3], [6], 0, 0],
    [[4, 3], [2], 1, 0],
    [[4, 3], [2], -1, 0],
    [[4, 3], [2, 2], 0, 0],
    [[2, 1, 3], [4], 1, 0],
    [[1, 2, 3, 2, 1], [2], 2, 0],
    [[4, 3], [0], 0, 0],
    [[3, 4], [3, 2], 1, 1],
    [[3, 4, 2], [3, 2], 1, 1],
    [[3, 1, 2], [3, 5], 1, 1],
  ] as const
).map(([shape, at, axis, batchDims], seed) => ({
  kernel: 'GatherV2',
  about: `[${shape.join()}] at [${at.join()}] axis ${axis} batch ${batchDims}`,
  inputs: { x: floats(shape, { seed }), i: indices(at, (shape as readonly number[]).at(axis)!, seed) },
  compute: ({ x, i }) => tf.gather(x!, i!, axis, batchDims),
}));

const cases: ParityCase[] = [
  ...gathers,
  {
    kernel: 'GatherV2',
    about: 'int32 rows, repeated',
    inputs: { x: ints([3, 2]), i: given([4], [2, 0, 2, 2], 'int32') },
    compute: ({ x, i }) => tf.gather(x!, i!),
  },
  {
    kernel: 'GatherV2',
    about: 'bool',
    inputs: { x: bools([6]), i: given([3], [5, 0, 2], 'int32') },
    compute: ({ x, i }) => tf.gather(x!, i!),
  },

  ...(
    [
      [[5], [3, 1]],
      [
        [4, 3],
        [2, 1],
      ],
      [
        [4, 3],
        [2, 2],
      ],
      [
        [2, 3, 2],
        [4, 2],
      ],
      [
        [2, 2, 2, 2, 2],
        [3, 4],
      ],
      [
        [2, 1, 2],
        [1, 3],
      ],
      [
        [2, 2],
        [3, 1, 2],
      ],
    ] as const
  ).map(([shape, at], seed): ParityCase => ({
    kernel: 'GatherNd',
    about: `[${shape.join()}] at [${at.join()}]`,
    inputs: {
      x: floats(shape, { seed }),
      i: indices(at, Math.min(...shape.slice(0, at[at.length - 1])), seed),
    },
    compute: ({ x, i }) => tf.gatherND(x!, i!),
  })),
  {
    kernel: 'GatherNd',
    about: 'int32',
    inputs: { x: ints([4]), i: given([2, 1], [3, 1], 'int32') },
    compute: ({ x, i }) => tf.gatherND(x!, i!),
  },

  ...(
    [
      [[4, 1], [4], [6]],
      [
        [3, 1],
        [3, 2],
        [4, 2],
      ],
      [[5, 2], [5], [3, 2]],
      [
        [2, 1],
        [2, 1, 3],
        [2, 1, 3],
      ],
      [
        [3, 2],
        [3, 2, 1],
        [2, 2, 2, 1],
      ],
    ] as const
  ).map(([at, updates, shape], seed): ParityCase => ({
    kernel: 'ScatterNd',
    about: `[${updates.join()}] into [${shape.join()}], repeated places add up`,
    inputs: { i: indices(at, Math.min(...shape.slice(0, at[1])), seed), u: floats(updates, { seed }) },
    compute: ({ i, u }) => tf.scatterND(i!, u!, [...shape]),
  })),
  {
    kernel: 'ScatterNd',
    about: 'int32',
    inputs: { i: given([3, 1], [1, 1, 0], 'int32'), u: ints([3]) },
    compute: ({ i, u }) => tf.scatterND(i!, u!, [4]),
  },

  ...(
    [
      [[5], 3],
      [[5], 1],
      [[4, 2], 6],
      [[3, 1, 2], 2],
      [[4, 1, 2, 1, 2], 3],
      [[0, 2], 3],
    ] as const
  ).map(([shape, segments], seed): ParityCase => ({
    kernel: 'UnsortedSegmentSum',
    about: `[${shape.join()}] into ${segments}`,
    inputs: { x: floats(shape, { seed }), i: indices([shape[0]], segments, seed) },
    compute: ({ x, i }) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, segments),
  })),
  {
    kernel: 'UnsortedSegmentSum',
    about: 'int32',
    inputs: { x: ints([4, 2]), i: given([4], [0, 2, 0, 2], 'int32') },
    // The reference forgets that these are integers; the numbers are what counts.
    compute: ({ x, i }) => tf.cast(tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 3), 'float32'),
  },

  ...([[], [4], [2, 1, 3], [1, 2, 1, 2], [0]] as const).flatMap((shape) =>
    (['float32', 'int32', 'bool'] as const).map((dtype): ParityCase => ({
      kernel: 'OneHot',
      about: `[${shape.join()}] as ${dtype}`,
      // -1 and 3 lie outside: their rows are off.
      inputs: { i: ints(shape, -1, 3, 4) },
      compute: ({ i }) => tf.oneHot(i as tf.Tensor1D, 3, dtype === 'bool' ? 1 : 5, 0, dtype),
    })),
  ),
  {
    kernel: 'OneHot',
    about: 'on and off values',
    inputs: { i: ints([4], 0, 2) },
    compute: ({ i }) => tf.oneHot(i as tf.Tensor1D, 3, 0.75, -0.25, 'float32'),
  },
];

export const pickingParity: ParityFamily = {
  name: 'picking',
  kernels: Object.keys(gatherKernels),
  cases: cases,
};
