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
