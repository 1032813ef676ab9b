/** A diffusion transformer on token sequences: time is in [0, 1] and positions are given. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { silu } from '../../tensor/ops.ts';
import type { Rng } from '../../tensor/rng.ts';
import { timeEmbedding } from '../mlp/mlp.ts';
import { type Parameters, affine, applyBlocks, blockShapes, finalModulated, linearShapes } from './blocks.ts';

export interface DitShape {
  /** Tokens per image and channels per token (patch * patch * image channels). */
  readonly tokens: number;
  readonly channels: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly mlpRatio: number;
  /** Class rows, the null class among them. */
  readonly classes: number;
  readonly timeChannels: number;
}

/** Names and shapes of the parameters; weights are [in, out]. */
export function ditParameterShapes(shape: DitShape): Record<string, number[]> {
  const { channels, width, mlpRatio, classes, timeChannels } = shape;
  return Object.fromEntries([
    ...linearShapes('embed', channels, width),
    ...linearShapes('time.0', timeChannels, width),
    ...linearShapes('time.2', width, width),
    ['classes', [classes, width]],
    ...blockShapes({ ...shape, qkNorm: false }, mlpRatio * width),
    ...linearShapes('final.adaLN', width, 2 * width),
    ...linearShapes('final.linear', width, channels),
  ] as [string, number[]][]);
}

/** Weights N(0, 1 / fan-in), class rows N(0, 0.02^2), biases 0; adaLN and the last layer start at 0. */
export function initDit(shape: DitShape, rng: Rng): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(ditParameterShapes(shape)).map(([name, dims]) => {
      const values = new Float32Array(dims.reduce((product, n) => product * n, 1));
      const isZero = dims.length === 1 || name.includes('adaLN') || name === 'final.linear.weight';
      if (!isZero) {
        rng.fillNormal(values);
        const scale = name === 'classes' ? 0.02 : dims[0]! ** -0.5;
        for (let i = 0; i < values.length; i++) values[i]! *= scale;
      }
      return [name, values];
    }),
  );
}

/**
 * @param x [B, tokens, channels]  @param t [B] in [0, 1]  @param labels [B] int32
 * @param positions [1, tokens, width] fixed position embedding
 * @returns [B, tokens, channels]
 */
export function applyDit(
  shape: DitShape,
  parameters: Parameters,
  x: Tensor3D,
  t: Tensor1D,
  labels: Tensor1D,
  positions: Tensor3D,
): Tensor3D {
  const linear = (name: string, input: Tensor): Tensor => affine(parameters, name, input);
  const embedded = tf.add(linear('embed', x), positions);
  const timed = linear('time.2', silu(linear('time.0', timeEmbedding(t, shape.timeChannels))));
  const condition = silu(tf.add(timed, tf.gather(parameters['classes']!, labels))) as Tensor2D;
  const trunk = { ...shape, mlpNormEps: 1e-6, qkNorm: false };
  const h = applyBlocks(trunk, parameters, embedded, () => condition);
  return linear('final.linear', finalModulated(parameters, h, condition)) as Tensor3D;
}
