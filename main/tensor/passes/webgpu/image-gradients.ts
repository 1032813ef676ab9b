/** Gradients of images that ONNX Runtime's WebGPU provider lacks or computes wrongly. */
import type { Node, Value } from '../../graph.ts';
import { poolInfo } from '../../kernels/convolution.ts';
import type { Rewriter } from '../rewrite.ts';
import { Building } from './building.ts';

/** Below every value; an infinity might not survive a shader. */
const LOWEST = -3.4e38;

/**
 * The gradient of max pooling without the winners' positions, which the provider does not give: place
 * by place of the window, who equals the maximum first takes what comes back.
 */
export function maxPoolGradient({ inputs, attrs }: Node, rewriter: Rewriter): Value {
  const build = new Building(rewriter);
  const [dy, x, y] = inputs as [Value, Value, Value];
  const info = poolInfo(x, attrs, dy.shape);
  const { padInfo: p, strideHeight, strideWidth, outHeight, outWidth } = info;
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const padded = rewriter.add(
    'PadV2',
    { x },
    { dtype: 'float32', shape: [n, height + p.top + p.bottom, width + p.left + p.right, channels] },
    {
      paddings: [
        [0, 0],
        [p.top, p.bottom],
        [p.left, p.right],
        [0, 0],
      ],
      constantValue: LOWEST,
    },
  );
  let taken: Value | null = null;
  let dx: Value | null = null;
  for (let place = 0; place < info.filterHeight * info.filterWidth; place++) {
    const [i, j] = [Math.floor(place / info.filterWidth), place % info.filterWidth];
    const seen = rewriter.add('StridedSlice', { x: padded }, dy, {
      begin: [0, i, j, 0],
      end: [n, i + (outHeight - 1) * strideHeight + 1, j + (outWidth - 1) * strideWidth + 1, channels],
      strides: [1, strideHeight, strideWidth, 1],
      ...{ beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 },
    });
    const hit = build.cast(build.binary('Equal', seen, y, 'bool'), 'float32');
    const first: Value = taken === null ? hit : build.binary('Multiply', hit, build.binary('Sub', 1, taken));
    taken = taken === null ? first : build.binary('Add', taken, first);
    const filter = new Float32Array(info.filterHeight * info.filterWidth * channels);
    filter.fill(1, place * channels, (place + 1) * channels);
    const back = rewriter.add(
      'DepthwiseConv2dNativeBackpropInput',
      {
        dy: build.binary('Multiply', dy, first),
        filter: rewriter.graph.constant(filter, 'float32', [
          info.filterHeight,
          info.filterWidth,
          channels,
          1,
        ]),
      },
      x,
      { ...attrs, inputShape: [...x.shape] },
    );
    dx = dx === null ? back : build.binary('Add', dx, back);
  }
  return dx!;
}

/**
 * The gradient of a depthwise convolution that makes several channels of each, one of them after the
 * other: the provider's transposed convolution mixes up channels of a group that has more than one.
 */
export function depthwiseInputGradient({ inputs, outputs, attrs }: Node, rewriter: Rewriter): Value | null {
  const build = new Building(rewriter);
  const [dy, filter] = inputs as [Value, Value];
  const [dx] = outputs as [Value];
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  if (multiplier === 1) return null;
  const apart = build.reshape(dy, [...dy.shape.slice(0, 3), channels, multiplier]);
  const one = (x: Value, at: number): Value => {
    const size = [...x.shape.slice(0, -1), 1];
    const begin = size.map((_, i) => (i === size.length - 1 ? at : 0));
    return rewriter.add('Slice', { x }, { dtype: x.dtype, shape: size }, { begin, size });
  };
  let sum: Value | null = null;
  for (let at = 0; at < multiplier; at++) {
    const part: Value = rewriter.add(
      'DepthwiseConv2dNativeBackpropInput',
      {
        dy: build.reshape(one(apart, at), [...dy.shape.slice(0, 3), channels]),
        filter: build.reshape(one(filter, at), [height, width, channels, 1]),
      },
      dx,
      attrs,
    );
    sum = sum === null ? part : build.binary('Add', sum, part);
  }
  return sum;
}
