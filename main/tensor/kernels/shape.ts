/** Kernels that move elements without changing them. All are linear. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core';
import type { Attributes, Value } from '../graph.ts';
import { normalizedAxes } from '../shape.ts';
import { type KernelTable, linearInFirstJvp, linearJvp } from './rule.ts';

function axisOf(attrs: Attributes, rank: number): number {
  return normalizedAxes(attrs['axis'] ?? 0, rank)[0]!;
}

function sliceBounds(x: Value, attrs: Attributes): { begin: number[]; size: number[] } {
  const stand = { shape: [...x.shape], rank: x.shape.length } as unknown as Parameters<
    typeof slice_util.parseSliceParams
  >[0];
  const [begin, size] = slice_util.parseSliceParams(
    stand,
    attrs['begin'] as number[],
    attrs['size'] as number[],
  );
  return { begin: begin!, size: size! };
}

function stridedSlice(x: Value, attrs: Attributes) {
  return slice_util.sliceInfo(
    [...x.shape],
    attrs['begin'] as number[],
    attrs['end'] as number[],
    attrs['strides'] as number[],
    attrs['beginMask'] as number,
    attrs['endMask'] as number,
    attrs['ellipsisMask'] as number,
    attrs['newAxisMask'] as number,
    attrs['shrinkAxisMask'] as number,
  );
}

function splitSizes(x: Value, attrs: Attributes): { axis: number; sizes: number[] } {
  const axis = axisOf(attrs, x.shape.length);
  const stand = { shape: [...x.shape] } as unknown as Parameters<typeof backend_util.prepareSplitSize>[0];
  return {
    axis,
    sizes: backend_util.prepareSplitSize(stand, attrs['numOrSizeSplits'] as number | number[], axis),
  };
}

const identityLower = (input: string): string[] => [input];

export const shapeKernels: KernelTable = {
  Reshape: {
    infer: ([x], attrs) => {
      const size = x!.shape.reduce((product, n) => product * n, 1);
      const shape = util.inferFromImplicitShape(attrs['shape'] as number[], size);
      if (shape.reduce((product, n) => product * n, 1) !== size) {
        throw new RangeError(`cannot reshape [${x!.shape.join(', ')}] to [${shape.join(', ')}]`);
      }
      return [{ dtype: x!.dtype, shape }];
    },
    lower: (emit, [x], { outputs }) => [emit.reshape(x!, outputs[0]!.shape)],
    jvp: linearJvp,
  },
  ExpandDims: {
    infer: ([x], attrs) => {
      const dim = attrs['dim'] as number;
      const at = dim < 0 ? x!.shape.length + dim + 1 : dim;
      return [{ dtype: x!.dtype, shape: [...x!.shape.slice(0, at), 1, ...x!.shape.slice(at)] }];
    },
    lower: (emit, [x], { outputs }) => [emit.reshape(x!, outputs[0]!.shape)],
    jvp: linearJvp,
  },
  Transpose: {
    infer: ([x], attrs) => [
      { dtype: x!.dtype, shape: (attrs['perm'] as number[]).map((axis) => x!.shape[axis]!) },
    ],
    lower: (emit, [x], { attrs }) => {
      const perm = attrs['perm'] as number[];
      return perm.length === 0 ? identityLower(x!) : [emit.transpose(x!, perm)];
    },
    jvp: linearJvp,
  },
  Concat: {
    infer: (inputs, attrs) => {
      const [first] = inputs;
      const axis = axisOf(attrs, first!.shape.length);
      const total = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
      return [{ dtype: first!.dtype, shape: first!.shape.map((n, i) => (i === axis ? total : n)) }];
    },
    lower: (emit, inputs, { attrs, inputs: values, outputs }) => {
      const full = inputs.filter((_, i) => !values[i]!.shape.includes(0));
      if (full.length === 1) return identityLower(full[0]!);
      return [emit.op('Concat', full, { axis: axisOf(attrs, outputs[0]!.shape.length) })];
    },
    jvp: linearJvp,
  },
  Pack: {
    infer: (inputs, attrs) => {
      const shape = inputs[0]!.shape;
      const axis = axisOf(attrs, shape.length + 1);
      return [
        { dtype: inputs[0]!.dtype, shape: [...shape.slice(0, axis), inputs.length, ...shape.slice(axis)] },
      ];
    },
    lower: (emit, inputs, { attrs, outputs }) => {
      const { shape } = outputs[0]!;
      const axis = axisOf(attrs, shape.length);
      const kept = shape.map((n, i) => (i === axis ? 1 : n));
      const parts = inputs.map((x) => emit.reshape(x, kept));
      return parts.length === 1 ? parts : [emit.op('Concat', parts, { axis })];
    },
    jvp: linearJvp,
  },
  Unpack: {
    returnsList: true,
    infer: ([x], attrs) => {
      const axis = axisOf(attrs, x!.shape.length);
      const shape = x!.shape.filter((_, i) => i !== axis);
      return Array.from({ length: x!.shape[axis]! }, () => ({ dtype: x!.dtype, shape }));
    },
    lower: (emit, [x], { attrs, inputs, outputs }) => {
      const axis = axisOf(attrs, inputs[0]!.shape.length);
      if (outputs.length === 1) return [emit.reshape(x!, outputs[0]!.shape)];
      const sizes = emit.ints(outputs.map(() => 1));
      return emit
        .multi('Split', [x!, sizes], outputs.length, { axis })
        .map((part, i) => emit.reshape(part, outputs[i]!.shape));
    },
    jvp: linearJvp,
  },
  SplitV: {
    returnsList: true,
    infer: ([x], attrs) => {
      const { axis, sizes } = splitSizes(x!, attrs);
      return sizes.map((size) => ({
        dtype: x!.dtype,
        shape: x!.shape.map((n, i) => (i === axis ? size : n)),
      }));
    },
    lower: (emit, [x], { attrs, inputs }) => {
      const { axis, sizes } = splitSizes(inputs[0]!, attrs);
      if (sizes.length === 1) return identityLower(x!);
      return emit.multi('Split', [x!, emit.ints(sizes)], sizes.length, { axis });
    },
    jvp: linearJvp,
  },
  Slice: {
    infer: ([x], attrs) => [{ dtype: x!.dtype, shape: sliceBounds(x!, attrs).size }],
    lower: (emit, [x], { attrs, inputs }) => {
      const { begin, size } = sliceBounds(inputs[0]!, attrs);
      if (begin.length === 0) return identityLower(x!);
      const ends = begin.map((b, i) => b + size[i]!);
      return [emit.op('Slice', [x!, emit.ints(begin), emit.ints(ends)])];
    },
    jvp: linearJvp,
  },
  StridedSlice: {
    infer: ([x], attrs) => [{ dtype: x!.dtype, shape: stridedSlice(x!, attrs).finalShape }],
    lower: (emit, [x], { attrs, inputs, outputs }) => {
      const { begin, end, strides } = stridedSlice(inputs[0]!, attrs);
      // Walking down past index 0 is written as "before the start", which no valid index reaches.
      const ends = end.map((e, i) => (strides[i]! < 0 && e < 0 ? -(2 ** 31) : e));
      const axes = emit.ints(begin.map((_, i) => i));
      const cut = emit.op('Slice', [x!, emit.ints(begin), emit.ints(ends), axes, emit.ints(strides)]);
      return [emit.reshape(cut, outputs[0]!.shape)];
    },
    jvp: linearJvp,
  },
  Tile: {
    infer: ([x], attrs) => {
      const reps = attrs['reps'] as number[];
      return [{ dtype: x!.dtype, shape: x!.shape.map((n, i) => n * reps[i]!) }];
    },
    lower: (emit, [x], { attrs, inputs, outputs }) => {
      const reps = attrs['reps'] as number[];
      const onlyOnes = inputs[0]!.shape.every((n, i) => n === 1 || reps[i] === 1);
      return onlyOnes
        ? [emit.op('Expand', [x!, emit.ints(outputs[0]!.shape)])]
        : [emit.op('Tile', [x!, emit.ints(reps)])];
    },
    jvp: linearJvp,
  },
  Reverse: {
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    lower: (emit, [x], { attrs, inputs }) => {
      const axes = normalizedAxes(attrs['dims'], inputs[0]!.shape.length);
      if (axes.length === 0) return identityLower(x!);
      const all = (value: number) => emit.ints(axes.map(() => value));
      return [emit.op('Slice', [x!, all(-1), all(-(2 ** 31)), emit.ints(axes), all(-1)])];
    },
    jvp: linearJvp,
  },
  PadV2: {
    infer: ([x], attrs) => {
      const paddings = attrs['paddings'] as [number, number][];
      return [{ dtype: x!.dtype, shape: x!.shape.map((n, i) => n + paddings[i]![0] + paddings[i]![1]) }];
    },
    lower: (emit, [x], { attrs, inputs }) => {
      const paddings = attrs['paddings'] as [number, number][];
      if (paddings.length === 0) return identityLower(x!);
      const pads = emit.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
      return [emit.op('Pad', [x!, pads, emit.scalar(attrs['constantValue'] as number, inputs[0]!.dtype)])];
    },
    jvp: ({ tangents: [dx], attrs, again }) => (dx ? again([dx], { ...attrs, constantValue: 0 }) : [null]),
  },
  MirrorPad: {
    infer: ([x], attrs) => {
      if (attrs['mode'] !== 'reflect') {
        throw new RangeError(`mirrorPad mode ${String(attrs['mode'])} cannot be traced; expected reflect`);
      }
      const paddings = attrs['paddings'] as [number, number][];
      return [{ dtype: x!.dtype, shape: x!.shape.map((n, i) => n + paddings[i]![0] + paddings[i]![1]) }];
    },
    lower: (emit, [x], { attrs }) => {
      const paddings = attrs['paddings'] as [number, number][];
      const pads = emit.ints([...paddings.map((p) => p[0]), ...paddings.map((p) => p[1])]);
      return [emit.op('Pad', [x!, pads], { mode: 'reflect' })];
    },
    jvp: linearInFirstJvp,
  },
};
