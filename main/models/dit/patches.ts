/** Images as rows of patches and back: patches row by row, and in each its (row, column, channel). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** @param x [B, H, W, C], both sizes multiples of `patch`  @returns [B, H W / patch^2, patch^2 C] */
export function patchify(x: Tensor, patch: number): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [height / patch, width / patch];
  const cut = tf.reshape(x, [batch, rows, patch, columns, patch, channels]);
  const gathered = tf.transpose(cut, [0, 1, 3, 2, 4, 5]);
  return tf.reshape(gathered, [batch, rows * columns, patch * patch * channels]);
}

/** @param tokens [B, (size / patch)^2, patch^2 C]  @returns [B, size, size, C] */
export function unpatchify(tokens: Tensor, patch: number, size: number): Tensor {
  const [batch, , values] = tokens.shape as [number, number, number];
  const rows = size / patch;
  const channels = values / patch ** 2;
  const cut = tf.reshape(tokens, [batch, rows, rows, patch, patch, channels]);
  return tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [batch, size, size, channels]);
}
