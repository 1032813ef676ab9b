/** The digits of the experiments: what is learnt, what it is held against, and what samples are asked for. */
import type { DataSource } from '../datasets/index.ts';
import { Rng } from '../tensor/rng.ts';
import { sourceOf } from './lab.ts';

export interface Digits {
  readonly source: DataSource;
  /** What training draws from, and what it never sees; each image once. */
  readonly training: LabelledImages;
  readonly held: LabelledImages;
  /** Both, flat. */
  readonly all: Float32Array;
}

export interface LabelledImages {
  /** Flat [count * dim]. */
  readonly values: Float32Array;
  readonly labels: ArrayLike<number>;
}

let known: { readonly holdout: number; readonly digits: Digits } | null = null;

/** @param holdout  share of the images that is held out */
export function digitsWith(holdout: number): Digits {
  if (known?.holdout !== holdout) known = { holdout, digits: made(holdout) };
  return known.digits;
}

function made(holdout: number): Digits {
  const source = sourceOf('digits', { holdout });
  const training = imagesOf(source);
  const held = imagesOf(source.holdout!);
  const all = new Float32Array(training.values.length + held.values.length);
  all.set(training.values);
  all.set(held.values, training.values.length);
  return { source, training, held, all };
}

function imagesOf({ items, size }: DataSource): LabelledImages {
  return items!(0, size!);
}

/**
 * [count] classes that samples are asked for, in the proportions of the images held out: the same for all
 * arms of a seed.
 */
export function askedLabels({ held: { labels } }: Digits, count: number, seed: number): Float32Array {
  const order = new Rng(seed, 'reproduction/labels').permutation(labels.length);
  return Float32Array.from({ length: count }, (_, i) => labels[order[i % order.length]!]!);
}
