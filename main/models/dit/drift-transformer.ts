/**
 * The generator of Drifting (Deng et al. 2026): a transformer from noise to an image in one call, without
 * time. It differs from a DiT in RMS norms, normed queries and keys that are turned by their position
 * (RoPE), gated hidden layers (SwiGLU), and in that the condition is read twice: by adaLN, and as tokens
 * before those of the image.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { silu } from '../../tensor/ops.ts';
import { timeEmbedding } from '../mlp/mlp.ts';
import { type Parameters, affine } from './blocks.ts';
import { ALPHA_CHANNELS, type DriftTransformerShape } from './drift-transformer-shapes.ts';
import { patchify, unpatchify } from './patches.ts';
import { type Turn, turnOf, turned } from './rope.ts';

export {
  type DriftTransformerShape,
  driftTransformerShapes,
  initDriftTransformer,
} from './drift-transformer-shapes.ts';

const NORM_EPS = 1e-6;
/** How loud a guidance scale is beside a class. */
const ALPHA_SHARE = 0.02;

/**
 * @param noise   [B, size, size, C]
 * @param labels  [B] rows of `classes`; null for a network without
 * @param styles  [B, styleTokens] an entry of each codebook; null for a network without
 * @param alpha   [B] guidance scale; null for a network that reads none
 * @returns [B, size, size, C]
 */
export function applyDriftTransformer(
  shape: DriftTransformerShape,
  parameters: Parameters,
  noise: Tensor,
  labels: Tensor | null,
  styles: Tensor | null,
  alpha: Tensor | null,
): Tensor {
  const batch = noise.shape[0]!;
  const condition = conditionOf(shape, parameters, batch, labels, styles, alpha);
  const patches = tf.add(affine(parameters, 'embed', patchify(noise, shape.patch)), parameters['positions']!);
  const context = contextOf(shape, parameters, condition);
  const turn = turnOf(shape.contextTokens + patches.shape[1]!, shape.width / shape.heads);
  const read = silu(condition);
  let h = context === null ? patches : tf.concat([context, patches], 1);
  for (let i = 0; i < shape.depth; i++) h = applyBlock(shape, parameters, `blocks.${i}`, h, read, turn);
  const ofImage = tf.slice(h, [0, shape.contextTokens, 0], [-1, -1, -1]);
  const modulation = tf.expandDims(affine(parameters, 'final.adaLN', read), 1);
  const [shift, scale] = tf.split(modulation, 2, 2) as [Tensor, Tensor];
  const last = modulated(rmsNorm(ofImage, parameters['final.norm']!), shift, scale);
  return unpatchify(affine(parameters, 'final.linear', last), shape.patch, shape.size);
}

/** The sum of what class, styles and guidance are embedded as, [B, width]; zeros without any. */
function conditionOf(
  shape: DriftTransformerShape,
  parameters: Parameters,
  batch: number,
  labels: Tensor | null,
  styles: Tensor | null,
  alpha: Tensor | null,
): Tensor2D {
  const { width, classes, styleTokens, styleCodebook, readsAlpha } = shape;
  let sum: Tensor = tf.zeros([batch, width]);
  if (classes > 0) sum = tf.add(sum, tf.gather(parameters['classes']!, tf.cast(labels!, 'int32')));
  if (styleTokens > 0) {
    const firstRows = tf.mul(tf.range(0, styleTokens), styleCodebook);
    const rows = tf.cast(tf.add(tf.cast(styles!, 'float32'), tf.expandDims(firstRows, 0)), 'int32');
    const drawn = tf.gather(parameters['styles']!, tf.reshape(rows, [batch * styleTokens]));
    sum = tf.add(sum, tf.sum(tf.reshape(drawn, [batch, styleTokens, width]), 1));
  }
  if (readsAlpha) {
    const scale = tf.cast(alpha!, 'float32') as Tensor1D;
    const hidden = silu(affine(parameters, 'alpha.0', timeEmbedding(scale, ALPHA_CHANNELS, 1)));
    const normed = rmsNorm(affine(parameters, 'alpha.2', hidden), parameters['alpha.norm']!);
    sum = tf.add(sum, tf.mul(normed, ALPHA_SHARE));
  }
  return sum as Tensor2D;
}

/** The condition as tokens, [B, contextTokens, width]; null for none. */
function contextOf(
  { contextTokens }: DriftTransformerShape,
  parameters: Parameters,
  condition: Tensor2D,
): Tensor | null {
  if (contextTokens === 0) return null;
  return tf.add(tf.expandDims(affine(parameters, 'context', condition), 1), parameters['context.tokens']!);
}

/** @param h [B, T, width]  @param condition [B, width] after its SiLU  @returns [B, T, width] */
function applyBlock(
  shape: DriftTransformerShape,
  parameters: Parameters,
  name: string,
  h: Tensor,
  condition: Tensor2D,
  turn: Turn,
): Tensor {
  const linear = (layer: string, input: Tensor): Tensor => affine(parameters, `${name}.${layer}`, input);
  const normed = (norm: string, x: Tensor): Tensor => rmsNorm(x, parameters[`${name}.${norm}`]!);
  const modulation = tf.expandDims(linear('adaLN', condition), 1);
  const [shift1, scale1, gate1, shift2, scale2, gate2] = tf.split(modulation, 6, 2) as Tensor[];
  const qkv = linear('qkv', modulated(normed('norm1', h), shift1!, scale1!));
  const mixed = tf.add(h, tf.mul(gate1!, linear('proj', attention(shape, parameters, name, qkv, turn))));
  const hidden = linear('fc1', modulated(normed('norm2', mixed), shift2!, scale2!));
  const [gate, value] = tf.split(hidden, 2, 2) as [Tensor, Tensor];
  return tf.add(mixed, tf.mul(gate2!, linear('fc2', tf.mul(silu(gate), value))));
}

/** @param qkv [B, T, 3 width]  @returns [B, T, width] */
function attention(
  { width, heads }: DriftTransformerShape,
  parameters: Parameters,
  name: string,
  qkv: Tensor,
  turn: Turn,
): Tensor {
  const size = width / heads;
  const tokens = qkv.shape[1]!;
  const split = tf.transpose(tf.reshape(qkv, [-1, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [queries, keys, v] = tf.unstack(split) as [Tensor, Tensor, Tensor]; // [B, heads, T, size]
  const q = turned(rmsNorm(queries, parameters[`${name}.qNorm`]!), turn);
  const k = turned(rmsNorm(keys, parameters[`${name}.kNorm`]!), turn);
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), size ** -0.5));
  return tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [-1, tokens, width]);
}

/** x / sqrt(mean x^2 + eps) times a scale, over the last axis (Zhang & Sennrich 2019). */
function rmsNorm(x: Tensor, scale: Tensor): Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, NORM_EPS))), scale);
}

/** x (1 + scale) + shift. @param x [B, T, width]  @param shift,scale [B, 1, width] */
function modulated(x: Tensor, shift: Tensor, scale: Tensor): Tensor {
  return tf.add(tf.mul(x, tf.add(1, scale)), shift);
}
