import * as tf from '@tensorflow/tfjs-core';
import type { GaussianMixture } from '../../gaussian-mixture.ts';
import type { GmData } from '../gm-policy.ts';
import type { PolicySource } from '../policy.ts';

/** The exact posterior of a mixture of one std at the source, as check 18 gives it. */
export function exactPosterior(mixture: GaussianMixture, { x, t }: PolicySource): GmData {
  const { count, dim } = mixture;
  const s2 = mixture.stds[0]! ** 2;
  const means = tf.reshape(tf.tensor(Array.from(mixture.means), [count, dim]), [1, count, dim, 1]);
  const time = tf.reshape(t, [-1, 1, 1, 1]);
  const signal = tf.sub(1, time);
  const spread = tf.add(tf.mul(tf.square(signal), s2), tf.square(time)); // v_s
  const apart = tf.sub(tf.expandDims(x, 1), tf.mul(signal, means));
  const logWeights = tf.sub(
    tf.reshape(tf.tensor(Array.from(mixture.weights, Math.log)), [1, count, 1, 1]),
    tf.div(tf.sum(tf.square(apart), 2, true), tf.mul(spread, 2)),
  );
  return {
    means: tf.add(means, tf.mul(tf.div(tf.mul(signal, s2), spread), apart)),
    logWeights: tf.sub(logWeights, tf.logSumExp(logWeights, 1, true)),
    variance: tf.div(tf.mul(s2, tf.square(time)), spread),
  };
}
