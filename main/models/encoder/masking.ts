/** Squares of images hidden from an encoder (He et al., Masked autoencoders, 2022). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** How many squares of `side` pixels an image [H, W, C] has; the side divides both. */
export function squaresOf([height, width]: readonly number[], side: number): number {
  return (height! / side) * (width! / side);
}

/**
 * Where images are hidden, as ones.
 *
 * @param draw   [B, squares] uniform in [0, 1), row by row; those below `share` are hidden
 * @param shape  [H, W, C] of an image
 * @returns [B, H, W, 1]
 */
export function hiddenPlaces(draw: Tensor, shape: readonly number[], side: number, share: number): Tensor {
  const [height, width] = shape as [number, number];
  const [rows, columns] = [height / side, width / side];
  const squares = tf.reshape(tf.cast(tf.less(draw, share), 'float32'), [-1, rows, 1, columns, 1]);
  return tf.reshape(tf.tile(squares, [1, 1, side, 1, side]), [-1, height, width, 1]);
}

/** The images with 0, the middle of their range, where they are hidden. */
export function withHidden(x: Tensor, hidden: Tensor): Tensor {
  return tf.mul(x, tf.sub(1, hidden));
}

/**
 * Square errors at hidden places, summed for each image, and how many numbers that is; an image of which
 * nothing is hidden has none.
 *
 * @param made,x [B, H, W, C]  @param hidden [B, H, W, 1]
 * @returns each [B]
 */
export function hiddenError(made: Tensor, x: Tensor, hidden: Tensor): { sum: Tensor; count: Tensor } {
  const channels = x.shape[3]!;
  return {
    sum: tf.sum(tf.mul(tf.square(tf.sub(made, x)), hidden), [1, 2, 3]),
    count: tf.mul(tf.sum(hidden, [1, 2, 3]), channels),
  };
}
