/**
 * The diffusion transformer of images, class-conditional or not: DiT (Peebles & Xie 2023), SiT (Ma et al.
 * 2024), REPA, diffusers' DiTTransformer2DModel and the students of pi-Flow. What they are fed as time,
 * and the sign of what they answer, is for the caller to know.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { DitConfig } from '#contract/networks.ts';
import type { GmOutput } from '../../maths/policy/gm-policy.ts';
import { silu, stopGradient } from '../../tensor/ops.ts';
import { type Parameters, affine, applyBlocks, finalModulated } from './blocks.ts';
import { embedderOf } from './dit-shapes.ts';
import { patchify, unpatchify } from './patches.ts';

/** What every head reads. */
interface Features {
  /** [B, tokens, width] */
  readonly tokens: Tensor;
  /** SiLU of the embedding of time and class, [B, width]. */
  readonly condition: Tensor2D;
}

/**
 * A network with a `field` head.
 *
 * @param x [B, size, size, channels]  @param t [B] as the network is fed
 * @param labels [B] whole numbers, `classes` for any class; null for a network without labels
 * @param added  [B, width], what else it is conditioned on, beside time and class
 * @returns [B, size, size, head.channels]
 */
export function applyDitImage(
  config: DitConfig,
  parameters: Parameters,
  x: Tensor,
  t: Tensor1D,
  labels: Tensor1D | null,
  added: Tensor | null = null,
): Tensor {
  if (config.head.kind !== 'field') throw otherHead(config, 'field');
  const { tokens } = features(config, parameters, x, t, labels, added);
  return unpatchify(affine(parameters, 'final.linear', tokens), config.patch, config.size);
}

/**
 * A network with a `gm` head: the output of pi-Flow's mixture policy for C channels at P = size^2 places.
 * Inputs are those of {@link applyDitImage}. The spread learns nothing of what it says to the trunk.
 */
export function applyDitMixture(
  config: DitConfig,
  parameters: Parameters,
  x: Tensor,
  t: Tensor1D,
  labels: Tensor1D | null,
): GmOutput {
  if (config.head.kind !== 'gm') throw otherHead(config, 'gm');
  const { components } = config.head;
  const { tokens, condition } = features(config, parameters, x, t, labels);
  const hidden = silu(affine(parameters, 'logStd.0', stopGradient(condition)));
  return {
    means: placesLast(config, affine(parameters, 'means', tokens), components),
    logWeights: placesLast(config, affine(parameters, 'logWeights', tokens), components),
    logStd: tf.reshape(affine(parameters, 'logStd.2', hidden), [-1, 1, 1, 1]),
  };
}

/**
 * A network with a `dx` head: velocities [B, N, C, P] of the grid policy, P = size^2 places. Inputs are
 * those of {@link applyDitImage}.
 */
export function applyDitGrid(
  config: DitConfig,
  parameters: Parameters,
  x: Tensor,
  t: Tensor1D,
  labels: Tensor1D | null,
): Tensor {
  if (config.head.kind !== 'dx') throw otherHead(config, 'dx');
  const { tokens } = features(config, parameters, x, t, labels);
  return placesLast(config, affine(parameters, 'final.linear', tokens), config.head.points);
}

function features(
  config: DitConfig,
  parameters: Parameters,
  x: Tensor,
  t: Tensor1D,
  labels: Tensor1D | null,
  added: Tensor | null = null,
): Features {
  const embedded = tf.add(affine(parameters, 'embed', patchify(x, config.patch)), parameters['positions']!);
  const time = timestepEmbedding(config, t);
  const embedder = (prefix: string): Tensor2D => conditionOf(parameters, prefix, time, labels, added);
  const condition = embedder('');
  const ownCondition = (block: number): Tensor2D =>
    config.blockEmbeddings === true && block > 0 ? embedder(embedderOf(block)) : condition;
  const h = applyBlocks(config, parameters, embedded, ownCondition);
  return { tokens: finalModulated(parameters, h, condition), condition };
}

/** SiLU of the sum of what a time, a class and anything else are embedded as. */
function conditionOf(
  parameters: Parameters,
  prefix: string,
  time: Tensor2D,
  labels: Tensor1D | null,
  added: Tensor | null,
): Tensor2D {
  let sum = affine(parameters, `${prefix}time.2`, silu(affine(parameters, `${prefix}time.0`, time)));
  if (labels !== null) {
    sum = tf.add(sum, tf.gather(parameters[`${prefix}classes`]!, tf.cast(labels, 'int32')));
  }
  if (added !== null) sum = tf.add(sum, added);
  return silu(sum) as Tensor2D;
}

/**
 * [cos(t f), sin(t f)] with f_i = 10000^(-i / d), d half of the channels or one less. Frequencies are
 * rounded as PyTorch rounds them on the way: t goes up to 1000, which makes an ulp of f visible.
 *
 * @param t [B]  @returns [B, timeChannels]
 */
function timestepEmbedding({ timeChannels, timeDivisor }: DitConfig, t: Tensor1D): Tensor2D {
  const half = timeChannels / 2;
  const divisor = timeDivisor === 'half' ? half : half - 1;
  const rate = Math.fround(-Math.log(10000));
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(rate * i) / divisor)),
  );
  const angles = tf.mul(tf.expandDims(t, 1), tf.tensor2d(frequencies, [1, half]));
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1) as Tensor2D;
}

/** Tokens of (row, column, k, c) as [B, count, C, P]. */
function placesLast({ patch, size }: DitConfig, tokens: Tensor, count: number): Tensor {
  const image = unpatchify(tokens, patch, size);
  const [batch, , , values] = image.shape as [number, number, number, number];
  const split = tf.reshape(image, [batch, size * size, count, values / count]);
  return tf.transpose(split, [0, 2, 3, 1]);
}

function otherHead({ head }: DitConfig, expected: string): RangeError {
  return new RangeError(`head: expected ${expected}, found ${head.kind}`);
}
