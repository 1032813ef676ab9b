/**
 * The normalised drift loss of the Drifting release, for batches of point sets in feature spaces of
 * unknown scale. Differences from the plain estimator of field.ts: distances are divided by their
 * mean, several temperatures are added after each is normalised to unit mean square, sample weights
 * multiply the affinities after the softmaxes, and affinities have a floor.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../tensor/ops.ts';

export interface DriftLossOptions {
  /** Temperatures R in units of the mean distance. */
  readonly temperatures: readonly number[];
  /**
   * Least product of the two softmaxes under the square root. The release has 1e-6, which acts as a
   * weak uniform kernel; without an encoder it lets samples collapse, so toys use 1e-12.
   */
  readonly affinityFloor: number;
  /** Factors of the two halves of the field; 1 if left out. */
  readonly attraction?: number;
  readonly repulsion?: number;
}

/** Where the points of a batch are to go. No gradient flows into any of it. */
interface DriftGoal {
  /** [B, G, S] in units of `unit`: gen / unit plus the normalised field. */
  readonly goal: Tensor3D;
  /** c, the mean distance over sqrt(S); one number for the whole batch. */
  readonly unit: Scalar;
  /** Mean weighted distance, one number for the whole batch. */
  readonly scale: Scalar;
  /** Mean square of the un-normalised field per temperature: this one falls as the sets agree. */
  readonly fieldSquares: readonly Scalar[];
}

export interface DriftLoss extends Pick<DriftGoal, 'scale' | 'fieldSquares'> {
  /** [B]; its value is constant by construction and says nothing of progress. */
  readonly loss: Tensor1D;
}

/** Added to the self-distance in units of the mean distance: e^(-100/R) is nothing. */
const SELF_DISTANCE = 100;
/** Least scale, unit and square: what is divided by them may have collapsed. */
export const LEAST_LENGTH = 1e-3;
export const LEAST_SQUARE = 1e-8;

/**
 * @param gen  [B, G, S], the only argument through which a gradient flows
 * @param pos  [B, P, S]  @param neg  [B, N, S] further negatives beside gen itself, or null
 * @param negWeights  [B, N], 1 if null
 */
export function driftLoss(
  gen: Tensor3D,
  pos: Tensor3D,
  neg: Tensor3D | null,
  negWeights: Tensor2D | null,
  options: DriftLossOptions,
): DriftLoss {
  const { goal, unit, scale, fieldSquares } = driftGoal(gen, pos, neg, negWeights, options);
  const loss = tf.mean(tf.square(tf.sub(tf.div(gen, unit), goal)), [1, 2]) as Tensor1D;
  return { loss, scale, fieldSquares };
}

/** Arguments as those of {@link driftLoss}. */
export function driftGoal(
  gen: Tensor3D,
  pos: Tensor3D,
  neg: Tensor3D | null,
  negWeights: Tensor2D | null,
  options: DriftLossOptions,
): DriftGoal {
  const [batch, count, dim] = gen.shape;
  const extra = neg?.shape[1] ?? 0;
  const own = stopGradient(gen);
  const targets = tf.concat(neg ? [own, neg, pos] : [own, pos], 1); // [B, M, S]
  const ones = (n: number): Tensor2D => tf.ones([batch, n]);
  const weights = tf.expandDims(
    tf.concat(
      neg ? [ones(count), negWeights ?? ones(extra), ones(pos.shape[1])] : [ones(count), ones(pos.shape[1])],
      1,
    ),
    1,
  ); // [B, 1, M]

  const distances = pairDistances(own, targets); // [B, G, M]
  const scale = stopGradient(tf.div(tf.mean(tf.mul(distances, weights)), tf.mean(weights))) as Scalar;
  const unit = tf.maximum(tf.div(scale, Math.sqrt(dim)), LEAST_LENGTH) as Scalar;
  const scaledOwn = tf.div(own, unit);
  const scaledTargets = tf.div(targets, unit);
  const normalised = tf.add(
    tf.div(distances, tf.maximum(scale, LEAST_LENGTH)),
    selfMask(count, extra + pos.shape[1]),
  );

  const fieldSquares: Scalar[] = [];
  let total: Tensor = tf.zerosLike(scaledOwn);
  for (const temperature of options.temperatures) {
    const field = fieldAt(normalised, weights, scaledOwn, scaledTargets, count + extra, temperature, options);
    const square = tf.mean(tf.square(field)) as Scalar;
    fieldSquares.push(square);
    total = tf.add(total, tf.div(field, tf.sqrt(tf.maximum(square, LEAST_SQUARE))));
  }
  const goal = stopGradient(tf.add(scaledOwn, total)) as Tensor3D;
  return { goal, unit, scale, fieldSquares };
}

/** [count, count + others], on the diagonal what keeps a point from seeing itself. */
export function selfMask(count: number, others: number): Tensor {
  return tf.pad(tf.mul(tf.eye(count), SELF_DISTANCE), [
    [0, 0],
    [0, others],
  ]);
}

/** Field in scaled units at one temperature, [B, G, S]. */
function fieldAt(
  distances: Tensor,
  weights: Tensor,
  own: Tensor,
  targets: Tensor,
  negatives: number,
  temperature: number,
  { affinityFloor: floor, attraction = 1, repulsion = 1 }: DriftLossOptions,
): Tensor {
  const logits = tf.mul(distances, -1 / temperature);
  const overTargets = tf.softmax(logits, 2);
  const overGen = tf.transpose(tf.softmax(tf.transpose(logits, [0, 2, 1]), 2), [0, 2, 1]);
  const affinity = tf.mul(tf.sqrt(tf.maximum(tf.mul(overTargets, overGen), floor)), weights);
  const [minus, plus] = tf.split(affinity, [negatives, affinity.shape[2]! - negatives], 2) as [
    Tensor,
    Tensor,
  ];
  const coefficients = tf.concat(
    [
      tf.mul(tf.mul(minus, tf.sum(plus, 2, true)), -repulsion),
      tf.mul(tf.mul(plus, tf.sum(minus, 2, true)), attraction),
    ],
    2,
  );
  // With equal factors rows sum to zero up to rounding, which the second term takes out.
  return tf.sub(tf.matMul(coefficients, targets), tf.mul(tf.sum(coefficients, 2, true), own));
}

/** sqrt(max(|x|^2 + |y|^2 - 2 x.y, 1e-8)), as the release computes it. [B, G, M] */
export function pairDistances(x: Tensor, y: Tensor): Tensor {
  const squares = (points: Tensor): Tensor => tf.sum(tf.square(points), 2, true);
  const cross = tf.matMul(x as Tensor3D, y as Tensor3D, false, true);
  const squared = tf.sub(tf.add(squares(x), tf.transpose(squares(y), [0, 2, 1])), tf.mul(cross, 2));
  return tf.sqrt(tf.maximum(squared, 1e-8));
}
