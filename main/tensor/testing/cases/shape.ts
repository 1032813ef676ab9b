import * as tf from '@tensorflow/tfjs-core';
import {
  type HostTensor,
  type ParityCase,
  type ParityFamily,
  SHAPES,
  bools,
  floats,
  ints,
} from '../parity.ts';
import { shapeKernels } from '../../kernels/shape.ts';

type Op = (x: tf.Tensor) => tf.Tensor | tf.Tensor[];

/** One case per dtype that kernels which only move elements must all take. */
function moved(kernel: string, about: string, shape: readonly number[], op: Op): ParityCase[] {
  const compute: ParityCase['compute'] = ({ x }) => op(x!);
  const inputs: [string, HostTensor][] = [
    ['float32', floats(shape, { seed: shape.length })],
    ['int32', ints(shape)],
    ['bool', bools(shape)],
  ];
  return inputs.map(([dtype, x]) => ({ kernel, about: `${about}, ${dtype}`, inputs: { x }, compute }));
}

const transposes = [[], [0], [1, 0], [0, 1], [0, 2, 1], [2, 0, 1], [3, 1, 0, 2], [4, 2, 0, 3, 1]];
const SIZES = [2, 3, 1, 2, 3];

const stridedSlice = (
  begin: number[],
  end: number[],
  strides: number[],
  masks: readonly [number?, number?, number?, number?, number?] = [],
): Op => {
  const [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = masks;
  return (x) =>
    tf.stridedSlice(x, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask);
};

const listOf = (inputs: Record<string, tf.Tensor>): tf.Tensor[] => Object.values(inputs);

const cases: ParityCase[] = [
  ...(
    [
      [[], [1, 1]],
      [[6], [2, 3]],
      [[2, 1, 3], [6]],
      [
        [2, 3],
        [3, -1],
      ],
      [[1], []],
      [
        [1, 2, 1, 2, 2],
        [2, 2, 2],
      ],
      [
        [0, 3],
        [3, 0, 2],
      ],
    ] as const
  ).flatMap(([from, to]) =>
    moved('Reshape', `[${from.join()}] to [${to.join()}]`, from, (x) => tf.reshape(x, [...to])),
  ),

  ...(
    [
      [[], 0],
      [[3], 1],
      [[2, 3], -1],
      [[2, 3], -3],
      [[2, 1, 2, 2], 2],
      [[0], 0],
    ] as const
  ).flatMap(([shape, at]) =>
    moved('ExpandDims', `[${shape.join()}] at ${at}`, shape, (x) => tf.expandDims(x, at)),
  ),

  ...transposes.flatMap((perm) =>
    moved('Transpose', `by ${perm.join()}`, SIZES.slice(0, perm.length), (x) =>
      tf.engine().runKernel('Transpose', { x }, { perm }),
    ),
  ),
  ...moved('Transpose', 'empty', [2, 0, 3], (x) => tf.transpose(x, [2, 0, 1])),

  ...SHAPES.flatMap((shape) =>
    moved('Tile', `[${shape.join()}]`, shape, (x) =>
      tf.tile(
        x,
        shape.map((_, i) => (i % 3) + 1),
      ),
    ),
  ),
  ...moved('Tile', 'size-1 axes only', [2, 1, 3], (x) => tf.tile(x, [1, 4, 1])),
  ...moved('Tile', 'nothing', [2, 3], (x) => tf.tile(x, [1, 1])),
  ...moved('Tile', 'to nothing', [2, 1], (x) => tf.tile(x, [1, 0])),
  ...moved('Tile', 'broadcastTo', [3, 1], (x) => tf.broadcastTo(x, [2, 3, 4])),

  ...(
    [
      [[4], [1], [2]],
      [[4], [0], [-1]],
      [
        [2, 3],
        [1, 0],
        [1, 3],
      ],
      [
        [2, 1, 3],
        [0, 0, 2],
        [2, 1, 1],
      ],
      [
        [2, 2, 2, 2],
        [1, 0, 1, 0],
        [1, -1, 1, 2],
      ],
      [
        [1, 2, 1, 2, 2],
        [0, 1, 0, 0, 1],
        [1, 1, 1, 2, 1],
      ],
      [
        [3, 2],
        [1, 0],
        [0, 2],
      ],
      [
        [0, 2],
        [0, 1],
        [0, 1],
      ],
    ] as const
  ).flatMap(([shape, begin, size]) =>
    moved('Slice', `[${shape.join()}] from ${begin.join()} of ${size.join()}`, shape, (x) =>
      tf.slice(x, [...begin], [...size]),
    ),
  ),

  ...(
    [
      ['every second', [7], stridedSlice([1], [7], [2])],
      ['backwards to the start', [5], stridedSlice([4], [-6], [-1])],
      ['backwards by two', [6], stridedSlice([5], [0], [-2])],
      ['masks', [3, 4], stridedSlice([1, 1], [2, 3], [1, 1], [1, 2])],
      ['backwards with masks', [3, 4], stridedSlice([0, 0], [0, 0], [-1, -1], [3, 3])],
      ['shrinks an axis', [3, 4], stridedSlice([1, 0], [2, 3], [1, 1], [0, 0, 0, 0, 1])],
      ['ellipsis', [2, 3, 4], stridedSlice([0, 1], [0, 3], [1, 1], [0, 0, 1])],
      ['new axis', [3, 4], stridedSlice([0, 1, 0], [3, 2, 4], [1, 1, 1], [0, 0, 0, 2])],
      ['rank 5', [1, 2, 1, 3, 2], stridedSlice([0, 0, 0, 2, 0], [1, 2, 1, -4, 2], [1, 1, 1, -2, 1])],
      ['to nothing', [4], stridedSlice([2], [2], [1])],
    ] as const
  ).flatMap(([about, shape, op]) => moved('StridedSlice', about, shape, op)),

  ...(
    [
      [[], []],
      [[4], [0]],
      [[2, 3], [-1]],
      [
        [2, 1, 3],
        [0, 2],
      ],
      [
        [1, 2, 1, 2, 2],
        [4, 1],
      ],
      [[0, 2], [1]],
    ] as const
  ).flatMap(([shape, axes]) =>
    moved('Reverse', `[${shape.join()}] along ${axes.join()}`, shape, (x) =>
      tf.engine().runKernel('Reverse', { x }, { dims: [...axes] }),
    ),
  ),

  ...(
    [
      [[3], [[1, 2]], 0.5],
      [
        [2, 3],
        [
          [0, 1],
          [2, 0],
        ],
        -1,
      ],
      [
        [2, 0],
        [
          [0, 0],
          [1, 2],
        ],
        3,
      ],
      [[1, 2, 1, 2, 2], [0, 1, 0, 1, 0].map((n) => [n, 1] as const), 0],
    ] as const
  ).map(([shape, paddings, value], seed): ParityCase => ({
    kernel: 'PadV2',
    about: `[${shape.join()}]`,
    inputs: { x: floats(shape, { seed }) },
    compute: ({ x }) => tf.pad(x!, paddings as unknown as [number, number][], value),
    // An empty tensor has no gradient to slice out.
    reverse: (shape as readonly number[]).includes(0) ? 'none' : undefined,
  })),
  {
    kernel: 'PadV2',
    about: 'scalar',
    inputs: { x: floats([]) },
    compute: ({ x }) => tf.engine().runKernel('PadV2', { x: x! }, { paddings: [], constantValue: 0 }),
    reverse: 'none', // the tape refuses to slice a scalar
  },
  {
    kernel: 'PadV2',
    about: 'infinities of both signs',
    inputs: { x: floats([2]) },
    compute: ({ x }) => [tf.pad(x!, [[1, 0]], Infinity), tf.pad(x!, [[1, 0]], -Infinity)],
    forward: 'none',
    reverse: 'none',
  },
  {
    kernel: 'PadV2',
    about: 'int32',
    inputs: { x: ints([2, 2]) },
    compute: ({ x }) =>
      tf.pad(
        x!,
        [
          [1, 0],
          [0, 1],
        ],
        7,
      ),
  },
  {
    kernel: 'PadV2',
    about: 'bool',
    inputs: { x: bools([2, 2]) },
    compute: ({ x }) =>
      tf.pad(
        x!,
        [
          [1, 0],
          [0, 1],
        ],
        1,
      ),
  },

  ...(
    [
      [[4], [[2, 3]]],
      [
        [3, 4],
        [
          [1, 2],
          [3, 0],
        ],
      ],
      [
        [2, 3, 2, 1],
        [
          [1, 1],
          [2, 2],
          [1, 0],
          [0, 0],
        ],
      ],
    ] as const
  ).map(([shape, paddings], seed): ParityCase => ({
    kernel: 'MirrorPad',
    about: `[${shape.join()}]`,
    inputs: { x: floats(shape, { seed }) },
    compute: ({ x }) => tf.mirrorPad(x!, paddings as unknown as [number, number][], 'reflect'),
  })),
  {
    kernel: 'MirrorPad',
    about: 'int32',
    inputs: { x: ints([3]) },
    compute: ({ x }) => tf.mirrorPad(x!, [[2, 1]], 'reflect'),
  },

  ...(
    [
      [[2], [3], 0],
      [[2, 3], [2, 1], 1],
      [[2, 3], [1, 3], -2],
      [[2, 1, 3], [2, 2, 3], 1],
      [[1, 2, 1, 2, 2], [1, 2, 3, 2, 2], 2],
      [[0, 3], [2, 3], 0],
      [[0, 3], [0, 3], 0],
    ] as const
  ).flatMap(([a, b, axis]) => {
    const about = `[${a.join()}] and [${b.join()}] along ${axis}`;
    const compute: ParityCase['compute'] = (t) => tf.concat([t['a']!, t['b']!, t['a']!], axis);
    return [
      { kernel: 'Concat', about, inputs: { a: floats(a, { seed: 1 }), b: floats(b, { seed: 2 }) }, compute },
      { kernel: 'Concat', about: `${about}, int32`, inputs: { a: ints(a), b: ints(b) }, compute },
      { kernel: 'Concat', about: `${about}, bool`, inputs: { a: bools(a), b: bools(b) }, compute },
    ];
  }),

  ...(
    [
      [[], 0],
      [[3], 1],
      [[2, 3], -1],
      [[2, 1, 3], 1],
      [[1, 2, 1, 2], 4],
      [[0, 2], 1],
    ] as const
  ).flatMap(([shape, axis]): ParityCase[] => {
    const compute: ParityCase['compute'] = (inputs) => tf.stack(listOf(inputs), axis);
    const about = `[${shape.join()}] along ${axis}`;
    return [
      {
        kernel: 'Pack',
        about,
        inputs: { a: floats(shape, { seed: 1 }), b: floats(shape, { seed: 2 }) },
        compute,
      },
      { kernel: 'Pack', about: `${about}, int32`, inputs: { a: ints(shape), b: ints(shape, 0, 9) }, compute },
      { kernel: 'Pack', about: `${about}, one`, inputs: { a: floats(shape) }, compute },
    ];
  }),

  ...(
    [
      [[3], 0],
      [[2, 3], 1],
      [[2, 3], -2],
      [[2, 1, 3], 1],
      [[1, 2, 1, 2, 2], 3],
      [[2, 0], 0],
    ] as const
  ).flatMap(([shape, axis]) =>
    moved('Unpack', `[${shape.join()}] along ${axis}`, shape, (x) => tf.unstack(x, axis)),
  ),

  ...(
    [
      [[6], 3, 0],
      [[6], [1, 2, 3], 0],
      [[6], [2, -1], 0],
      [[6], [4, 0, 2], 0],
      [[2, 4], 2, -1],
      [[2, 1, 3], [2, 1], 2],
      [[1, 2, 1, 2, 2], 2, 1],
      [[3], 1, 0],
      [[0, 4], 2, 1],
    ] as const
  ).flatMap(([shape, parts, axis]) =>
    moved('SplitV', `[${shape.join()}] into ${String(parts)} along ${axis}`, shape, (x) =>
      tf.split(x, typeof parts === 'number' ? parts : [...parts], axis),
    ),
  ),
];

export const movingParity: ParityFamily = {
  name: 'element-moving',
  kernels: Object.keys(shapeKernels),
  cases: cases,
};
