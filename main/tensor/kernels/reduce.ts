/** Reductions over axes, running sums, and what orders elements. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attributes, DType } from '../graph.ts';
import { normalizedAxes } from '../shape.ts';
import { type JvpContext, type KernelRule, type KernelTable, constantJvp, linearJvp } from './rule.ts';

function reducedShape(shape: readonly number[], attrs: Attributes): number[] {
  const axes = normalizedAxes(attrs['axis'], shape.length);
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
      const axes = normalizedAxes(node.attrs['axis'], shape.length);
      const isBool = from === 'bool';
      const input = isBool ? emit.cast(x!, 'int32') : to === from ? x! : emit.cast(x!, to);
      const keepdims = node.attrs['keepDims'] === true ? 1 : 0;
      // No axes at all would mean "all" to ONNX; a scalar reduces to itself.
      if (axes.length === 0) return [emit.op('Identity', [isBool ? x! : input])];
      const reduced = emit.op(op, [input, emit.ints(axes)], { keepdims });
      return [isBool ? emit.cast(reduced, to) : reduced];
    },
    ...(jvp ? { jvp } : {}),
  };
}

/** The tangent of the extreme element; elements that tie share it equally. */
function extremumJvp({ inputs: [x], outputs: [y], tangents: [dx], attrs }: JvpContext): (Tensor | null)[] {
  if (!dx) return [null];
  const hit = tf.cast(tf.equal(x!, asKept(y!, x!, attrs)), 'float32');
  const axes = normalizedAxes(attrs['axis'], x!.rank);
  const shared = tf.div(tf.sum(tf.mul(dx, hit), axes), tf.sum(hit, axes));
  return [tf.reshape(shared, y!.shape)];
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
  Prod: reduction('ReduceProd', ({ inputs: [x], outputs: [y], tangents: [dx], attrs }) => {
    if (!dx) return [null];
    const axes = normalizedAxes(attrs['axis'], x!.rank);
    return [tf.mul(y!, tf.reshape(tf.sum(tf.div(dx, x!), axes), y!.shape))];
  }),
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
      const picks = tf.oneHot(indices as tf.Tensor1D, width);
      return [tf.sum(tf.mul(picks, tf.expandDims(dx, -2)), -1), null];
    },
  },
};
