import * as tf from '@tensorflow/tfjs-core';
import { type ParityCase, type ParityFamily, distinct, floats, ints } from '../parity.ts';
import { convolutionKernels } from '../../kernels/convolution.ts';

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

interface Geometry {
  /** Height, width, channels of a batch of 2 images. */
  readonly image: readonly [number, number, number];
  readonly filter: readonly [number, number];
  readonly strides?: number | [number, number];
  readonly pad: Pad;
  readonly dilations?: number | [number, number];
  readonly rounding?: Rounding;
}

const EXPLICIT: Pad = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];

const GEOMETRIES: readonly Geometry[] = [
  { image: [4, 4, 2], filter: [3, 3], pad: 'same' },
  { image: [5, 4, 1], filter: [2, 3], pad: 'valid' },
  { image: [3, 3, 2], filter: [1, 1], pad: 'valid' },
  { image: [1, 1, 3], filter: [1, 1], pad: 'same' },
  { image: [1, 5, 2], filter: [1, 3], pad: 'same' },
  // An even filter and a stride: padding differs between the two ends, rows are left over.
  { image: [5, 6, 2], filter: [2, 3], strides: 2, pad: 'same' },
  { image: [6, 5, 1], filter: [3, 2], strides: [2, 3], pad: 'valid' },
  // Padded at the end only: with a filter of the image's size, and with an output of one place.
  { image: [2, 2, 2], filter: [2, 2], pad: 'same' },
  { image: [2, 2, 2], filter: [3, 3], strides: 2, pad: 'same' },
  { image: [5, 5, 2], filter: [1, 1], strides: 3, pad: 'same' },
  { image: [4, 4, 1], filter: [3, 3], strides: 1, pad: 1, rounding: 'floor' },
  { image: [5, 4, 2], filter: [3, 2], strides: 2, pad: EXPLICIT, rounding: 'floor' },
  { image: [6, 6, 1], filter: [3, 3], strides: 2, pad: 0, rounding: 'ceil' },
  { image: [5, 6, 2], filter: [3, 3], strides: 2, pad: 1, rounding: 'round' },
];

const DILATED: readonly Geometry[] = [
  { image: [5, 5, 2], filter: [2, 2], pad: 'same', dilations: 2 },
  { image: [6, 5, 1], filter: [3, 2], pad: 'valid', dilations: [2, 3] },
];

const title = ({ image, filter, strides, pad, dilations, rounding }: Geometry): string =>
  `[${image.join()}] by [${filter.join()}] strides ${String(strides ?? 1)} pad ${String(pad)} ` +
  `dilations ${String(dilations ?? 1)} ${rounding ?? ''}`;

const batchOf = ({ image }: Geometry): [number, number, number, number] => [2, ...image];

/**
 * TensorFlow.js has no gradient of dilated convolutions, and forgets in the gradient that the output
 * size was rounded up.
 */
function reverseOf({ dilations, rounding }: Geometry): ParityCase['reverse'] {
  if (dilations !== undefined) return 'none';
  return rounding === 'ceil' || rounding === 'round' ? 'adjoint' : undefined;
}

const convolve = (x: tf.Tensor, w: tf.Tensor, g: Geometry): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, g.strides ?? 1, g.pad, 'NHWC', g.dilations ?? 1, g.rounding);

const convolutions = [...GEOMETRIES, ...DILATED].map((g, seed): ParityCase => {
  const filter = [...g.filter, g.image[2], 3];
  return {
    kernel: 'Conv2D',
    about: title(g),
    inputs: { x: floats(batchOf(g), { seed }), w: floats(filter, { seed: seed + 30 }) },
    compute: ({ x, w }) => convolve(x!, w!, g),
    reverse: reverseOf(g),
  };
});

/** Shape of the output and what the gradient kernels are told about the convolution. */
function convolutionOf(g: Geometry, filter: number[], isDepthwise: boolean) {
  const info = tf.backend_util.computeConv2DInfo(
    batchOf(g),
    filter as [number, number, number, number],
    g.strides ?? 1,
    g.dilations ?? 1,
    g.pad,
    g.rounding,
    isDepthwise,
  );
  const attrs = {
    strides: g.strides ?? 1,
    pad: g.pad,
    dataFormat: 'NHWC',
    dimRoundingMode: g.rounding,
    ...(isDepthwise ? { dilations: g.dilations ?? 1 } : {}),
    inputShape: batchOf(g),
    filterShape: filter,
  };
  return { outShape: info.outShape, attrs: attrs as unknown as tf.NamedAttrMap };
}

const runKernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap): tf.Tensor =>
  tf.engine().runKernel(name, inputs, attrs);

const convolutionGradients = GEOMETRIES.flatMap((g, seed): ParityCase[] => {
  const filter = [...g.filter, g.image[2], 3];
  const { outShape, attrs } = convolutionOf(g, filter, false);
  const [x, w, dy] = [
    floats(batchOf(g), { seed }),
    floats(filter, { seed: seed + 40 }),
    floats(outShape, { seed: seed + 60 }),
  ];
  return [
    {
      kernel: 'Conv2DBackpropInput',
      about: title(g),
      inputs: { dy, w },
      compute: (t) => runKernel('Conv2DBackpropInput', { dy: t['dy']!, filter: t['w']! }, attrs),
      reverse: g.rounding === 'ceil' || g.rounding === 'round' ? 'none' : undefined,
    },
    {
      kernel: 'Conv2DBackpropFilter',
      about: title(g),
      inputs: { x, dy },
      compute: (t) => runKernel('Conv2DBackpropFilter', { x: t['x']!, dy: t['dy']! }, attrs),
    },
  ];
});

const depthwise = [...GEOMETRIES, ...DILATED].flatMap((g, seed): ParityCase[] =>
  [1, 2].flatMap((multiplier): ParityCase[] => {
    const filter = [...g.filter, g.image[2], multiplier];
    const { outShape, attrs } = convolutionOf(g, filter, true);
    const [x, w, dy] = [
      floats(batchOf(g), { seed }),
      floats(filter, { seed: seed + 40 }),
      floats(outShape, { seed: seed + 60 }),
    ];
    const about = `${title(g)} x ${multiplier}`;
    const forward: ParityCase = {
      kernel: 'DepthwiseConv2dNative',
      about,
      inputs: { x, w },
      compute: (t) => runKernel('DepthwiseConv2dNative', { x: t['x']!, filter: t['w']! }, attrs),
      // This one keeps the rounding.
      reverse: g.dilations === undefined ? undefined : 'none',
    };
    if (g.dilations !== undefined) return [forward];
    return [
      forward,
      {
        kernel: 'DepthwiseConv2dNativeBackpropInput',
        about,
        inputs: { dy, w },
        compute: (t) =>
          runKernel('DepthwiseConv2dNativeBackpropInput', { dy: t['dy']!, filter: t['w']! }, attrs),
      },
      {
        kernel: 'DepthwiseConv2dNativeBackpropFilter',
        about,
        inputs: { x, dy },
        compute: (t) => runKernel('DepthwiseConv2dNativeBackpropFilter', { x: t['x']!, dy: t['dy']! }, attrs),
      },
    ];
  }),
);

const pools = GEOMETRIES.flatMap((g, seed): ParityCase[] => {
  const { pad, rounding } = g;
  const [filter, strides] = [[...g.filter] as [number, number], g.strides ?? 1];
  const isPadded = pad !== 'valid' && pad !== 0;
  const inputs = { x: distinct(batchOf(g), seed) };
  const maxPool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, filter, strides, pad, rounding);
  const avgPool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, filter, strides, pad, rounding);
  return [
    {
      kernel: 'MaxPool',
      about: title(g),
      inputs,
      compute: ({ x }) => maxPool(x!),
      forward: 'none',
      reverse: reverseOf(g) === 'adjoint' ? 'none' : undefined,
    },
    {
      kernel: 'AvgPool',
      about: title(g),
      inputs,
      compute: ({ x }) => avgPool(x!),
      // The reference divides by the full window where padding made the forward pass divide by less.
      reverse: isPadded ? 'adjoint' : reverseOf(g),
    },
  ];
});

const poolGradients = GEOMETRIES.flatMap((g, seed): ParityCase[] => {
  const attrs = {
    filterSize: [...g.filter],
    strides: g.strides ?? 1,
    pad: g.pad,
    dimRoundingMode: g.rounding,
  } as unknown as tf.NamedAttrMap;
  const x = distinct(batchOf(g), seed);
  const info = tf.backend_util.computePool2DInfo(
    batchOf(g),
    [...g.filter],
    g.strides ?? 1,
    1,
    g.pad,
    g.rounding,
  );
  const dy = floats(info.outShape, { seed: seed + 70 });
  const cases: ParityCase[] = [
    {
      kernel: 'MaxPoolGrad',
      about: title(g),
      inputs: { dy, x },
      compute: (t) => {
        const output = runKernel('MaxPool', { x: t['x']! }, attrs);
        return runKernel('MaxPoolGrad', { dy: t['dy']!, input: t['x']!, output }, attrs);
      },
      // MaxPool itself has no forward rule.
      forward: 'none',
    },
    {
      kernel: 'AvgPoolGrad',
      about: title(g),
      inputs: { dy },
      compute: (t) => runKernel('AvgPoolGrad', { dy: t['dy']!, input: tf.zeros(batchOf(g)) }, attrs),
    },
  ];
  const isPadded = (g.pad !== 'valid' && g.pad !== 0) || reverseOf(g) === 'adjoint';
  return cases.filter(({ kernel }) => kernel !== 'AvgPoolGrad' || !isPadded);
});

const resizes = (['ResizeNearestNeighbor', 'ResizeBilinear'] as const).flatMap((kernel) =>
  (
    [
      [[2, 3, 2], [4, 6], false, false],
      [[4, 6, 1], [2, 3], false, false],
      [[3, 2, 2], [5, 7], true, false],
      [[5, 4, 1], [3, 2], true, false],
      [[3, 4, 1], [7, 5], false, true],
      [[6, 5, 2], [3, 2], false, true],
      [[1, 1, 3], [2, 3], false, false],
      [[3, 3, 1], [1, 1], true, false],
      [[3, 3, 2], [5, 4], true, false],
      [[4, 4, 1], [6, 7], false, false],
      [[3, 2, 1], [3, 2], false, false],
    ] as const
  ).flatMap(([image, size, alignCorners, halfPixelCenters], seed): ParityCase[] => {
    const resize = kernel === 'ResizeBilinear' ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
    const about = `[${image.join()}] to [${size.join()}] align ${alignCorners} half ${halfPixelCenters}`;
    // The reference gradient of the nearest neighbour mixes up the images of a batch.
    const batch = kernel === 'ResizeBilinear' ? 2 : 1;
    const images = floats([2, ...image], { seed });
    const dy = floats([batch, ...size, image[2]], { seed: seed + 20 });
    const attrs = { alignCorners, halfPixelCenters, size: [...size] };
    const gradient: ParityCase = {
      kernel: `${kernel}Grad`,
      about,
      inputs: { dy },
      compute: (t) =>
        runKernel(`${kernel}Grad`, { dy: t['dy']!, images: tf.zeros([batch, ...image]) }, attrs),
    };
    return [
      {
        kernel,
        about,
        inputs: { images },
        compute: (t) => resize(t['images'] as tf.Tensor4D, [...size], alignCorners, halfPixelCenters),
        // The reference gradient takes no notice of half-pixel centres.
        reverse: halfPixelCenters || kernel === 'ResizeNearestNeighbor' ? 'adjoint' : undefined,
      },
      // It also swaps height and width in the shape it claims.
      ...(halfPixelCenters || image[0] !== image[1] ? [] : [gradient]),
    ];
  }),
);

const poolEdges: ParityCase[] = [
  {
    kernel: 'MaxPool',
    about: 'ties, overlapping windows',
    inputs: { x: ints([1, 4, 4, 1], 0, 1) },
    compute: ({ x }) => tf.maxPool(tf.cast(x as tf.Tensor4D, 'float32'), 2, 1, 'valid'),
  },
  {
    kernel: 'Conv2D',
    about: 'no images',
    inputs: { x: floats([0, 4, 4, 2]), w: floats([3, 3, 2, 3]) },
    compute: ({ x, w }) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  },
];

export const imageParity: ParityFamily = {
  name: 'image',
  kernels: Object.keys(convolutionKernels),
  cases: [
    ...convolutions,
    ...convolutionGradients,
    ...depthwise,
    ...pools,
    ...poolGradients,
    ...resizes,
    ...poolEdges,
  ],
};
