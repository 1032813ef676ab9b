/** What an encoder lowers, and how its classes come in. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/** Share of the time with classes in which their weight rises: 1,000 steps of 3,000, as published. */
const RISING_SHARE = 1 / 3;

/**
 * Weight of the classes at a step: 0, then rising in a straight line, then `weight`.
 * @param step  1 at the first  @param share  last share of the steps that has classes
 */
export function classWeightAt(step: Scalar, totalSteps: number, weight: number, share: number): Scalar {
  const first = (1 - share) * totalSteps;
  const rising = Math.max(1, RISING_SHARE * share * totalSteps);
  return tf.mul(tf.clipByValue(tf.div(tf.sub(step, first), rising), 0, 1), weight) as Scalar;
}

/**
 * -log p(class) of each image; 0 for one of no class.
 *
 * @param logits [B, classes]  @param labels [B] whole numbers, `classes` for an image of none
 * @param smoothing  share of the target that goes to all classes alike
 * @returns [B]
 */
export function crossEntropy(logits: Tensor, labels: Tensor, smoothing: number): Tensor {
  const classes = logits.shape[1]!;
  const isOf = tf.equal(tf.expandDims(labels, 1), tf.expandDims(tf.range(0, classes), 0));
  const target = tf.cast(isOf, 'float32');
  const known = tf.sum(target, 1, true);
  const smoothed = tf.add(tf.mul(target, 1 - smoothing), tf.mul(known, smoothing / classes));
  return tf.neg(tf.sum(tf.mul(smoothed, tf.logSoftmax(logits)), 1));
}

/** 1 for an image whose class has the largest logit, 0 for others. @returns [B] */
export function correctOf(logits: Tensor, labels: Tensor): Tensor {
  return tf.cast(tf.equal(tf.cast(tf.argMax(logits, 1), 'float32'), labels as Tensor1D), 'float32');
}
