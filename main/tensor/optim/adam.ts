/** Adam and AdamW on packed vectors, as pure traceable functions. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /**
   * Decoupled weight decay (AdamW): the parameters shrink by `learningRate * weightDecay` before the
   * update, unscaled by the moments. 0 is plain Adam.
   */
  readonly weightDecay?: number;
}

/** First and second moment, each [P]. */
export interface Moments {
  readonly first: Tensor1D;
  readonly second: Tensor1D;
}

/**
 * One step: m <- b1 m + (1-b1) g;  v <- b2 v + (1-b2) g^2;
 * p <- p (1 - lr wd) - lr (m / (1-b1^k)) / (sqrt(v / (1-b2^k)) + eps)
 *
 * Kingma & Ba 2015, Alg. 1; decay as Loshchilov & Hutter 2019, Alg. 2.
 *
 * @param params  [P]  @param grad  [P]
 * @param step  k, scalar float32, 1 at the first update
 * @param learningRate  scalar
 */
export function adamStep(
  params: Tensor1D,
  grad: Tensor1D,
  moments: Moments,
  step: Scalar,
  learningRate: Scalar,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamOptions = {},
): { params: Tensor1D; moments: Moments } {
  const first = tf.add(tf.mul(moments.first, beta1), tf.mul(grad, 1 - beta1)) as Tensor1D;
  const second = tf.add(tf.mul(moments.second, beta2), tf.mul(tf.square(grad), 1 - beta2)) as Tensor1D;
  // Both bias corrections are scalars moved out of the vector arithmetic:
  // (m/c1) / (sqrt(v/c2) + eps) = (sqrt(c2)/c1) m / (sqrt(v) + sqrt(c2) eps).
  const correction1 = tf.sub(1, tf.pow(beta1, step));
  const rootCorrection2 = tf.sqrt(tf.sub(1, tf.pow(beta2, step)));
  const rate = tf.div(tf.mul(learningRate, rootCorrection2), correction1);
  const denominator = tf.add(tf.sqrt(second), tf.mul(rootCorrection2, epsilon));
  const update = tf.div(tf.mul(first, rate), denominator);
  const shrunk = weightDecay === 0 ? params : tf.mul(params, tf.sub(1, tf.mul(learningRate, weightDecay)));
  return { params: tf.sub(shrunk, update) as Tensor1D, moments: { first, second } };
}

/** Norm of the whole gradient. @param grad [P] @returns scalar */
export function globalNorm(grad: Tensor1D): Scalar {
  return tf.sqrt(tf.sum(tf.square(grad))) as Scalar;
}

/**
 * g min(1, limit / |g|): the gradient keeps its direction (Pascanu et al. 2013).
 * @param norm  {@link globalNorm} of grad
 */
export function clipByGlobalNorm(grad: Tensor1D, norm: Scalar, limit: number): Tensor1D {
  return tf.mul(grad, tf.minimum(1, tf.div(limit, tf.maximum(norm, 1e-12)))) as Tensor1D;
}
