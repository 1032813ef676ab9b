/**
 * The blocks of a diffusion transformer with adaLN-zero conditioning (Peebles & Xie 2023; block layout as
 * in the released DiT): h + gate * attention(modulate(LN(h))), then the same with an MLP.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { gelu, layerNorm } from '../../tensor/ops.ts';

export type Parameters = Readonly<Record<string, Tensor>>;

export interface Trunk {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Epsilon of the norm before each block's MLP. */
  readonly mlpNormEps: number;
  /** Whether queries and keys are RMS-normed, with learnt scales. */
  readonly qkNorm: boolean;
}

const NORM_EPS = 1e-6;

type NamedShape = [name: string, shape: number[]];

/** Weight [inputs, outputs] and bias of a linear layer. */
export function linearShapes(name: string, inputs: number, outputs: number): NamedShape[] {
  return [
    [`${name}.weight`, [inputs, outputs]],
    [`${name}.bias`, [outputs]],
  ];
}

/** The parameters of `depth` blocks, in the order they are applied. */
export function blockShapes(trunk: Omit<Trunk, 'mlpNormEps'>, mlpWidth: number): NamedShape[] {
  const { width, depth, heads, qkNorm } = trunk;
  return Array.from({ length: depth }, (_, i): NamedShape[] => [
    ...linearShapes(`blocks.${i}.adaLN`, width, 6 * width),
    ...linearShapes(`blocks.${i}.qkv`, width, 3 * width),
    ...(qkNorm
      ? [`blocks.${i}.qNorm`, `blocks.${i}.kNorm`].map((name): NamedShape => [name, [width / heads]])
      : []),
    ...linearShapes(`blocks.${i}.proj`, width, width),
    ...linearShapes(`blocks.${i}.fc1`, width, mlpWidth),
    ...linearShapes(`blocks.${i}.fc2`, mlpWidth, width),
  ]).flat();
}

/**
 * @param h [B, T, width]
 * @param conditionOf  what a block is conditioned on, [B, width], after its SiLU
 * @returns [B, T, width]
 */
export function applyBlocks(
  trunk: Trunk,
  parameters: Parameters,
  h: Tensor,
  conditionOf: (block: number) => Tensor2D,
): Tensor {
  let state = h;
  for (let i = 0; i < trunk.depth; i++) {
    state = applyBlock(trunk, parameters, `blocks.${i}`, state, conditionOf(i));
  }
  return state;
}

function applyBlock(
  trunk: Trunk,
  parameters: Parameters,
  name: string,
  h: Tensor,
  condition: Tensor2D,
): Tensor {
  const linear = (layer: string, input: Tensor): Tensor => affine(parameters, `${name}.${layer}`, input);
  const modulation = tf.expandDims(linear('adaLN', condition), 1);
  const [shift1, scale1, gate1, shift2, scale2, gate2] = tf.split(modulation, 6, 2) as Tensor[];
  const attended = attention(trunk, parameters, name, linear('qkv', modulated(h, shift1!, scale1!)));
  const mixed = tf.add(h, tf.mul(gate1!, linear('proj', attended)));
  const hidden = gelu(linear('fc1', modulated(mixed, shift2!, scale2!, trunk.mlpNormEps)));
  return tf.add(mixed, tf.mul(gate2!, linear('fc2', hidden)));
}

/** What the last layer reads: the norm of h, shifted and scaled by `final.adaLN`. @returns [B, T, width] */
export function finalModulated(parameters: Parameters, h: Tensor, condition: Tensor2D): Tensor {
  const modulation = tf.expandDims(affine(parameters, 'final.adaLN', condition), 1);
  const [shift, scale] = tf.split(modulation, 2, 2) as [Tensor, Tensor];
  return modulated(h, shift, scale);
}

/** x W + b. Tokens share one matrix product: [B, T, in] is read as [B T, in]. */
export function affine(parameters: Parameters, name: string, x: Tensor): Tensor {
  const weight = parameters[`${name}.weight`]! as Tensor2D;
  const rows = tf.reshape(x, [-1, weight.shape[0]]) as Tensor2D;
  const y = tf.add(tf.matMul(rows, weight), parameters[`${name}.bias`]!);
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** LN(h) (1 + scale) + shift, the norm without parameters. */
function modulated(h: Tensor, shift: Tensor, scale: Tensor, eps = NORM_EPS): Tensor {
  const normed = layerNorm(h, eps);
  return tf.add(tf.mul(normed, tf.add(1, scale)), shift);
}

/** softmax(q k^T / sqrt(d)) v per head. @param qkv [B, T, 3 width] @returns [B, T, width] */
function attention(
  { width, heads, qkNorm }: Trunk,
  parameters: Parameters,
  name: string,
  qkv: Tensor,
): Tensor {
  const size = width / heads;
  const tokens = qkv.shape[1]!;
  // [B heads, T, size] each. Cut first, so that there is an axis less to move.
  const byHead = (x: Tensor): Tensor => {
    const moved = tf.transpose(tf.reshape(x, [-1, tokens, heads, size]), [0, 2, 1, 3]);
    return tf.reshape(moved, [-1, tokens, size]);
  };
  const [queries, keys, v] = tf.split(qkv, 3, 2).map(byHead) as [Tensor, Tensor, Tensor];
  const [q, k] = qkNorm
    ? [rmsNorm(queries, parameters[`${name}.qNorm`]!), rmsNorm(keys, parameters[`${name}.kNorm`]!)]
    : [queries, keys];
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), size ** -0.5));
  const mixed = tf.reshape(tf.matMul(weights, v), [-1, heads, tokens, size]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, tokens, width]);
}

/** x / sqrt(mean x^2 + eps) times a scale, over the last axis (Zhang & Sennrich 2019). */
function rmsNorm(x: Tensor, scale: Tensor): Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, NORM_EPS))), scale);
}
