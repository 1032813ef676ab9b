/** Kernels that pick or add rows by index. Indices must be inside the picked axis. */
import type { Attributes, DType, Value } from '../graph.ts';
import { normalizedAxes } from '../shape.ts';
import type { KernelRule, KernelTable } from './rule.ts';
import { constantJvp, linearInFirstJvp, where } from './rule.ts';

/** Adds updates into zeros at given positions; ONNX leaves repeated indices to `reduction`. */
function scatterAdd(
  lowerIndices: (
    emit: Parameters<KernelRule['lower']>[0],
    indices: string,
    shape: readonly number[],
  ) => string,
  order: { indices: number; updates: number },
): KernelRule['lower'] {
  return (emit, inputs, { inputs: values, outputs }) => {
    const { shape, dtype } = outputs[0]!;
    const zeros = emit.op('Expand', [emit.scalar(0, dtype), emit.ints(shape)]);
    const indices = lowerIndices(emit, inputs[order.indices]!, values[order.indices]!.shape);
    return [emit.op('ScatterND', [zeros, indices, inputs[order.updates]!], { reduction: 'add' })];
  };
}

function gatherAxis(x: Value, attrs: Attributes): number {
  return normalizedAxes(attrs['axis'] ?? 0, x.shape.length)[0]!;
}

export const gatherKernels: KernelTable = {
  GatherV2: {
    infer: ([x, indices], attrs) => {
      const axis = gatherAxis(x!, attrs);
      const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
      if (batchDims !== 0 && batchDims !== axis) {
        throw new RangeError(`gather with batchDims ${batchDims} needs axis ${batchDims}, found ${axis}`);
      }
      return [
        {
          dtype: x!.dtype,
          shape: [
            ...x!.shape.slice(0, axis),
            ...indices!.shape.slice(batchDims),
            ...x!.shape.slice(axis + 1),
          ],
        },
      ];
    },
    lower: (emit, [x, indices], { attrs, inputs }) => {
      const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
      if (batchDims === 0)
        return [emit.op('Gather', [x!, indices!], { axis: gatherAxis(inputs[0]!, attrs) })];
      const wide = emit.reshape(emit.cast(indices!, 'int64'), [...inputs[1]!.shape, 1]);
      return [emit.op('GatherND', [x!, wide], { batch_dims: batchDims })];
    },
    jvp: linearInFirstJvp,
  },
  GatherNd: {
    infer: ([params, indices]) => {
      const depth = indices!.shape[indices!.shape.length - 1]!;
      return [
        { dtype: params!.dtype, shape: [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)] },
      ];
    },
    lower: (emit, [params, indices]) => [emit.op('GatherND', [params!, emit.cast(indices!, 'int64')])],
    jvp: linearInFirstJvp,
  },
  ScatterNd: {
    infer: ([, updates], attrs) => [{ dtype: updates!.dtype, shape: attrs['shape'] as number[] }],
    lower: scatterAdd((emit, indices) => emit.cast(indices, 'int64'), { indices: 0, updates: 1 }),
    jvp: ({ inputs: [indices], tangents: [, du], again }) => (du ? again([indices!, du]) : [null]),
  },
  UnsortedSegmentSum: {
    infer: ([x], attrs) => [
      { dtype: x!.dtype, shape: [attrs['numSegments'] as number, ...x!.shape.slice(1)] },
    ],
    lower: scatterAdd((emit, indices, shape) => emit.reshape(emit.cast(indices, 'int64'), [...shape, 1]), {
      indices: 1,
      updates: 0,
    }),
    jvp: linearInFirstJvp,
  },
  // Compared rather than scattered, so that an index outside gives a row of offValue as TensorFlow does.
  OneHot: {
    infer: ([indices], attrs) => [
      {
        dtype: (attrs['dtype'] as DType | undefined) ?? 'int32',
        shape: [...indices!.shape, attrs['depth'] as number],
      },
    ],
    lower: (emit, [indices], { attrs, inputs, outputs }) => {
      const { dtype } = outputs[0]!;
      const depth = attrs['depth'] as number;
      const columns = emit.cast(emit.ints(Array.from({ length: depth }, (_, i) => i)), 'int32');
      const hit = emit.op('Equal', [emit.reshape(indices!, [...inputs[0]!.shape, 1]), columns]);
      const on = emit.scalar((attrs['onValue'] as number | undefined) ?? 1, dtype);
      const off = emit.scalar((attrs['offValue'] as number | undefined) ?? 0, dtype);
      return [where(emit, dtype, hit, on, off)];
    },
    jvp: constantJvp,
  },
};
