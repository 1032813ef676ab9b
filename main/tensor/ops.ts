/** What TensorFlow.js lacks, in its own terms. */
import * as tf from '@tensorflow/tfjs-core';

/**
 * x with no gradient: forward the identity, backward zero. TensorFlow.js has no such op; every target
 * of a loss goes through here. The tape alone is stopped: a jvp passes its direction on.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((value: tf.Tensor | tf.GradSaveFunc) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return op(x) as T;
}

/**
 * x sigmoid(x), Elfwing et al. 2018; also swish. @param x any shape
 *
 * Its own gradient, dy (s + y (1 - s)) with s = sigmoid(x), takes four kernels where the product
 * rule takes six.
 */
export function silu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((value, save) => {
    const gate = tf.sigmoid(value as tf.Tensor);
    const y = tf.mul(value as tf.Tensor, gate);
    (save as tf.GradSaveFunc)([gate, y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [s, out] = saved as [tf.Tensor, tf.Tensor];
        return tf.mul(dy, tf.add(s, tf.mul(out, tf.sub(1, s))));
      },
    };
  });
  return op(x) as T;
}

/**
 * (x - mean) / sqrt(variance + eps) over the last axis, without parameters (Ba et al. 2016).
 *
 * Its own gradient, (dy - mean dy - y mean(dy y)) / sqrt(variance + eps), is what is left of the
 * product rule's when sums that are zero are not computed.
 */
export function layerNorm<T extends tf.Tensor>(x: T, eps: number): T {
  const op = tf.customGrad((value, save) => {
    const at = value as tf.Tensor;
    const centred = tf.sub(at, tf.mean(at, -1, true));
    const rate = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const y = tf.mul(centred, rate);
    (save as tf.GradSaveFunc)([y, rate]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [out, scale] = saved as [tf.Tensor, tf.Tensor];
        const along = tf.mean(tf.mul(dy, out), -1, true);
        const across = tf.sub(dy, tf.mean(dy, -1, true));
        return tf.mul(tf.sub(across, tf.mul(out, along)), scale);
      },
    };
  });
  return op(x) as T;
}

/** sqrt(2 / pi), and the cubic term of the tanh approximation (Hendrycks & Gimpel 2016). */
const GELU_SLOPE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/**
 * The tanh approximation of x Phi(x): x sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3), which is
 * 0.5 x (1 + tanh u). @param x any shape
 *
 * Its own gradient, dy (s + y (1 - s) 2u'), keeps three tensors where the product rule keeps nine:
 * what is kept is written to memory and read from it again, what is not stays in the cache.
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((value, save) => {
    const at = value as tf.Tensor;
    const cubic = tf.add(tf.mul(tf.square(at), 2 * GELU_SLOPE * GELU_CUBIC), 2 * GELU_SLOPE);
    const gate = tf.sigmoid(tf.mul(cubic, at));
    const y = tf.mul(at, gate);
    (save as tf.GradSaveFunc)([cubic, gate, y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [curve, s, out] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        const slope = tf.sub(tf.mul(curve, 3), 4 * GELU_SLOPE);
        return tf.mul(dy, tf.add(s, tf.mul(tf.mul(tf.sub(1, s), out), slope)));
      },
    };
  });
  return op(x) as T;
}
