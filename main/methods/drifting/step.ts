/**
 * The gradient of a step of Drifting, at once or a few samples at a time. The field depends on the whole
 * batch, so that micro-batches need two passes: one without gradient for the features of all samples,
 * from which the goals follow, and one with gradient towards those fixed goals, whose sum is the gradient
 * of the whole batch. Of activations there are then never more than those of one micro-batch.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { repeat } from '../../tensor/repeat.ts';
import { type Packing, packedValueAndGrad, unpack } from '../../tensor/tree.ts';
import type { PackedGradient } from '../optimisation.ts';
import { type Features, featureRows, featuresOfRows } from './features.ts';
import { type FeatureSets, type Goals, lossTo } from './loss.ts';

/** What a step generates from: noise [n, noiseDim] and what each sample is asked for. */
export interface Start {
  readonly noise: Tensor;
  readonly condition: Condition | undefined;
}

export interface StepTask {
  readonly packing: Packing;
  readonly groups: number;
  /** Samples of a micro-batch; 0 for all at once. */
  readonly microBatch: number;
  readonly start: Start;
  /** Of negatives of their own. */
  readonly others: Start | null;
  /** [n, D] */
  readonly data: Tensor;
  readonly any: Tensor | null;
  readonly alpha: Tensor1D | null;
  generate(parameters: Readonly<Record<string, Tensor>>, start: Start): Tensor;
  /** What makes features of samples [n, D]; to be called once in a graph, into which it brings the encoder. */
  features(): (x: Tensor) => Features;
  goalsOf(sets: FeatureSets): Goals;
}

export function stepGradient(params: Tensor1D, task: StepTask): PackedGradient {
  return task.microBatch > 0 ? inMicroBatches(params, task) : atOnce(params, task);
}

function atOnce(params: Tensor1D, task: StepTask): PackedGradient {
  const { groups, start, others, data, any, alpha } = task;
  const featuresOf = task.features();
  return packedValueAndGrad(params, task.packing, (parameters) => {
    const generated = featuresOf(task.generate(parameters, start));
    const { goals, report } = task.goalsOf({
      groups,
      generated,
      data: featuresOf(data),
      others: others === null ? null : featuresOf(stopGradient(task.generate(parameters, others))),
      any: any === null ? null : featuresOf(any),
      alpha,
    });
    return { loss: lossTo(goals, generated), kept: report };
  });
}

function inMicroBatches(params: Tensor1D, task: StepTask): PackedGradient {
  const { groups, packing, start, others, data, any, alpha } = task;
  // Of the shapes alone: nothing reads what it computes.
  const like = task.features()(tf.zeros([1, data.shape[1]!]));
  const rowsOf = (from: Start): Features => {
    const rows = rowsInRounds(task, { ...rowsOfStart(from), params }, ['params'], like, (given) =>
      task.generate(unpack(given['params'] as Tensor1D, packing), startOfRows(given)),
    );
    return featuresOfRows(rows, like);
  };
  const rowsOfData = (x: Tensor): Features =>
    featuresOfRows(
      rowsInRounds(task, { x }, [], like, (given) => given['x']!),
      like,
    );
  const { goals, report } = task.goalsOf({
    groups,
    generated: rowsOf(start),
    data: rowsOfData(data),
    others: others === null ? null : rowsOf(others),
    any: any === null ? null : rowsOfData(any),
    alpha,
  });

  const names = Object.keys(goals);
  const units = names.map((name) => goals[name]!.unit);
  const hasUnits = units[0] !== null;
  const goalRows = featureRows(
    Object.fromEntries(names.map((name) => [name, goals[name]!.values])) as Features,
  );
  const count = start.noise.shape[0]!;
  const invariant = {
    ...rowsOfStart(start),
    goals: goalRows,
    params,
    ...(hasUnits ? { units: tf.stack(units as Scalar[]) } : {}),
  };
  const sum = repeat(
    rounds(task, count),
    tf.zeros([1 + packing.size]) as Tensor,
    invariant,
    (carried, inside, round) => {
      const { rows, weights } = rowsOfRound(round, task.microBatch, count);
      const given = rowsOnly(inside, rows, ['params', 'units']);
      const values = featuresOfRows(given['goals']!, like);
      const unitOf = (i: number): Scalar | null =>
        hasUnits ? (tf.reshape(tf.slice(given['units']!, [i], [1]), []) as Scalar) : null;
      const fixed = Object.fromEntries(
        names.map((name, i) => [name, { values: values[name]!, unit: unitOf(i) }]),
      );
      const featuresOf = task.features();
      const { loss, grad } = packedValueAndGrad(given['params'] as Tensor1D, packing, (parameters) => ({
        loss: lossTo(fixed, featuresOf(task.generate(parameters, startOfRows(given))), weights),
        kept: {},
      }));
      return tf.add(carried, tf.concat([tf.reshape(loss, [1]), grad]));
    },
  );
  return {
    loss: tf.reshape(tf.slice(sum, [0], [1]), []) as Scalar,
    grad: tf.slice(sum, [1], [packing.size]) as Tensor1D,
    kept: report,
  };
}

type Named = Readonly<Record<string, Tensor>>;

const rounds = ({ microBatch }: StepTask, count: number): number => Math.ceil(count / microBatch);

function rowsOfStart({ noise, condition }: Start): Named {
  return {
    noise,
    ...(condition === undefined ? {} : { label: condition.label }),
    ...(condition?.guidance === undefined ? {} : { guidance: condition.guidance }),
  };
}

function startOfRows(given: Named): Start {
  const guidance = given['guidance'];
  const condition =
    given['label'] === undefined
      ? undefined
      : {
          label: given['label'] as Tensor1D,
          ...(guidance === undefined ? {} : { guidance: guidance as Tensor1D }),
        };
  return { noise: given['noise']!, condition };
}

/**
 * The rows of a round and what each weighs in a mean over all; the last round takes the last row again where
 * there are too few, without weight.
 */
function rowsOfRound(round: Scalar, size: number, count: number): { rows: Tensor1D; weights: Tensor1D } {
  const asked = tf.add(tf.mul(round, size), tf.range(0, size));
  const isThere = tf.cast(tf.less(asked, count), 'float32');
  return {
    rows: tf.cast(tf.minimum(asked, count - 1), 'int32') as Tensor1D,
    weights: tf.div(isThere, count) as Tensor1D,
  };
}

/** Those rows of all but the tensors that are `whole`. */
function rowsOnly(all: Named, rows: Tensor1D, whole: readonly string[]): Named {
  return Object.fromEntries(
    Object.entries(all).map(([name, x]) => [name, whole.includes(name) ? x : tf.gather(x, rows)]),
  );
}

/** The features of samples made of some rows at a time, all of them as rows, [n, W]. */
function rowsInRounds(
  task: StepTask,
  inputs: Named,
  whole: readonly string[],
  like: Features,
  make: (given: Named) => Tensor,
): Tensor {
  const { microBatch: size } = task;
  const count = Object.entries(inputs).find(([name]) => !whole.includes(name))![1].shape[0]!;
  const width = featureRows(like).shape[1]!;
  const places = rounds(task, count);
  // Every round fills one row of as many samples, which is zero before.
  const filled = repeat(
    places,
    tf.zeros([places, size * width]) as Tensor,
    inputs,
    (carried, inside, round) => {
      const given = rowsOnly(inside, rowsOfRound(round, size, count).rows, whole);
      const made = tf.reshape(featureRows(task.features()(make(given))), [1, size * width]);
      const isHere = tf.cast(tf.equal(tf.range(0, places), round), 'float32');
      return tf.add(carried, tf.mul(tf.reshape(isHere, [places, 1]), made));
    },
  );
  return tf.slice(tf.reshape(filled, [places * size, width]), [0, 0], [count, width]);
}
