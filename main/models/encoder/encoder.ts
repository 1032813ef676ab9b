/**
 * A convolutional encoder of images of any size: the residual network of basic blocks (He et al. 2016) with
 * group norms that Drifting takes its features from, and the decoder that it is trained with as a masked
 * autoencoder.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { type Parameters, groupNormed } from '../vae/layers.ts';
import { type Block, type EncoderShape, ascentsOf, groupsOf, stagesOf } from './encoder-shapes.ts';

/** What an encoder makes of images. */
export interface Encoded {
  /**
   * Maps from fine to coarse, each [B, h, w, C]: `conv1`, and of every stage k its second, fourth, ... block
   * `layerk_blk2` and its end `layerk`, normed.
   */
  readonly maps: Readonly<Record<string, Tensor>>;
  /** Those that a decoder reads: the first layer, then the end of every stage. */
  readonly levels: readonly Tensor[];
}

/** @param x [B, H, W, channels] */
export function encodeImages(shape: EncoderShape, parameters: Parameters, x: Tensor): Encoded {
  const maps: Record<string, Tensor> = {};
  let h = tf.relu(convNormed(parameters, 'conv1', x));
  maps['conv1'] = h;
  const levels = [h];
  for (const { name, blocks } of stagesOf(shape)) {
    blocks.forEach((block, j) => {
      h = applyBlock(parameters, block, h);
      if (j % 2 === 1) maps[`${name}_blk${j + 1}`] = h;
    });
    h = normed(parameters, name, h);
    maps[name] = h;
    levels.push(h);
  }
  return { maps, levels };
}

/** One vector for each image: the means of the last stage. @returns [B, C] */
export function pooled({ levels }: Encoded): Tensor {
  return tf.mean(levels.at(-1)!, [1, 2]);
}

/** @param vector [B, C] as {@link pooled}  @returns [B, classes] */
export function classLogits(parameters: Parameters, vector: Tensor): Tensor {
  return tf.add(tf.matMul(vector, parameters['head.weight']!), parameters['head.bias']!);
}

/** The images that the decoder makes of what was encoded, [B, H, W, channels]. */
export function decodeImages(shape: EncoderShape, parameters: Parameters, { levels }: Encoded): Tensor {
  let h = tf.relu(convNormed(parameters, 'decoder.first', levels.at(-1)!));
  ascentsOf(shape).forEach(({ name }, i) => {
    const beside = levels[levels.length - 2 - i]!;
    const joined = normed(parameters, name, tf.concat([resized(h, beside), beside], 3));
    const first = tf.relu(convNormed(parameters, `${name}.conv1`, joined));
    h = tf.relu(convNormed(parameters, `${name}.conv2`, first));
  });
  const out = tf.conv2d(h as Tensor4D, parameters['decoder.last.weight'] as Tensor4D, 1, 'same');
  return tf.add(out, parameters['decoder.last.bias']!);
}

/** relu(shortcut(h) + norm(conv(relu(norm(conv(h)))))) */
function applyBlock(parameters: Parameters, { name, from, to, stride }: Block, h: Tensor): Tensor {
  const first = tf.relu(convNormed(parameters, `${name}.conv1`, h, stride));
  const second = convNormed(parameters, `${name}.conv2`, first);
  const isSame = from === to && stride === 1;
  return tf.relu(tf.add(isSame ? h : convNormed(parameters, `${name}.shortcut`, h, stride), second));
}

function convNormed(parameters: Parameters, name: string, x: Tensor, stride = 1): Tensor {
  const filter = parameters[`${name}.weight`] as Tensor4D;
  return normed(parameters, name, tf.conv2d(x as Tensor4D, filter, stride, 'same'));
}

function normed(parameters: Parameters, name: string, x: Tensor): Tensor {
  return groupNormed(parameters, `${name}.norm`, x, groupsOf(x.shape[3]!));
}

/**
 * Bilinear, at the size of another map. Pixels are where their upper left corners are: TensorFlow.js's own
 * gradient is right for that, and wrong for centres.
 */
function resized(x: Tensor, { shape }: Tensor): Tensor {
  const [height, width] = [shape[1]!, shape[2]!];
  if (x.shape[1] === height && x.shape[2] === width) return x;
  return tf.image.resizeBilinear(x as Tensor4D, [height, width]);
}
