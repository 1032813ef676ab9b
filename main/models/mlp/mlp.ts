/** A multilayer perceptron with an optional time embedding, for low-dimensional data. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { silu } from '../../tensor/ops.ts';
import type { Rng } from '../../tensor/rng.ts';

export interface MlpShape {
  /** Size of x, [B, inputs]. */
  readonly inputs: number;
  readonly outputs: number;
  readonly width: number;
  /** Hidden layers of `width`. */
  readonly depth: number;
  /** Channels of the time embedding, even; 0 for a network without time. */
  readonly timeChannels: number;
  /** Highest angular frequency of the time embedding; 1000, that of diffusion models, if left out. */
  readonly timeScale?: number;
  /** Classes that it can be asked for, besides the null class; 0 if left out. */
  readonly classes?: number;
  /** Whether it reads a guidance scale. */
  readonly readsGuidance?: boolean;
}

/** Names and shapes of the parameters, in the order they are applied. */
export function mlpParameterShapes(shape: MlpShape): Record<string, number[]> {
  const sizes = layerSizes(shape);
  const entries = sizes.slice(1).flatMap((outputs, i): [string, number[]][] => [
    [`layers.${i}.weight`, [sizes[i]!, outputs]],
    [`layers.${i}.bias`, [outputs]],
  ]);
  return Object.fromEntries(entries);
}

interface MlpInit {
  readonly gain?: number;
  /** Factor of the last layer, so that a velocity network can start near zero. */
  readonly lastGain?: number;
  /**
   * Standard deviation of what the first layer makes of an x of unit variance, with biases, and what
   * it makes of a class, spread by a quarter of it: a class beside a large x would go unheard. As random Fourier features do, a large one lets a network in few dimensions learn
   * sharp detail soon; left out, x has the share of the fan-in that it happens to have.
   */
  readonly inputScale?: number;
}

/** Fresh parameters: weights N(0, gain / fan-in), biases 0, but for what {@link MlpInit} says. */
export function initMlp(
  shape: MlpShape,
  rng: Rng,
  { gain = 1, lastGain = 1, inputScale }: MlpInit = {},
): Record<string, Float32Array> {
  const shapes = mlpParameterShapes(shape);
  const parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, dims]) => {
      const values = new Float32Array(dims.reduce((product, n) => product * n, 1));
      if (dims.length === 2) {
        rng.fillNormal(values);
        const isLast = name === `layers.${shape.depth}.weight`;
        const scale = Math.sqrt((isLast ? lastGain ** 2 : gain) / dims[0]!);
        for (let i = 0; i < values.length; i++) values[i]! *= scale;
      }
      return [name, values];
    }),
  );
  if (inputScale !== undefined) {
    const weight = rng.fillNormal(new Float32Array(shape.inputs * shape.width));
    parameters['layers.0.weight']!.set(weight.map((w) => (inputScale / Math.sqrt(shape.inputs)) * w));
    const from = (shape.inputs + shape.timeChannels) * shape.width;
    const classes = shape.classes ? (shape.classes + 1) * shape.width : 0;
    const ofClasses = parameters['layers.0.weight']!.subarray(from, from + classes);
    for (const values of [parameters['layers.0.bias']!, ofClasses]) {
      rng.fillNormal(values);
      for (let i = 0; i < values.length; i++) values[i]! *= inputScale / 4;
    }
  }
  return parameters;
}

/**
 * Hidden layers of x W + b with SiLU between, then a linear layer. What else it reads (time, class,
 * guidance scale) is appended to x.
 * @param x [B, inputs]  @param t [B] in [0, 1], needed when the shape has time channels
 * @param condition  any class and no guidance if left out
 * @returns [B, outputs]
 */
export function applyMlp(
  shape: MlpShape,
  parameters: Readonly<Record<string, Tensor>>,
  x: Tensor,
  t?: Tensor1D,
  condition?: Condition,
): Tensor2D {
  const { timeChannels, classes = 0, readsGuidance = false } = shape;
  const batch = x.shape[0]!;
  const read = [x];
  if (timeChannels > 0) read.push(timeEmbedding(t!, timeChannels, shape.timeScale));
  if (classes > 0) read.push(oneHot(condition?.label ?? tf.fill([batch], classes), classes + 1));
  if (readsGuidance) read.push(tf.reshape(tf.sub(condition?.guidance ?? tf.ones([batch]), 1), [batch, 1]));
  let h: Tensor = read.length > 1 ? tf.concat(read, 1) : x;
  for (let layer = 0; layer <= shape.depth; layer++) {
    const weight = parameters[`layers.${layer}.weight`]! as Tensor2D;
    h = tf.add(tf.matMul(h as Tensor2D, weight), parameters[`layers.${layer}.bias`]!);
    if (layer < shape.depth) h = silu(h);
  }
  return h as Tensor2D;
}

/**
 * [cos(s t f), sin(s t f)] with f_i = 10000^(-i/(C/2)), i < C/2: the sinusoidal embedding of
 * Vaswani et al. 2017, at the time scale s = 1000 of diffusion models unless said.
 * @param t [B] in [0, 1]  @returns [B, channels]
 */
export function timeEmbedding(t: Tensor1D, channels: number, scale = 1000): Tensor2D {
  const half = channels / 2;
  const frequencies = Float32Array.from(
    { length: half },
    (_, i) => scale * Math.exp((-Math.log(10000) * i) / half),
  );
  const angles = tf.mul(tf.expandDims(t, 1), tf.tensor2d(frequencies, [1, half]));
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1) as Tensor2D;
}

/** @param label [B] whole numbers  @returns [B, count] */
function oneHot(label: Tensor, count: number): Tensor {
  return tf.cast(tf.equal(tf.expandDims(label, 1), tf.expandDims(tf.range(0, count), 0)), 'float32');
}

function layerSizes({ inputs, outputs, width, depth, timeChannels, classes = 0, readsGuidance }: MlpShape) {
  const conditions = (classes > 0 ? classes + 1 : 0) + (readsGuidance === true ? 1 : 0);
  return [inputs + timeChannels + conditions, ...new Array<number>(depth).fill(width), outputs];
}
