/** How good the features of an encoder are while it trains, by images that it never saw. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { DataSource } from '../../datasets/index.ts';
import { type FeatureMap, kindOf } from '../../maths/sampleable.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Plan } from '../plan/plan.ts';
import type { Column, SampledState } from '../sampling/model-programs.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

/** Images measured while an encoder trains: enough to see progress. */
const QUICK_COUNT = 512;

/**
 * What the training of an encoder records as it goes, of images that it never saw: the mean square error
 * where they are hidden, the same squares every time, and how well whole ones are told apart. Nothing where
 * no images are held out.
 */
export async function quickEncoderQuality(
  { source, config, sampleShape }: Plan,
  model: SamplingModel,
  state: SampledState,
): Promise<Record<string, number>> {
  const held = source === null ? null : heldOut(source, config.seed);
  if (held === null) return {};
  const count = held.values.length / sizeOf(sampleShape);
  const found = await model.programs.overRows(
    'encoder quality',
    state,
    {
      x: { values: held.values, shape: sampleShape },
      // As many for every image as it has numbers: squares are never more.
      hide: hidingColumn(held.values, sampleShape, config.seed),
      label: { values: held.labels ?? new Float32Array(count), shape: [] },
    },
    (sampleable, { x, hide, label }) =>
      measures(kindOf(sampleable, 'features'), x!, hide!, held.labels === null ? null : label!),
  );
  return summary(found, count);
}

interface Held {
  readonly values: Float32Array;
  /** Null for data without classes. */
  readonly labels: ArrayLike<number> | null;
}

/** Images that training does not draw; fresh ones where all are new. */
function heldOut(source: DataSource, seed: number): Held | null {
  const held = source.holdout ?? (source.size === undefined ? source : null);
  if (held === null) return null;
  const rng = new Rng(seed, 'quality/held-out');
  const whole = held.size !== undefined && held.size <= QUICK_COUNT ? held.items?.(0, held.size) : undefined;
  const drawn = whole ?? held.labelled?.(rng, QUICK_COUNT);
  if (drawn === undefined) return { values: held.sample(rng, QUICK_COUNT), labels: null };
  return { values: drawn.values, labels: held.classes === undefined ? null : drawn.labels };
}

function hidingColumn(values: Float32Array, sampleShape: readonly number[], seed: number): Column {
  const draws = new Rng(seed, 'quality/hide').fillUniform(new Float32Array(values.length));
  return { values: draws, shape: [sizeOf(sampleShape)] };
}

/** Of every image: error and count of hidden numbers, -log p(class), and whether its class is the likeliest. */
function measures(
  features: FeatureMap,
  x: Tensor,
  hide: Tensor,
  label: Tensor | null,
): Record<string, Tensor> {
  const found: Record<string, Tensor> = {};
  if (features.masked !== undefined) {
    const draw = tf.slice(hide, [0, 0], [-1, features.masked.squares]);
    const { sum, count } = features.masked.error(x, draw);
    Object.assign(found, { error: sum, hidden: count });
  }
  if (features.logits !== undefined && label !== null) {
    const logits = features.logits(x);
    const isOf = tf.equal(tf.expandDims(label, 1), tf.expandDims(tf.range(0, logits.shape[1]!), 0));
    const best = tf.cast(tf.argMax(logits, 1), 'float32');
    found['crossEntropy'] = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), tf.cast(isOf, 'float32')), 1));
    found['correct'] = tf.cast(tf.equal(best, label), 'float32');
  }
  return found;
}

function summary(found: Readonly<Record<string, Float32Array>>, count: number): Record<string, number> {
  const total = (name: string): number => found[name]!.reduce((sum, value) => sum + value, 0);
  return {
    ...(found['error'] && { heldOutReconstructionLoss: total('error') / Math.max(1, total('hidden')) }),
    ...(found['correct'] && {
      heldOutClassLoss: total('crossEntropy') / count,
      heldOutAccuracy: total('correct') / count,
    }),
  };
}
