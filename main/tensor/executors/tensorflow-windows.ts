/**
 * Convolutions and pooling whose padding is neither `same` nor `valid`, which TensorFlow does not have:
 * the images are padded first, and what was padded is cut off gradients.
 */
import * as tf from '@tensorflow/tfjs-core';
import { convInfo, poolInfo, windowCounts } from '../kernels/convolution.ts';

export type Inputs = Readonly<Record<string, tf.Tensor>>;
export type Attributes = Readonly<Record<string, unknown>>;
/** The package's own kernel of that name. */
type Original = (inputs: Inputs, attrs: Attributes) => tf.Tensor;
export type OwnKernel = (inputs: Inputs, attrs: Attributes, original: Original) => tf.Tensor;

type Info = tf.backend_util.Conv2DInfo;
type Image = [number, number, number, number];

/** What the padded images are given to. */
const VALID = { pad: 'valid', dimRoundingMode: undefined };

function isPlain({ padInfo: { type, top, left, bottom, right } }: Info): boolean {
  return type === 'SAME' || (type === 'VALID' && top + left + bottom + right === 0);
}

function padded(x: tf.Tensor, { padInfo: p }: Info, value = 0): tf.Tensor {
  return tf.pad(
    x,
    [
      [0, 0],
      [p.top, p.bottom],
      [p.left, p.right],
      [0, 0],
    ] as never,
    value,
  );
}

function paddedShape([n, height, width, channels]: Image, { padInfo: p }: Info): Image {
  return [n, height + p.top + p.bottom, width + p.left + p.right, channels];
}

function cut(x: tf.Tensor, { padInfo: p }: Info, shape: readonly number[]): tf.Tensor {
  return tf.slice(x, [0, p.top, p.left, 0], [...shape]);
}

function convolution(isDepthwise: boolean): OwnKernel {
  return ({ x, filter }, attrs, original) => {
    const info = convInfo(x!.shape, filter!.shape, attrs, isDepthwise);
    if (isPlain(info)) return original({ x: x!, filter: filter! }, attrs);
    return original({ x: padded(x!, info), filter: filter! }, { ...attrs, ...VALID });
  };
}

function byInput(isDepthwise: boolean): OwnKernel {
  return ({ dy, filter }, attrs, original) => {
    const shape = attrs['inputShape'] as Image;
    const info = convInfo(shape, filter!.shape, attrs, isDepthwise, dy!.shape);
    if (isPlain(info)) return original({ dy: dy!, filter: filter! }, attrs);
    const inputShape = paddedShape(shape, info);
    return cut(original({ dy: dy!, filter: filter! }, { ...attrs, ...VALID, inputShape }), info, shape);
  };
}

function byFilter(isDepthwise: boolean): OwnKernel {
  return ({ x, dy }, attrs, original) => {
    const info = convInfo(x!.shape, attrs['filterShape'] as number[], attrs, isDepthwise, dy!.shape);
    if (isPlain(info)) return original({ x: x!, dy: dy! }, attrs);
    return original({ x: padded(x!, info), dy: dy! }, { ...attrs, ...VALID });
  };
}

/** What a mean over a padded window must be multiplied by to count its real pixels alone, [1, h, w, 1]. */
function realShare(info: Info): tf.Tensor {
  const all = info.filterHeight * info.filterWidth;
  const shares = windowCounts(info).map((count) => all / count);
  return tf.tensor(shares, [1, info.outHeight, info.outWidth, 1]);
}

function averageByInput(dy: tf.Tensor, input: tf.Tensor, info: Info, original: Original, attrs: object) {
  // The kernel asks its input for nothing but its shape.
  const large = padded(input, info);
  const dx = original({ dy: tf.mul(dy, realShare(info)), input: large }, { ...attrs, ...VALID });
  return cut(dx, info, input.shape);
}

export const windowKernels: Readonly<Record<string, OwnKernel>> = {
  Conv2D: convolution(false),
  Conv2DBackpropInput: byInput(false),
  Conv2DBackpropFilter: byFilter(false),
  DepthwiseConv2dNative: convolution(true),
  DepthwiseConv2dNativeBackpropInput: byInput(true),
  DepthwiseConv2dNativeBackpropFilter: byFilter(true),
  MaxPool: ({ x }, attrs, original) => {
    const info = poolInfo(x!, attrs);
    if (isPlain(info)) return original({ x: x! }, attrs);
    return original({ x: padded(x!, info, -Infinity) }, { ...attrs, ...VALID });
  },
  MaxPoolGrad: ({ dy, input, output }, attrs, original) => {
    const info = poolInfo(input!, attrs, dy!.shape);
    if (isPlain(info)) return original({ dy: dy!, input: input!, output: output! }, attrs);
    const large = padded(input!, info, -Infinity);
    const dx = original({ dy: dy!, input: large, output: output! }, { ...attrs, ...VALID });
    return cut(dx, info, input!.shape);
  },
  AvgPool: ({ x }, attrs, original) => {
    const info = poolInfo(x!, attrs);
    if (isPlain(info)) return original({ x: x! }, attrs);
    return tf.mul(original({ x: padded(x!, info) }, { ...attrs, ...VALID }), realShare(info));
  },
  AvgPoolGrad: ({ dy, input }, attrs, original) => {
    const info = poolInfo(input!, attrs, dy!.shape);
    return isPlain(info)
      ? original({ dy: dy!, input: input! }, attrs)
      : averageByInput(dy!, input!, info, original, attrs);
  },
};
