/**
 * The field of the normalised loss where a picture wants it: at the samples, or at points that are none of
 * them, in the units of the data.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { type DriftLossOptions, LEAST_LENGTH, LEAST_SQUARE, pairDistances, selfMask } from './drift-loss.ts';

/** How strongly every data point attracts and every sample repels a query. */
interface QueryWeights {
  /** [M, P] */
  readonly attract: Tensor;
  /** [M, N] */
  readonly repel: Tensor;
}

/**
 * The weights of all temperatures together, each over the root mean square of its field at the samples:
 * V+ = sum_j attract_ij (y_j - x_i) is what the loss adds to x, in the units of x. At a query the
 * sums over samples (the second softmax) stay those of the samples, so that it adds no mass of its own.
 *
 * @param queries  [M, D]; null for the samples, which do not see themselves
 * @param samples  [N, D]  @param data  [P, D]
 */
export function normalisedWeights(
  queries: Tensor2D | null,
  samples: Tensor2D,
  data: Tensor2D,
  options: DriftLossOptions,
): QueryWeights {
  const [count, dim] = samples.shape;
  const targets = tf.concat([samples, data], 0) as Tensor2D;
  const apart = distances(samples, targets);
  const scale = tf.mean(apart) as Scalar;
  const unit = tf.maximum(tf.div(scale, Math.sqrt(dim)), LEAST_LENGTH);
  const scaled = (d: Tensor): Tensor => tf.div(d, tf.maximum(scale, LEAST_LENGTH));
  const among = tf.add(scaled(apart), selfMask(count, data.shape[0]));
  const from = queries === null ? among : scaled(distances(queries, targets));

  const each = options.temperatures.map((temperature): QueryWeights => {
    const exponent = tf.mul(among, -1 / temperature);
    const overSamples = tf.logSumExp(exponent, 0, true);
    const weightsOf = (x: Tensor): QueryWeights => weightsFrom(x, overSamples, count, options);
    const own = weightsOf(exponent);
    const field = tf.sub(pull(own.attract, samples, data), pull(own.repel, samples, samples));
    const square = tf.mean(tf.square(tf.div(field, unit)));
    const size = tf.sqrt(tf.maximum(square, LEAST_SQUARE));
    const asked = queries === null ? own : weightsOf(tf.mul(from, -1 / temperature));
    return { attract: tf.div(asked.attract, size), repel: tf.div(asked.repel, size) };
  });
  return {
    attract: tf.addN(each.map(({ attract }) => attract)),
    repel: tf.addN(each.map(({ repel }) => repel)),
  };
}

/** sum_j weights_ij (y_j - x_i), [M, D]. */
export function pull(weights: Tensor, x: Tensor2D, y: Tensor2D): Tensor {
  return tf.sub(tf.matMul(weights as Tensor2D, y), tf.mul(tf.sum(weights, 1, true), x));
}

/** W of one temperature from the exponents of its kernel, [M, N + P]. */
function weightsFrom(
  exponent: Tensor,
  overSamples: Tensor,
  count: number,
  { affinityFloor, attraction = 1, repulsion = 1 }: DriftLossOptions,
): QueryWeights {
  const overTargets = tf.logSumExp(exponent, 1, true);
  // In logarithms: a query may lie nearer to a target than any sample does.
  const product = tf.exp(tf.sub(exponent, tf.mul(tf.add(overTargets, overSamples), 0.5)));
  const affinity = tf.maximum(product, Math.sqrt(affinityFloor));
  const [minus, plus] = tf.split(affinity, [count, affinity.shape[1]! - count], 1) as [Tensor, Tensor];
  return {
    attract: tf.mul(tf.mul(plus, tf.sum(minus, 1, true)), attraction),
    repel: tf.mul(tf.mul(minus, tf.sum(plus, 1, true)), repulsion),
  };
}

function distances(x: Tensor2D, y: Tensor2D): Tensor {
  return tf.squeeze(pairDistances(tf.expandDims(x, 0), tf.expandDims(y, 0)), [0]);
}
