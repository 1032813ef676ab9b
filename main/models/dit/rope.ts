/** Rotary positions (Su et al. 2021): queries and keys turn by their place, so that products see distances. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Slowest turn of a position: its wavelength is 2 pi times this. */
const BASE = 10000;

/** Cosines and sines of the angles by which tokens turn, [T, size / 2]. */
export interface Turn {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Of tokens in one row: token k turns by k times 10000^(-2i / size). @param size  numbers of a head, even */
export function turnOf(tokens: number, size: number): Turn {
  const half = size / 2;
  const angles = Float64Array.from(
    { length: tokens * half },
    (_, i) => Math.floor(i / half) * BASE ** (-(i % half) / half),
  );
  const constant = (f: (angle: number) => number): Tensor =>
    tf.tensor2d(Float32Array.from(angles, f), [tokens, half]);
  return { cos: constant(Math.cos), sin: constant(Math.sin) };
}

/**
 * Numbers i and i + size / 2 of a head, as a point of a plane, turned by the angle of their token.
 * @param x [B, heads, T, size]
 */
export function turned(x: Tensor, { cos, sin }: Turn): Tensor {
  const [first, second] = tf.split(x, 2, 3) as [Tensor, Tensor];
  const across = tf.sub(tf.mul(first, cos), tf.mul(second, sin));
  const along = tf.add(tf.mul(second, cos), tf.mul(first, sin));
  return tf.concat([across, along], 3);
}
