/** The loss of a step of Drifting, for one set of points or one for every class. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../tensor/ops.ts';
import { unconditionalWeight } from './alpha.ts';
import { driftLoss } from './drift-loss.ts';
import { driftField } from './field.ts';
import type { DriftingOptions } from './params.ts';

/** Sets of points, one of each for every group: [groups, count, dim]. */
export interface PointSets {
  readonly generated: Tensor;
  readonly data: Tensor;
  /** Generated points that repel, without gradient; null where those of `generated` do. */
  readonly others: Tensor | null;
  /** Data points of any class that repel too. */
  readonly any?: Tensor;
  /** Guidance that each group learns by them, [groups]. */
  readonly alpha?: Tensor1D;
}

interface LossValue {
  readonly loss: Scalar;
  readonly report: Record<string, Scalar>;
}

interface DriftingLoss {
  readonly kind: 'field' | 'normalised';
  value(sets: PointSets): LossValue;
}

/** The loss that the options mean for samples of this shape. */
export function driftingLoss(options: DriftingOptions, sampleShape: readonly number[]): DriftingLoss {
  const byDefault = sampleShape.length === 3 ? 'normalised' : 'field';
  const kind = options.loss === 'auto' ? byDefault : options.loss;
  return {
    kind,
    value: (sets) => (kind === 'field' ? fieldLoss(options, sets) : normalisedLoss(options, sets)),
  };
}

function normalisedLoss(
  options: DriftingOptions,
  { generated, data, others, any, alpha }: PointSets,
): LossValue {
  const [groups, count] = generated.shape as [number, number, number];
  let negatives = others as Tensor3D | null;
  let weights: Tensor2D | null = null;
  if (any !== undefined) {
    // In proportion to alpha - 1.
    const each = tf.mul(tf.sub(alpha!, 1), unconditionalWeight(2, count, any.shape[1]!));
    const ofAny = tf.tile(tf.reshape(each, [groups, 1]), [1, any.shape[1]!]);
    const own = others === null ? [] : [tf.ones([groups, others.shape[1]!])];
    weights = tf.concat([...own, ofAny], 1) as Tensor2D;
    negatives = tf.concat(others === null ? [any] : [others, any], 1) as Tensor3D;
  }
  const { loss, fieldSquares } = driftLoss(
    generated as Tensor3D,
    data as Tensor3D,
    negatives,
    weights,
    options,
  );
  return {
    loss: tf.mean(loss) as Scalar,
    report: { drift: tf.sqrt(tf.addN([...fieldSquares])) as Scalar },
  };
}

/** The plain field of every group, the mean over them. */
function fieldLoss(options: DriftingOptions, { generated, data, others }: PointSets): LossValue {
  const groups = generated.shape[0]!;
  if (groups === 1) {
    const one = (x: Tensor): Tensor2D => tf.squeeze(x, [0]) as Tensor2D;
    return fieldLossOf(options, one(generated), one(data), others === null ? null : one(others));
  }
  const each = Array.from({ length: groups }, (_, group) => {
    const part = (x: Tensor): Tensor2D => tf.squeeze(tf.slice(x, group, 1), [0]) as Tensor2D;
    return fieldLossOf(options, part(generated), part(data), others === null ? null : part(others));
  });
  const mean = (values: Scalar[]): Scalar => tf.div(tf.addN(values), groups);
  return {
    loss: mean(each.map(({ loss }) => loss)),
    report: { drift: mean(each.map(({ report }) => report['drift']!)) },
  };
}

function fieldLossOf(
  { temperature, kernel, normalise, attraction, repulsion }: DriftingOptions,
  x: Tensor2D,
  data: Tensor2D,
  others: Tensor2D | null,
): LossValue {
  const own = stopGradient(x);
  const { attract, repel } = driftField(own, data, others ?? own, {
    temperature,
    kernel,
    normalise,
    maskSelf: others === null,
  });
  const drift = tf.sub(tf.mul(attract, attraction), tf.mul(repel, repulsion));
  const loss = tf.mean(tf.square(tf.sub(x, stopGradient(tf.add(own, drift))))) as Scalar;
  return { loss, report: { drift: tf.sqrt(tf.mean(tf.sum(tf.square(drift), 1))) as Scalar } };
}
