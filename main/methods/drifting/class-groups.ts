/**
 * Drifting per class: at every step some classes, for each its own generated points, data points and
 * guidance, so that every class drifts towards its own data and away from itself alone.
 */
import { WorkbenchError } from '#contract/errors.ts';
import { Rng } from '../../tensor/rng.ts';
import type { Draw, PointSource } from '../method.ts';
import { alphaFromUniform } from './alpha.ts';
import { SampleBank, SteppedBank } from './bank.ts';
import type { DriftingOptions } from './params.ts';

export interface ClassGroups {
  /** Nc, classes of a step. */
  readonly count: number;
  /** G, generated points of each. */
  readonly generated: number;
  /** Np, data points of each. */
  readonly positives: number;
  /** Generated points of each that only repel; 0 for the generated ones themselves. */
  readonly negatives: number;
  /** N, data points of any class among the negatives of each. */
  readonly unconditional: number;
  /** `labels` [Nc], `data` [Nc, Np, dim] and, with unconditional negatives, `any` and `alpha` [Nc]. */
  readonly draws: Readonly<Record<string, Draw>>;
}

/** Data points drawn to find some of every class before the first step: so many at a time, and at most. */
const SOUGHT_AT_ONCE = 512;
const MOST_SOUGHT = 100 * SOUGHT_AT_ONCE;

/** @throws WorkbenchError `config/wrong-value` where a batch is too small for its classes */
export function classGroups(options: DriftingOptions, dim: number, classes: number): ClassGroups {
  const { batch, unconditional, alphaPower, unguidedShare } = options;
  const count = Math.min(options.groups || classes, classes);
  const generated = Math.floor(batch / count);
  if (generated < 2) {
    throw new WorkbenchError(
      'config/wrong-value',
      `params.batch: expected at least ${2 * count}, two points for each of ${count} classes, found ${batch}`,
      { field: 'params.batch' },
    );
  }
  const positives = options.positives > 0 ? Math.ceil(options.positives / count) : generated;
  const labelsAt = (seed: number): ((step: number) => Float32Array) => {
    if (count === classes) {
      const all = Float32Array.from({ length: classes }, (_, label) => label);
      return () => all;
    }
    // All draws of a step must mean the same classes, whatever their own streams.
    const rng = new Rng(seed, 'drifting/classes');
    return (step) => Float32Array.from(rng.at(step).permutation(classes).subarray(0, count));
  };
  return {
    count,
    generated,
    positives,
    negatives: Math.ceil(options.negatives / count),
    unconditional,
    draws: {
      labels: { kind: 'made', shape: [count], make: (_, rng) => labelsAt(rng.seed) },
      data: {
        kind: 'made',
        shape: [count, positives, dim],
        make: (source, rng) =>
          positivesOfClasses(source, rng, labelsAt(rng.seed), { ...options, count, positives, classes, dim }),
      },
      ...(unconditional > 0
        ? {
            any: { kind: 'data' as const, count: count * unconditional },
            alpha: {
              kind: 'made' as const,
              shape: [count],
              make: (_: PointSource, rng: Rng) => (step: number) => {
                const cursor = rng.at(step);
                return Float32Array.from({ length: count }, () => {
                  const isUnguided = cursor.uniform() < unguidedShare;
                  const alpha = alphaFromUniform(cursor.uniform(), alphaPower);
                  return isUnguided ? 1 : alpha;
                });
              },
            },
          }
        : {}),
    },
  };
}

interface BankOptions extends Pick<DriftingOptions, 'bank' | 'fresh'> {
  /** Classes of a step. */
  readonly count: number;
  readonly positives: number;
  readonly classes: number;
  readonly dim: number;
}

/**
 * Data points of the classes of every step, from the newest of each class. Without a bank that is asked
 * for, a step brings about twice as many new ones as it takes.
 */
function positivesOfClasses(
  source: PointSource,
  rng: Rng,
  labelsAt: (step: number) => Float32Array,
  { bank, fresh, count: asked, positives, classes, dim }: BankOptions,
): (step: number) => Float32Array {
  const capacity = bank > 0 ? bank : positives;
  const pushed = bank > 0 ? fresh : 2 * positives * asked;
  const drawn = (cursor: Rng, count: number): Points => {
    if (source.labelled === undefined) throw new Error('points of classes need data with labels');
    const { values, labels } = source.labelled(cursor, count);
    return withoutStrays(values, labels, classes, dim);
  };
  const kept = new SteppedBank(
    () => new SampleBank({ capacity, dim, classes }),
    (step) => (step === 0 ? someOfAll(drawn, rng.at(0), classes) : drawn(rng.at(step), pushed)),
    0,
  );
  const choice = new Rng(rng.seed, `${rng.stream}/bank`);
  return (step) => {
    const held = kept.at(step);
    const cursor = choice.at(step);
    const labels = labelsAt(step);
    const points = new Float32Array(labels.length * positives * dim);
    labels.forEach((label, i) => points.set(held.draw(cursor, positives, label), i * positives * dim));
    return points;
  };
}

interface Points {
  readonly points: Float32Array;
  readonly labels: Int32Array;
}

/** As many points as it takes to have some of every class. */
function someOfAll(draw: (cursor: Rng, count: number) => Points, cursor: Rng, classes: number): Points {
  const found: Points[] = [];
  const missing = new Set(Array.from({ length: classes }, (_, label) => label));
  for (let sought = 0; missing.size > 0; sought += SOUGHT_AT_ONCE) {
    if (sought >= MOST_SOUGHT) {
      throw new WorkbenchError(
        'dataset/missing-class',
        `dataset: expected samples of each of its ${classes} classes, found none of class ${[...missing][0]} among ${sought}`,
        { field: 'dataset' },
      );
    }
    const drawn = draw(cursor, SOUGHT_AT_ONCE);
    for (const label of drawn.labels) missing.delete(label);
    found.push(drawn);
  }
  const points = new Float32Array(found.reduce((size, each) => size + each.points.length, 0));
  let at = 0;
  for (const each of found) {
    points.set(each.points, at);
    at += each.points.length;
  }
  return { points, labels: Int32Array.from(found.flatMap(({ labels }) => [...labels])) };
}

/** Points of no class have no group to be in. */
function withoutStrays(
  values: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  dim: number,
): Points {
  const kept = Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i]! < classes);
  const points = new Float32Array(kept.length * dim);
  kept.forEach((row, i) => points.set(values.subarray(row * dim, (row + 1) * dim), i * dim));
  return { points, labels: Int32Array.from(kept, (row) => labels[row]!) };
}
