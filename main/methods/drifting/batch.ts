/** What a step of Drifting draws: noise and data, group after group where classes are learnt. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Draw, PointSource } from '../method.ts';
import { SampleBank, SteppedBank } from './bank.ts';
import type { ClassGroups } from './class-groups.ts';
import type { DriftingOptions } from './params.ts';
import type { Start, StepTask } from './step.ts';

type Inputs = Readonly<Record<string, Tensor>>;

/** The tensors of a step. @param groups  null without classes  @param dim  numbers of a sample */
export function batchOf(
  inputs: Inputs,
  groups: ClassGroups | null,
  dim: number,
): Pick<StepTask, 'groups' | 'start' | 'others' | 'data' | 'any' | 'alpha'> {
  const rows = (x: Tensor): Tensor => tf.reshape(x, [-1, dim]);
  const startOf = (noise: Tensor): Start => ({
    noise,
    condition: groups === null ? undefined : conditionOf(groups, inputs, noise.shape[0]! / groups.count),
  });
  const { noise, data, others, any, alpha } = inputs;
  return {
    groups: groups?.count ?? 1,
    start: startOf(noise!),
    others: others === undefined ? null : startOf(others),
    data: rows(data!),
    any: any === undefined ? null : rows(any),
    alpha: (alpha ?? null) as Tensor1D | null,
  };
}

/** What `count` points of every class of a step are asked for, class after class. */
function conditionOf({ count: classes }: ClassGroups, { labels, alpha }: Inputs, count: number): Condition {
  const repeated = (x: Tensor): Tensor1D =>
    tf.reshape(tf.tile(tf.reshape(x, [classes, 1]), [1, count]), [-1]) as Tensor1D;
  return {
    label: repeated(labels!),
    ...(alpha === undefined ? {} : { guidance: repeated(alpha) }),
  };
}

/** The draws of a step that learns classes. @param noiseDim  numbers of noise of a sample */
export function groupDraws(
  { count, generated, negatives, draws }: ClassGroups,
  noiseDim: number,
): Record<string, Draw> {
  const noiseOf = (points: number): Draw => ({ kind: 'normal', shape: [count * points, noiseDim] });
  return {
    noise: noiseOf(generated),
    ...draws,
    ...(negatives > 0 ? { others: noiseOf(negatives) } : {}),
  };
}

/** The draws of a step that learns one law. */
export function plainDraws(
  options: DriftingOptions,
  sampleShape: readonly number[],
  noiseDim: number,
): Record<string, Draw> {
  const { batch, bank, negatives } = options;
  const positives = options.positives || batch;
  const dim = sizeOf(sampleShape);
  return {
    noise: { kind: 'normal', shape: [batch, noiseDim] },
    data:
      bank > 0
        ? {
            kind: 'made',
            shape: [positives, ...sampleShape],
            make: (source, rng) => positivesFromBank(source, rng, { ...options, positives, dim }),
          }
        : { kind: 'data', count: positives },
    ...(negatives > 0 ? { others: { kind: 'normal' as const, shape: [negatives, noiseDim] } } : {}),
  };
}

/** Positives of every step from a bank that each step refreshes. */
function positivesFromBank(
  source: PointSource,
  rng: Rng,
  { bank, fresh, positives, dim }: { bank: number; fresh: number; positives: number; dim: number },
): (step: number) => Float32Array {
  const kept = new SteppedBank(
    () => new SampleBank({ capacity: bank, dim }),
    (step) => ({ points: source.sample(rng.at(step), fresh) }),
  );
  const choice = new Rng(rng.seed, `${rng.stream}/bank`);
  return (step) => kept.at(step).draw(choice.at(step), positives);
}
