/**
 * Convolutions, pooling and resizing on NHWC images with HWIO filters, as TensorFlow.js has them.
 * ONNX wants NCHW and OIHW; the transposes around each node cancel between neighbours in ONNX
 * Runtime's own optimiser.
 */
import { backend_util } from '@tensorflow/tfjs-core';
import type { Attributes, Value } from '../graph.ts';
import {
  type KernelRule,
  type KernelTable,
  type OnnxAttribute,
  type OnnxEmitter,
  bilinearJvp,
  linearInFirstJvp,
  linearJvp,
} from './rule.ts';

type Pad = 'valid' | 'same' | number | backend_util.ExplicitPadding;
type Pair = [number, number];
type Info = backend_util.Conv2DInfo;

const NCHW_FROM_NHWC = [0, 3, 1, 2];
const NHWC_FROM_NCHW = [0, 2, 3, 1];
const OIHW_FROM_HWIO = [3, 2, 0, 1];

function pairOf(value: unknown, fallback = 1): Pair {
  if (Array.isArray(value)) return [value[0] as number, value[1] as number];
  const n = (value as number | undefined) ?? fallback;
  return [n, n];
}

/**
 * @param dy  shape of the gradient where there is one: the tape does not pass the rounding of the output
 *   size on to the gradient kernels, the gradient's shape tells it
 */
export function convInfo(
  x: readonly number[],
  filter: readonly number[],
  attrs: Attributes,
  depthwise: boolean,
  dy?: readonly number[],
) {
  const format = attrs['dataFormat'] as string | undefined;
  if (format !== undefined && format !== 'NHWC' && format !== 'channelsLast') {
    throw new RangeError(`convolution data format ${format} cannot be traced; expected NHWC`);
  }
  const info = backend_util.computeConv2DInfo(
    [...x] as [number, number, number, number],
    [...filter] as [number, number, number, number],
    pairOf(attrs['strides']),
    pairOf(attrs['dilations']),
    attrs['pad'] as Pad,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    depthwise,
  );
  return withEndPadding(info, dy);
}

/** Where the output size was rounded up, the last window reaches past the declared padding. */
function withEndPadding(found: Info, dy?: readonly number[]): Info {
  const info = dy === undefined ? found : { ...found, outHeight: dy[1]!, outWidth: dy[2]! };
  const { padInfo: p } = info;
  const past = (out: number, stride: number, extent: number, before: number, size: number) =>
    (out - 1) * stride + extent - before - size;
  return {
    ...info,
    padInfo: {
      ...p,
      bottom: Math.max(
        p.bottom,
        past(info.outHeight, info.strideHeight, info.effectiveFilterHeight, p.top, info.inHeight),
      ),
      right: Math.max(
        p.right,
        past(info.outWidth, info.strideWidth, info.effectiveFilterWidth, p.left, info.inWidth),
      ),
    },
  };
}

const padsOf = ({ padInfo: p }: Info): [number, number, number, number] => [p.top, p.left, p.bottom, p.right];
const stridesOf = (info: Info): Pair => [info.strideHeight, info.strideWidth];
const dilationsOf = (info: Info): Pair => [info.dilationHeight, info.dilationWidth];

/** An image as a convolution reads it. */
interface Convolved {
  readonly image: string;
  /** Batch and channels. */
  readonly outer: Pair;
  readonly filter: string;
  /** Height and width. */
  readonly filterSize: Pair;
}

/**
 * ONNX Runtime's WebGPU provider takes a filter of one place, or of the image's size, for a matrix
 * product where nothing is padded before, and overlooks what is padded after: that is joined on first
 * here, by hand, because a Pad would be fused into the convolution again.
 */
function convolved(
  emit: OnnxEmitter,
  { image, outer, filter, filterSize }: Convolved,
  info: Info,
  attrs: Readonly<Record<string, OnnxAttribute>>,
): string {
  const [top, left, bottom, right] = padsOf(info);
  const [height, width] = [info.inHeight, info.inWidth];
  const isProduct = [
    [1, 1],
    [height, width],
  ].some((size) => size.join() === filterSize.join());
  if (!isProduct || top + left > 0 || bottom + right === 0) {
    return emit.product('Conv', [image, filter], { ...attrs, pads: [top, left, bottom, right] });
  }
  const zeros = (h: number, w: number): string =>
    emit.op('Expand', [emit.scalar(0), emit.ints([...outer, h, w])]);
  const tall = bottom === 0 ? image : emit.op('Concat', [image, zeros(bottom, width)], { axis: 2 });
  const whole = right === 0 ? tall : emit.op('Concat', [tall, zeros(height + bottom, right)], { axis: 3 });
  return emit.product('Conv', [whole, filter], attrs);
}

/** Rows and columns that a transposed convolution must add to give the forward input's size back. */
function outputPadding(info: Info): Pair {
  const rest = (size: number, out: number, stride: number, extent: number, before: number, after: number) =>
    size - ((out - 1) * stride + extent - before - after);
  const { padInfo: p } = info;
  return [
    rest(info.inHeight, info.outHeight, info.strideHeight, info.effectiveFilterHeight, p.top, p.bottom),
    rest(info.inWidth, info.outWidth, info.strideWidth, info.effectiveFilterWidth, p.left, p.right),
  ];
}

/** Keeps the first rows and columns of the two last axes. */
function crop(emit: OnnxEmitter, input: string, height: number, width: number): string {
  return emit.op('Slice', [input, emit.ints([0, 0]), emit.ints([height, width]), emit.ints([2, 3])]);
}

export function poolInfo(x: Pick<Value, 'shape'>, attrs: Attributes, dy?: readonly number[]): Info {
  return withEndPadding(
    backend_util.computePool2DInfo(
      [...x.shape] as [number, number, number, number],
      pairOf(attrs['filterSize']),
      pairOf(attrs['strides']),
      pairOf(attrs['dilations']),
      attrs['pad'] as Pad,
      attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    ),
    dy,
  );
}

const poolAttrs = (info: Info) => ({
  kernel_shape: [info.filterHeight, info.filterWidth],
  strides: stridesOf(info),
  pads: padsOf(info),
});

/** How many real (not padded) elements each pooling window holds, [1, 1, oh, ow]. */
export function windowCounts(info: Info): Float32Array {
  const inside = (out: number, stride: number, extent: number, before: number, size: number) => {
    const start = out * stride - before;
    return Math.min(start + extent, size) - Math.max(start, 0);
  };
  const counts = new Float32Array(info.outHeight * info.outWidth);
  for (let i = 0; i < info.outHeight; i++) {
    const rows = inside(i, info.strideHeight, info.filterHeight, info.padInfo.top, info.inHeight);
    for (let j = 0; j < info.outWidth; j++) {
      const columns = inside(j, info.strideWidth, info.filterWidth, info.padInfo.left, info.inWidth);
      counts[i * info.outWidth + j] = rows * columns;
    }
  }
  return counts;
}

/** Row i holds the weights with which output line i reads the input lines: a resize of one axis. */
function resizeMatrix(
  kind: 'nearest' | 'bilinear',
  from: number,
  to: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
): Float32Array {
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const centre = halfPixelCenters ? scale * (i + 0.5) - (kind === 'bilinear' ? 0.5 : 0) : scale * i;
    if (kind === 'nearest') {
      const at = Math.min(from - 1, alignCorners ? Math.round(centre) : Math.floor(centre));
      matrix[i * from + at] = 1;
      continue;
    }
    const clamped = Math.max(0, centre);
    const low = Math.min(from - 1, Math.floor(clamped));
    const high = Math.min(from - 1, Math.ceil(clamped));
    const weight = clamped - low;
    matrix[i * from + low]! += 1 - weight;
    matrix[i * from + high]! += weight;
  }
  return matrix;
}

/** Resizing is linear along each axis, so it and its gradient are two matrix products. */
function resizeLower(
  emit: OnnxEmitter,
  input: string,
  shape: readonly number[],
  image: readonly number[],
  size: readonly number[],
  kind: 'nearest' | 'bilinear',
  attrs: Attributes,
  isGradient: boolean,
): string {
  const [n, , , channels] = shape as [number, number, number, number];
  const matrixOf = (from: number, to: number): string => {
    const align = attrs['alignCorners'] === true;
    const matrix = resizeMatrix(kind, from, to, align, attrs['halfPixelCenters'] === true);
    const name = emit.floats(matrix, [to, from]);
    return isGradient ? emit.transpose(name, [1, 0]) : name;
  };
  const [height, width] = image as Pair;
  const [toHeight, toWidth] = size as Pair;
  const [inH, inW] = isGradient ? [toHeight, toWidth] : [height, width];
  const [outH, outW] = isGradient ? [height, width] : [toHeight, toWidth];
  const rows = emit.op('MatMul', [matrixOf(height, toHeight), emit.reshape(input, [n, inH, inW * channels])]);
  const columns = emit.op('MatMul', [
    matrixOf(width, toWidth),
    emit.reshape(rows, [n * outH, inW, channels]),
  ]);
  return emit.reshape(columns, [n, outH, outW, channels]);
}

function resize(kind: 'nearest' | 'bilinear'): KernelRule {
  return {
    infer: ([x], attrs) => {
      const [n, , , channels] = x!.shape as [number, number, number, number];
      return [{ dtype: 'float32', shape: [n, ...(attrs['size'] as Pair), channels] }];
    },
    lower: (emit, [x], { attrs, inputs }) => {
      const { shape } = inputs[0]!;
      return [resizeLower(emit, x!, shape, shape.slice(1, 3), attrs['size'] as Pair, kind, attrs, false)];
    },
    jvp: linearJvp,
  };
}

function resizeGradient(kind: 'nearest' | 'bilinear'): KernelRule {
  return {
    infer: ([, images]) => [{ dtype: 'float32', shape: images!.shape }],
    lower: (emit, [dy], { attrs, inputs }) => {
      const [grad, images] = inputs as [Value, Value];
      return [
        resizeLower(
          emit,
          dy!,
          grad.shape,
          images.shape.slice(1, 3),
          grad.shape.slice(1, 3),
          kind,
          attrs,
          true,
        ),
      ];
    },
    jvp: linearInFirstJvp,
  };
}

export const convolutionKernels: KernelTable = {
  Conv2D: {
    infer: ([x, filter], attrs) => [
      { dtype: 'float32', shape: convInfo(x!.shape, filter!.shape, attrs, false).outShape },
    ],
    lower: (emit, [x, filter], { attrs, inputs }) => {
      const info = convInfo(inputs[0]!.shape, inputs[1]!.shape, attrs, false);
      const y = convolved(
        emit,
        {
          image: emit.transpose(x!, NCHW_FROM_NHWC),
          outer: [info.batchSize, info.inChannels],
          filter: emit.transpose(filter!, OIHW_FROM_HWIO),
          filterSize: [info.filterHeight, info.filterWidth],
        },
        info,
        { strides: stridesOf(info), dilations: dilationsOf(info) },
      );
      return [emit.transpose(y, NHWC_FROM_NCHW)];
    },
    jvp: bilinearJvp,
  },
  Conv2DBackpropInput: {
    infer: (_, attrs) => [{ dtype: 'float32', shape: attrs['inputShape'] as number[] }],
    lower: (emit, [dy, filter], { attrs, inputs }) => {
      const info = convInfo(
        attrs['inputShape'] as number[],
        inputs[1]!.shape,
        attrs,
        false,
        inputs[0]!.shape,
      );
      const dx = emit.product(
        'ConvTranspose',
        [emit.transpose(dy!, NCHW_FROM_NHWC), emit.transpose(filter!, OIHW_FROM_HWIO)],
        {
          strides: stridesOf(info),
          dilations: dilationsOf(info),
          pads: padsOf(info),
          output_padding: outputPadding(info),
        },
      );
      return [emit.transpose(dx, NHWC_FROM_NCHW)];
    },
    jvp: bilinearJvp,
  },
  // A convolution of the input (channels as batch) with dy as the filter: its stride and dilation swap.
  Conv2DBackpropFilter: {
    infer: (_, attrs) => [{ dtype: 'float32', shape: attrs['filterShape'] as number[] }],
    lower: (emit, [x, dy], { attrs, inputs }) => {
      const info = convInfo(
        inputs[0]!.shape,
        attrs['filterShape'] as number[],
        attrs,
        false,
        inputs[1]!.shape,
      );
      const full = convolved(
        emit,
        {
          image: emit.transpose(x!, [3, 0, 1, 2]),
          outer: [info.inChannels, info.batchSize],
          filter: emit.transpose(dy!, [3, 0, 1, 2]),
          filterSize: [info.outHeight, info.outWidth],
        },
        info,
        { strides: dilationsOf(info), dilations: stridesOf(info) },
      );
      return [emit.transpose(crop(emit, full, info.filterHeight, info.filterWidth), [2, 3, 0, 1])];
    },
    jvp: bilinearJvp,
  },
  DepthwiseConv2dNative: {
    infer: ([x, filter], attrs) => [
      { dtype: 'float32', shape: convInfo(x!.shape, filter!.shape, attrs, true).outShape },
    ],
    lower: (emit, [x, filter], { attrs, inputs }) => {
      const info = convInfo(inputs[0]!.shape, inputs[1]!.shape, attrs, true);
      const { filterHeight: h, filterWidth: w, inChannels, outChannels } = info;
      const perChannel = emit.reshape(emit.transpose(filter!, [2, 3, 0, 1]), [outChannels, 1, h, w]);
      const image = emit.transpose(x!, NCHW_FROM_NHWC);
      const y = convolved(
        emit,
        { image, outer: [info.batchSize, inChannels], filter: perChannel, filterSize: [h, w] },
        info,
        { strides: stridesOf(info), dilations: dilationsOf(info), group: inChannels },
      );
      return [emit.transpose(y, NHWC_FROM_NCHW)];
    },
    jvp: bilinearJvp,
  },
  DepthwiseConv2dNativeBackpropInput: {
    infer: (_, attrs) => [{ dtype: 'float32', shape: attrs['inputShape'] as number[] }],
    lower: (emit, [dy, filter], { attrs, inputs }) => {
      const info = convInfo(attrs['inputShape'] as number[], inputs[1]!.shape, attrs, true, inputs[0]!.shape);
      const { filterHeight: h, filterWidth: w, inChannels, outChannels } = info;
      const perChannel = emit.reshape(emit.transpose(filter!, [2, 3, 0, 1]), [outChannels, 1, h, w]);
      const dx = emit.product('ConvTranspose', [emit.transpose(dy!, NCHW_FROM_NHWC), perChannel], {
        strides: stridesOf(info),
        dilations: dilationsOf(info),
        pads: padsOf(info),
        output_padding: outputPadding(info),
        group: inChannels,
      });
      return [emit.transpose(dx, NHWC_FROM_NCHW)];
    },
    jvp: bilinearJvp,
  },
  // One group per channel with the batch as that group's input channels.
  DepthwiseConv2dNativeBackpropFilter: {
    infer: (_, attrs) => [{ dtype: 'float32', shape: attrs['filterShape'] as number[] }],
    lower: (emit, [x, dy], { attrs, inputs }) => {
      const info = convInfo(
        inputs[0]!.shape,
        attrs['filterShape'] as number[],
        attrs,
        true,
        inputs[1]!.shape,
      );
      const { batchSize: n, inChannels, outChannels, filterHeight: h, filterWidth: w } = info;
      const images = emit.reshape(emit.transpose(x!, [3, 0, 1, 2]), [
        1,
        inChannels * n,
        info.inHeight,
        info.inWidth,
      ]);
      const full = convolved(
        emit,
        {
          image: images,
          outer: [1, inChannels * n],
          filter: emit.transpose(dy!, [3, 0, 1, 2]),
          filterSize: [info.outHeight, info.outWidth],
        },
        info,
        { strides: dilationsOf(info), dilations: stridesOf(info), group: inChannels },
      );
      const cut = emit.reshape(crop(emit, full, h, w), [inChannels, outChannels / inChannels, h, w]);
      return [emit.transpose(cut, [2, 3, 0, 1])];
    },
    jvp: bilinearJvp,
  },
  MaxPool: {
    infer: ([x], attrs) => [{ dtype: 'float32', shape: poolInfo(x!, attrs).outShape }],
    lower: (emit, [x], { attrs, inputs }) => {
      const info = poolInfo(inputs[0]!, attrs);
      const y = emit.op('MaxPool', [emit.transpose(x!, NCHW_FROM_NHWC)], {
        ...poolAttrs(info),
        dilations: dilationsOf(info),
      });
      return [emit.transpose(y, NHWC_FROM_NCHW)];
    },
  },
  // The winner's position comes from pooling again; windows may overlap, so gradients are added.
  MaxPoolGrad: {
    infer: ([, input]) => [{ dtype: 'float32', shape: input!.shape }],
    lower: (emit, [dy, input], { attrs, inputs }) => {
      const [grad, x] = inputs as [Value, Value];
      const info = poolInfo(x, attrs, grad.shape);
      const [n, height, width, channels] = x.shape as [number, number, number, number];
      const [, indices] = emit.multi('MaxPool', [emit.transpose(input!, NCHW_FROM_NHWC)], 2, poolAttrs(info));
      const count = n * channels * info.outHeight * info.outWidth;
      const zeros = emit.op('Expand', [emit.scalar(0), emit.ints([n * channels * height * width])]);
      const flat = emit.op(
        'ScatterElements',
        [zeros, emit.reshape(indices!, [count]), emit.reshape(emit.transpose(dy!, NCHW_FROM_NHWC), [count])],
        { axis: 0, reduction: 'add' },
      );
      return [emit.transpose(emit.reshape(flat, [n, channels, height, width]), NHWC_FROM_NCHW)];
    },
    jvp: ({ inputs: [, input, output], tangents: [ddy], again }) =>
      ddy ? again([ddy, input!, output!]) : [null],
  },
  AvgPool: {
    infer: ([x], attrs) => [{ dtype: 'float32', shape: poolInfo(x!, attrs).outShape }],
    lower: (emit, [x], { attrs, inputs }) => {
      const info = poolInfo(inputs[0]!, attrs);
      const y = emit.op('AveragePool', [emit.transpose(x!, NCHW_FROM_NHWC)], {
        ...poolAttrs(info),
        count_include_pad: 0,
      });
      return [emit.transpose(y, NHWC_FROM_NCHW)];
    },
    jvp: linearJvp,
  },
  // The exact adjoint of AvgPool. TensorFlow.js's own CPU kernel divides by the full window even
  // where padding made the forward pass divide by less; with padding the two differ at the border.
  AvgPoolGrad: {
    infer: ([, input]) => [{ dtype: 'float32', shape: input!.shape }],
    lower: (emit, [dy], { attrs, inputs }) => {
      const [grad, x] = inputs as [Value, Value];
      const info = poolInfo(x, attrs, grad.shape);
      const { inChannels: channels, filterHeight: h, filterWidth: w } = info;
      const counts = emit.floats(windowCounts(info), [1, 1, info.outHeight, info.outWidth]);
      const share = emit.op('Div', [emit.transpose(dy!, NCHW_FROM_NHWC), counts]);
      const ones = emit.floats(new Float32Array(channels * h * w).fill(1), [channels, 1, h, w]);
      const dx = emit.product('ConvTranspose', [share, ones], {
        strides: stridesOf(info),
        pads: padsOf(info),
        output_padding: outputPadding(info),
        group: channels,
      });
      return [emit.transpose(dx, NHWC_FROM_NCHW)];
    },
    jvp: linearInFirstJvp,
  },
  ResizeNearestNeighbor: resize('nearest'),
  ResizeBilinear: resize('bilinear'),
  ResizeNearestNeighborGrad: resizeGradient('nearest'),
  ResizeBilinearGrad: resizeGradient('bilinear'),
};
