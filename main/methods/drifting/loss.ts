/** Where samples are to go at a step of Drifting, for one set of them or one for every class, and the loss. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../tensor/ops.ts';
import { unconditionalWeight } from './alpha.ts';
import { driftGoal } from './drift-loss.ts';
import { type Features, placesApart, placesTogether } from './features.ts';
import { driftField } from './field.ts';
import type { DriftingOptions } from './params.ts';

/** The same features of what a step compares, group after group. */
export interface FeatureSets {
  readonly groups: number;
  readonly generated: Features;
  readonly data: Features;
  /** Of generated points that repel, without gradient; null where those of `generated` do. */
  readonly others: Features | null;
  /** Of data points of any class that repel too; null without. */
  readonly any: Features | null;
  /** Guidance that each group learns by them, [groups]. */
  readonly alpha: Tensor1D | null;
}

/** Where samples are to go in one feature space. */
interface Goal {
  /** [n, F, C] in units of `unit`. */
  readonly values: Tensor3D;
  /** Null for the unit of the features themselves. */
  readonly unit: Scalar | null;
}

/** Nothing of it has a gradient. */
export interface Goals {
  readonly goals: Readonly<Record<string, Goal>>;
  readonly report: Record<string, Scalar>;
}

/** How far samples have to go: the plain field at one temperature, or the released loss. */
export function lossKind(
  { loss }: Pick<DriftingOptions, 'loss'>,
  sampleShape: readonly number[],
): 'field' | 'normalised' {
  if (loss !== 'auto') return loss;
  return sampleShape.length === 3 ? 'normalised' : 'field';
}

/** The goals of a step in every feature space; they depend on its whole batch. */
export function goalsOf(kind: 'field' | 'normalised', options: DriftingOptions, sets: FeatureSets): Goals {
  const each = Object.keys(sets.generated).map((name) => {
    const { groups } = sets;
    const apart = (features: Features | null): Tensor3D | null =>
      features === null ? null : placesApart(features[name]!, groups);
    const points: PointSets = {
      generated: stopGradient(apart(sets.generated)!),
      data: apart(sets.data)!,
      others: apart(sets.others),
      any: apart(sets.any),
      alpha: sets.alpha,
    };
    const { values, unit, drift } =
      kind === 'field' ? plainGoal(options, points) : normalisedGoal(options, points, groups);
    return { name, goal: { values: placesTogether(values, groups), unit }, drift };
  });
  return {
    goals: Object.fromEntries(each.map(({ name, goal }) => [name, goal])),
    report: { drift: meanOf(each.map(({ drift }) => drift)) },
  };
}

/**
 * The sum over feature spaces of the mean square of x / unit - goal.
 *
 * @param rows  [n] weight of each sample; all alike, with the sum 1, if left out
 */
export function lossTo(goals: Goals['goals'], generated: Features, rows?: Tensor1D): Scalar {
  const each = Object.entries(goals).map(([name, { values, unit }]) => {
    const x = generated[name]!;
    const off = tf.square(tf.sub(unit === null ? x : tf.div(x, unit), values));
    return rows === undefined ? tf.mean(off) : tf.sum(tf.mul(tf.mean(off, [1, 2]), rows));
  });
  return (each.length === 1 ? each[0]! : tf.addN(each)) as Scalar;
}

/** Sets of points in one space, [B, count, S], where B counts groups and places. */
interface PointSets {
  readonly generated: Tensor3D;
  readonly data: Tensor3D;
  readonly others: Tensor3D | null;
  readonly any: Tensor3D | null;
  readonly alpha: Tensor1D | null;
}

interface GoalOfSets {
  readonly values: Tensor3D;
  readonly unit: Scalar | null;
  readonly drift: Scalar;
}

function normalisedGoal(
  options: DriftingOptions,
  { generated, data, others, any, alpha }: PointSets,
  groups: number,
): GoalOfSets {
  const [batches, count] = generated.shape;
  let negatives = others;
  let weights: Tensor2D | null = null;
  if (any !== null) {
    // In proportion to alpha - 1, and alike at all places of a group.
    const unguided = unconditionalWeight(2, count, any.shape[1]);
    const each = tf.reshape(tf.mul(tf.sub(alpha!, 1), unguided), [groups, 1]);
    const ofAny = tf.reshape(tf.tile(each, [1, (batches / groups) * any.shape[1]]), [batches, any.shape[1]]);
    const own = others === null ? [] : [tf.ones([batches, others.shape[1]])];
    weights = tf.concat([...own, ofAny], 1) as Tensor2D;
    negatives = others === null ? any : (tf.concat([others, any], 1) as Tensor3D);
  }
  const { goal, unit, fieldSquares } = driftGoal(generated, data, negatives, weights, options);
  return { values: goal, unit, drift: tf.sqrt(tf.addN([...fieldSquares])) as Scalar };
}

/** The plain field of every set. */
function plainGoal(options: DriftingOptions, { generated, data, others }: PointSets): GoalOfSets {
  const [batches, count, dim] = generated.shape;
  const part = (x: Tensor3D, b: number): Tensor2D =>
    (batches === 1 ? tf.squeeze(x, [0]) : tf.squeeze(tf.slice(x, b, 1), [0])) as Tensor2D;
  const each = Array.from({ length: batches }, (_, b) =>
    plainGoalOf(options, part(generated, b), part(data, b), others === null ? null : part(others, b)),
  );
  const values =
    batches === 1 ? tf.reshape(each[0]!.goal, [1, count, dim]) : tf.stack(each.map(({ goal }) => goal));
  return { values: values as Tensor3D, unit: null, drift: meanOf(each.map(({ drift }) => drift)) };
}

function plainGoalOf(
  { temperature, kernel, normalise, attraction, repulsion }: DriftingOptions,
  own: Tensor2D,
  data: Tensor2D,
  others: Tensor2D | null,
): { goal: Tensor; drift: Scalar } {
  const { attract, repel } = driftField(own, data, others ?? own, {
    temperature,
    kernel,
    normalise,
    maskSelf: others === null,
  });
  const drift = tf.sub(tf.mul(attract, attraction), tf.mul(repel, repulsion));
  return {
    goal: stopGradient(tf.add(own, drift)),
    drift: tf.sqrt(tf.mean(tf.sum(tf.square(drift), 1))) as Scalar,
  };
}

function meanOf(values: readonly Scalar[]): Scalar {
  return values.length === 1 ? values[0]! : tf.div(tf.addN([...values]), values.length);
}
