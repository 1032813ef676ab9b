/** Layers of an autoencoder, on images [B, H, W, C]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { silu } from '../../tensor/ops.ts';
import type { ResidualStage } from './autoencoder-shapes.ts';

export type Parameters = Readonly<Record<string, Tensor>>;

const NORM_EPS = 1e-6;

/** A convolution that keeps the size of the image. */
export function convolved(parameters: Parameters, name: string, x: Tensor): Tensor {
  const y = tf.conv2d(x as Tensor4D, parameters[`${name}.weight`] as Tensor4D, 1, 'same');
  return tf.add(y, parameters[`${name}.bias`]!);
}

/** Half the size: stride 2, with one row and column of zeros below and to the right alone. */
export function downsampled(parameters: Parameters, name: string, x: Tensor): Tensor {
  const y = tf.conv2d(x as Tensor4D, parameters[`${name}.weight`] as Tensor4D, 2, [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]);
  return tf.add(y, parameters[`${name}.bias`]!);
}

/** Twice the size by repeating every pixel, then a convolution. */
export function upsampled(parameters: Parameters, name: string, x: Tensor): Tensor {
  const [, height, width] = x.shape as [number, number, number, number];
  const large = tf.image.resizeNearestNeighbor(x as Tensor4D, [2 * height, 2 * width]);
  return convolved(parameters, name, large);
}

/**
 * Each group of channels normed over itself and all places (Wu & He 2018), then a learnt scale and shift
 * of each channel. The moments are those of the channels, joined: the image keeps its layout, and where
 * groups are looked at there is one number a channel left.
 */
export function groupNormed(parameters: Parameters, name: string, x: Tensor, groups: number): Tensor {
  const centred = tf.sub(x, groupMean(x, groups));
  const variance = groupMean(tf.square(centred), groups);
  const scale = tf.mul(tf.rsqrt(tf.add(variance, NORM_EPS)), parameters[`${name}.weight`]!);
  return tf.add(tf.mul(centred, scale), parameters[`${name}.bias`]!);
}

/** The mean of each channel's group, [B, 1, 1, C]. */
function groupMean(x: Tensor, groups: number): Tensor {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const ofChannels = tf.reshape(tf.mean(x, [1, 2]), [batch, groups, channels / groups]);
  const ofGroups = tf.tile(tf.mean(ofChannels, 2, true), [1, 1, channels / groups]);
  return tf.reshape(ofGroups, [batch, 1, 1, channels]);
}

/** x + conv(silu(norm(conv(silu(norm(x)))))), x through a 1x1 convolution where channels change. */
export function residual(
  parameters: Parameters,
  { name, from, to }: ResidualStage,
  x: Tensor,
  groups: number,
): Tensor {
  const first = convolved(
    parameters,
    `${name}.conv1`,
    silu(groupNormed(parameters, `${name}.norm1`, x, groups)),
  );
  const second = convolved(
    parameters,
    `${name}.conv2`,
    silu(groupNormed(parameters, `${name}.norm2`, first, groups)),
  );
  return tf.add(from === to ? x : convolved(parameters, `${name}.conv_shortcut`, x), second);
}

/** x + attention of one head among the places of the image, of scale C^-0.5. */
export function attended(parameters: Parameters, name: string, x: Tensor, groups: number): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const places = height * width;
  const linear = (layer: string, rows: Tensor): Tensor => {
    const weight = parameters[`${name}.${layer}.weight`]!;
    const flat = tf.reshape(rows, [batch * places, channels]);
    const y = tf.add(tf.matMul(flat, weight), parameters[`${name}.${layer}.bias`]!);
    return tf.reshape(y, [batch, places, channels]);
  };
  const normed = tf.reshape(groupNormed(parameters, `${name}.group_norm`, x, groups), [
    batch,
    places,
    channels,
  ]);
  const logits = tf.matMul(linear('to_q', normed), linear('to_k', normed), false, true);
  const weights = tf.softmax(tf.mul(logits, channels ** -0.5));
  const mixed = linear('to_out.0', tf.matMul(weights, linear('to_v', normed)));
  return tf.add(x, tf.reshape(mixed, x.shape));
}
