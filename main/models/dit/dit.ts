/**
 * A diffusion transformer on token sequences with adaLN-zero conditioning (Peebles & Xie 2023; block
 * layout as in the released DiT): h + gate * attention(modulate(LN(h))), then the same with an MLP.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { silu } from '../../tensor/ops.ts';
import type { Rng } from '../../tensor/rng.ts';
import { timeEmbedding } from '../mlp/mlp.ts';

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
  const { channels, width, depth, mlpRatio, classes, timeChannels } = shape;
  const linear = (name: string, inputs: number, outputs: number): [string, number[]][] => [
    [`${name}.weight`, [inputs, outputs]],
    [`${name}.bias`, [outputs]],
  ];
  const block = (i: number): [string, number[]][] => [
    ...linear(`blocks.${i}.adaLN`, width, 6 * width),
    ...linear(`blocks.${i}.qkv`, width, 3 * width),
    ...linear(`blocks.${i}.proj`, width, width),
    ...linear(`blocks.${i}.fc1`, width, mlpRatio * width),
    ...linear(`blocks.${i}.fc2`, mlpRatio * width, width),
  ];
  return Object.fromEntries([
    ...linear('embed', channels, width),
    ...linear('time.0', timeChannels, width),
    ...linear('time.2', width, width),
    ['classes', [classes, width]],
    ...Array.from({ length: depth }, (_, i) => block(i)).flat(),
    ...linear('final.adaLN', width, 2 * width),
    ...linear('final.linear', width, channels),
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
  parameters: Readonly<Record<string, Tensor>>,
  x: Tensor3D,
  t: Tensor1D,
  labels: Tensor1D,
  positions: Tensor3D,
): Tensor3D {
  const { width, depth } = shape;
  const linear = (name: string, input: Tensor): Tensor => affine(parameters, name, input);
  let h = tf.add(linear('embed', x), positions);
  const timed = linear('time.2', silu(linear('time.0', timeEmbedding(t, shape.timeChannels))));
  const condition = silu(tf.add(timed, tf.gather(parameters['classes']!, labels))) as Tensor2D;
  for (let i = 0; i < depth; i++) {
    const name = `blocks.${i}`;
    const modulation = tf.expandDims(linear(`${name}.adaLN`, condition), 1);
    const [shift1, scale1, gate1, shift2, scale2, gate2] = tf.split(modulation, 6, 2) as Tensor[];
    const attended = attention(shape, linear(`${name}.qkv`, modulated(h, shift1!, scale1!)));
    h = tf.add(h, tf.mul(gate1!, linear(`${name}.proj`, attended)));
    const hidden = gelu(linear(`${name}.fc1`, modulated(h, shift2!, scale2!)));
    h = tf.add(h, tf.mul(gate2!, linear(`${name}.fc2`, hidden)));
  }
  const last = tf.expandDims(linear('final.adaLN', condition), 1);
  const [shift, scale] = tf.split(last, [width, width], 2) as [Tensor, Tensor];
  return linear('final.linear', modulated(h, shift, scale)) as Tensor3D;
}

/** Tokens share one matrix product: [B, T, in] is read as [B T, in]. */
function affine(parameters: Readonly<Record<string, Tensor>>, name: string, x: Tensor): Tensor {
  const weight = parameters[`${name}.weight`]! as Tensor2D;
  const rows = tf.reshape(x, [-1, weight.shape[0]]) as Tensor2D;
  const y = tf.add(tf.matMul(rows, weight), parameters[`${name}.bias`]!);
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** LN(h) (1 + scale) + shift, the norm without parameters, eps 1e-6. */
function modulated(h: Tensor, shift: Tensor, scale: Tensor): Tensor {
  const centred = tf.sub(h, tf.mean(h, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normed = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-6)));
  return tf.add(tf.mul(normed, tf.add(1, scale)), shift);
}

/** softmax(q k^T / sqrt(d)) v per head. @param qkv [B, T, 3 width] @returns [B, T, width] */
function attention({ tokens, width, heads }: DitShape, qkv: Tensor): Tensor {
  const size = width / heads;
  const split = tf.transpose(tf.reshape(qkv, [-1, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(split) as [Tensor, Tensor, Tensor]; // [B, heads, T, size]
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), size ** -0.5));
  const mixed = tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]);
  return tf.reshape(mixed, [-1, tokens, width]);
}

/** The tanh approximation: 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). */
function gelu(x: Tensor): Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}
