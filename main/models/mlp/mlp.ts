/** A multilayer perceptron with an optional time embedding, for low-dimensional data. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
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

/**
 * Fresh parameters: weights N(0, gain / fan-in), biases 0. The last layer is scaled by `lastGain`,
 * so that a velocity network can start near zero.
 */
export function initMlp(
  shape: MlpShape,
  rng: Rng,
  { gain = 1, lastGain = 1 } = {},
): Record<string, Float32Array> {
  const shapes = mlpParameterShapes(shape);
  return Object.fromEntries(
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
}

/**
 * Hidden layers of x W + b with SiLU between, then a linear layer.
 * @param x [B, inputs]  @param t [B] in [0, 1], needed when the shape has time channels
 * @returns [B, outputs]
 */
export function applyMlp(
  shape: MlpShape,
  parameters: Readonly<Record<string, Tensor>>,
  x: Tensor,
  t?: Tensor1D,
): Tensor2D {
  let h: Tensor =
    shape.timeChannels > 0 ? tf.concat([x, timeEmbedding(t!, shape.timeChannels, shape.timeScale)], 1) : x;
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

function layerSizes({ inputs, outputs, width, depth, timeChannels }: MlpShape): number[] {
  return [inputs + timeChannels, ...new Array<number>(depth).fill(width), outputs];
}
