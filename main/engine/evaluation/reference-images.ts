/** Real images of a data set, batch after batch. */
import { createHash } from 'node:crypto';
import { WorkbenchError } from '#contract/errors.ts';
import type { DataSource } from '../../datasets/index.ts';
import { Rng } from '../../tensor/rng.ts';

/** Images that are drawn where every draw is new. */
const DRAWN = 10_000;
/** Numbers of one batch. */
const BATCH_NUMBERS = 2 ** 21;
/** Images whose bytes tell two sets of one name and size apart. */
const PROBES = 256;

/** Images that training never draws, those that it draws, or both. */
export type ReferenceKind = 'holdout' | 'training' | 'all';
/** The last are those that training draws with their mirror images, where it draws these too. */
export type RealImagesKind = ReferenceKind | 'mirrored-training';

interface Batch {
  /** [n, ...shape] */
  readonly values: Float32Array;
  /** [n], 0 where there are no classes */
  readonly labels: Int32Array;
}

interface RealImages {
  readonly count: number;
  readonly classes: number;
  batches(): Iterable<Batch>;
}

/**
 * @param label  images of this class alone
 * @throws WorkbenchError `config/wrong-value` where nothing was held out, or fewer than two images are left
 */
export function realImages(source: DataSource, kind: RealImagesKind, label: number | undefined): RealImages {
  const parts = partsOf(source, kind);
  const { classes = 0 } = source;
  const every = (): Iterable<Batch> => batchesOf(parts);
  if (label === undefined) {
    return { count: parts.reduce((sum, part) => sum + sizeOfPart(part), 0), classes, batches: every };
  }
  const ofClass = [...every()].map((batch) => only(batch, label, source.dim));
  const count = ofClass.reduce((sum, { labels }) => sum + labels.length, 0);
  if (count < 2) {
    throw new WorkbenchError(
      'config/wrong-value',
      `label: expected a class of at least 2 ${kind === 'holdout' ? 'held-out ' : ''}images to compare with, found ${count} of class ${label}`,
      { field: 'label' },
    );
  }
  return { count, classes, batches: () => ofClass };
}

/** Tells data of one name and other content apart: their size, and the images at a few hundred places. */
export function contentOf(source: DataSource): string {
  const { dim, size = null } = source;
  const hash = createHash('sha256').update(JSON.stringify([dim, size, source.holdout?.size ?? null]));
  if (size === null || source.items === undefined)
    return hash.update(source.sample(new Rng(0, 'reference/probe'), 8)).digest('hex');
  const probes = Math.min(PROBES, size);
  for (let i = 0; i < probes; i++) {
    const at = Math.floor((i * size) / probes);
    const { values, labels } = source.items(at, at + 1);
    hash.update(values).update(labels);
  }
  return hash.digest('hex');
}

function partsOf(source: DataSource, kind: RealImagesKind): readonly DataSource[] {
  const { holdout } = source;
  if (kind === 'training') return [source];
  if (kind === 'mirrored-training') {
    const { mirroredItems } = source;
    return mirroredItems === undefined ? [source] : [source, { ...source, items: mirroredItems }];
  }
  if (holdout !== undefined) {
    // Where every draw is new, what is held out is of the same law as the rest.
    return kind === 'holdout' || source.size === undefined ? [holdout] : [source, holdout];
  }
  if (kind === 'all') return [source];
  throw new WorkbenchError(
    'config/wrong-value',
    'reference: expected training or all, for none of this data was held out, found holdout',
    { field: 'reference' },
  );
}

function sizeOfPart({ size }: DataSource): number {
  return size ?? DRAWN;
}

function* batchesOf(parts: readonly DataSource[]): Iterable<Batch> {
  for (const part of parts) {
    const size = sizeOfPart(part);
    const each = Math.max(1, Math.floor(BATCH_NUMBERS / part.dim));
    const rng = new Rng(0, 'reference/draws');
    for (let from = 0; from < size; from += each) {
      const to = Math.min(from + each, size);
      if (part.items !== undefined && part.size !== undefined) yield part.items(from, to);
      else yield drawn(part, rng.at(from), to - from);
    }
  }
}

function drawn(part: DataSource, rng: Rng, count: number): Batch {
  return part.labelled?.(rng, count) ?? { values: part.sample(rng, count), labels: new Int32Array(count) };
}

function only({ values, labels }: Batch, label: number, dim: number): Batch {
  const rows = Array.from(labels.keys()).filter((row) => labels[row] === label);
  const kept = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => kept.set(values.subarray(row * dim, (row + 1) * dim), i * dim));
  return { values: kept, labels: new Int32Array(rows.length).fill(label) };
}
