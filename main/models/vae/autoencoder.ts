/**
 * The autoencoder of latent diffusion (Rombach et al. 2022) as diffusers' AutoencoderKL has it: images in
 * [-1, 1] to the posterior of a latent and back.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { AutoencoderConfig } from '#contract/networks.ts';
import { silu } from '../../tensor/ops.ts';
import { decoderLevels, encoderLevels } from './autoencoder-shapes.ts';
import {
  type Parameters,
  attended,
  convolved,
  downsampled,
  groupNormed,
  residual,
  upsampled,
} from './layers.ts';

/** Bounds of the logarithm of the posterior's variance. */
const LOGVAR = { least: -30, most: 20 };

/** The posterior of a latent, [B, H / f, W / f, latentChannels] each, f = 2^(levels - 1). */
export interface Posterior {
  readonly mean: Tensor;
  readonly logvar: Tensor;
}

/**
 * The posterior before any scaling factor.
 * @param image [B, H, W, channels] in [-1, 1], H and W multiples of f
 */
export function encode(config: AutoencoderConfig, parameters: Parameters, image: Tensor): Posterior {
  const { groups, latentChannels, quantConvolutions } = config;
  let h = convolved(parameters, 'encoder.conv_in', image);
  for (const { blocks, resize } of encoderLevels(config)) {
    for (const stage of blocks) h = residual(parameters, stage, h, groups);
    if (resize !== null) h = downsampled(parameters, resize, h);
  }
  h = middle(config, parameters, 'encoder.mid_block', h);
  h = silu(groupNormed(parameters, 'encoder.conv_norm_out', h, groups));
  h = convolved(parameters, 'encoder.conv_out', h);
  if (quantConvolutions) h = convolved(parameters, 'quant_conv', h);
  const [mean, logvar] = tf.split(h, [latentChannels, latentChannels], 3) as [Tensor, Tensor];
  return { mean, logvar: tf.clipByValue(logvar, LOGVAR.least, LOGVAR.most) };
}

/** The latent of an image as networks are trained on it: the posterior's mean times the scaling factor. */
export function encodeScaled(config: AutoencoderConfig, parameters: Parameters, image: Tensor): Tensor {
  return tf.mul(encode(config, parameters, image).mean, config.scalingFactor);
}

/**
 * @param latent [B, h, w, latentChannels] before any scaling factor
 * @returns [B, f h, f w, channels], about in [-1, 1]
 */
export function decode(config: AutoencoderConfig, parameters: Parameters, latent: Tensor): Tensor {
  const { groups, quantConvolutions } = config;
  let h = quantConvolutions ? convolved(parameters, 'post_quant_conv', latent) : latent;
  h = convolved(parameters, 'decoder.conv_in', h);
  h = middle(config, parameters, 'decoder.mid_block', h);
  for (const { blocks, resize } of decoderLevels(config)) {
    for (const stage of blocks) h = residual(parameters, stage, h, groups);
    if (resize !== null) h = upsampled(parameters, resize, h);
  }
  h = silu(groupNormed(parameters, 'decoder.conv_norm_out', h, groups));
  return convolved(parameters, 'decoder.conv_out', h);
}

/** An image of a latent as networks are trained on them, which are latents times the scaling factor. */
export function decodeScaled(config: AutoencoderConfig, parameters: Parameters, latent: Tensor): Tensor {
  return decode(config, parameters, tf.div(latent, config.scalingFactor));
}

function middle(
  { widths, groups, middleAttention }: AutoencoderConfig,
  parameters: Parameters,
  name: string,
  x: Tensor,
): Tensor {
  const width = widths.at(-1)!;
  const block = (i: number, h: Tensor): Tensor =>
    residual(parameters, { name: `${name}.resnets.${i}`, from: width, to: width }, h, groups);
  const h = block(0, x);
  return block(1, middleAttention ? attended(parameters, `${name}.attentions.0`, h, groups) : h);
}
