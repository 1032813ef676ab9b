/** Reductions over axes, running sums, and what orders elements. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attributes, DType } from '../graph.ts';
import { normalizedAxes } from '../shape.ts';
import { type JvpContext, type KernelRule, type KernelTable, constantJvp, linearJvp } from './rule.ts';

/** Max alone calls its axes by another name. */
function axesOf(attrs: Attributes, rank: number): number[] {
  return normalizedAxes(attrs['reductionIndices'] ?? attrs['axis'], rank);
}

function reducedShape(shape: readonly number[], attrs: Attributes): number[] {
  const axes = axesOf(attrs, shape.length);
  const keepDims = attrs['keepDims'] === true;
  return shape.flatMap((n, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [n]));
}

/** The output of a reduction with its reduced axes back as size 1, to broadcast against the input. */
function asKept(y: Tensor, x: Tensor, attrs: Attributes): Tensor {
  return tf.reshape(y, reducedShape(x.shape, { ...attrs, keepDims: true }));
}

function reduction(op: string, jvp: KernelRule['jvp'], dtype?: (input: DType) => DType): KernelRule {
  return {
    infer: ([x], attrs) => [
      { dtype: dtype ? dtype(x!.dtype) : x!.dtype, shape: reducedShape(x!.shape, attrs) },
    ],
    lower: (emit, [x], node) => {
      const { shape, dtype: from } = node.inputs[0]!;
      const to = node.outputs[0]!.dtype;
      const axes = axesOf(node.attrs, shape.length);
      // Booleans are reduced as integers: 0 and 1.
      const work = to === 'bool' ? 'int32' : to;
      const input = from === work ? x! : emit.cast(x!, work);
      const keepdims = node.attrs['keepDims'] === true ? 1 : 0;
      // No axes at all would mean "all" to ONNX; a scalar reduces to itself.
      const reduced =
        axes.length === 0
          ? emit.op('Identity', [input])
          : emit.op(op, [input, emit.ints(axes)], { keepdims });
      return [work === to ? reduced : emit.cast(reduced, to)];
    },
    ...(jvp ? { jvp } : {}),
  };
}

/** The tangent of the extreme element; elements that tie share it equally. */
function extremumJvp({ inputs: [x], outputs: [y], tangents: [dx], attrs }: JvpContext): (Tensor | null)[] {
  if (!dx) return [null];
  const hit = tf.cast(tf.equal(x!, asKept(y!, x!, attrs)), 'float32');
  const axes = axesOf(attrs, x!.rank);
  const shared = tf.div(tf.sum(tf.mul(dx, hit), axes), tf.sum(hit, axes));
  return [tf.reshape(shared, y!.shape)];
}

/**
 * sum_i dx_i prod_{j != i} x_j. Zeros are set to one before dividing: with one zero only its own term
 * is left, with two none.
 */
function prodJvp({ inputs: [x], outputs: [y], tangents: [dx], attrs }: JvpContext): (Tensor | null)[] {
  if (!dx) return [null];
  const axes = axesOf(attrs, x!.rank);
  const isZero = tf.cast(tf.equal(x!, 0), 'float32');
  const filled = tf.add(x!, isZero);
  const zeros = tf.sum(isZero, axes);
  const quotients = tf.div(dx, filled);
  const ofZeros = tf.sum(tf.mul(quotients, isZero), axes);
  const ofAll = tf.sum(quotients, axes);
  const terms = tf.where(tf.equal(zeros, 0), ofAll, tf.mul(ofZeros, tf.cast(tf.equal(zeros, 1), 'float32')));
  return [tf.reshape(tf.mul(tf.prod(filled, axes), terms), y!.shape)];
}

function argExtremum(op: string): KernelRule {
  return {
    infer: ([x], attrs) => [{ dtype: 'int32', shape: reducedShape(x!.shape, attrs) }],
    lower: (emit, [x], node) => {
      const [axis] = normalizedAxes(node.attrs['axis'], node.inputs[0]!.shape.length);
      return [emit.cast(emit.op(op, [x!], { axis: axis ?? 0, keepdims: 0 }), 'int32')];
    },
    jvp: constantJvp,
  };
}

export const reduceKernels: KernelTable = {
  Sum: reduction('ReduceSum', linearJvp),
  Mean: reduction('ReduceMean', linearJvp, () => 'float32'),
  Max: reduction('ReduceMax', extremumJvp),
  Min: reduction('ReduceMin', extremumJvp),
  Prod: reduction('ReduceProd', prodJvp),
  All: reduction('ReduceMin', constantJvp),
  Any: reduction('ReduceMax', constantJvp),
  ArgMax: argExtremum('ArgMax'),
  ArgMin: argExtremum('ArgMin'),
  Cumsum: {
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    lower: (emit, [x], { attrs, inputs }) => {
      const [axis] = normalizedAxes(attrs['axis'] ?? 0, inputs[0]!.shape.length);
      return [
        emit.op('CumSum', [x!, emit.ints([axis!])], {
          exclusive: attrs['exclusive'] === true ? 1 : 0,
          reverse: attrs['reverse'] === true ? 1 : 0,
        }),
      ];
    },
    jvp: linearJvp,
  },
  Softmax: {
    infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
    lower: (emit, [x], { attrs, inputs }) => {
      const rank = inputs[0]!.shape.length;
      const dim = (attrs['dim'] as number | undefined) ?? -1;
      return [emit.op('Softmax', [x!], { axis: dim < 0 ? dim + rank : dim })];
    },
    jvp: ({ outputs: [y], tangents: [dx], attrs }) => {
      if (!dx) return [null];
      const weighted = tf.mul(dx, y!);
      const total = tf.sum(weighted, (attrs['dim'] as number | undefined) ?? -1, true);
      return [tf.sub(weighted, tf.mul(y!, total))];
    },
  },
  TopK: {
    infer: ([x], attrs) => {
      const shape = [...x!.shape.slice(0, -1), attrs['k'] as number];
      return [
        { dtype: x!.dtype, shape },
        { dtype: 'int32', shape },
      ];
    },
    lower: (emit, [x], { attrs }) => {
      const [values, indices] = emit.multi('TopK', [x!, emit.ints([attrs['k'] as number])], 2, { axis: -1 });
      return [values!, emit.cast(indices!, 'int32')];
    },
    jvp: ({ inputs: [x], outputs: [, indices], tangents: [dx] }) => {
      if (!dx) return [null, null];
      const width = x!.shape[x!.rank - 1]!;
      // Rows of a one-hot matrix; tf.oneHot refuses a width of 1.
      const picks = tf.cast(tf.equal(tf.expandDims(indices!, -1), tf.range(0, width, 1, 'int32')), 'float32');
      return [tf.sum(tf.mul(picks, tf.expandDims(dx, -2)), -1), null];
    },
  },
};
