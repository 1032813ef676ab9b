/** Held-out images as training looks at them: small statistics in pixels, made once for a data set. */
import type { DataSource } from '../../datasets/index.ts';
import { type FrechetReference, frechetFrom, frechetReference } from '../../metrics/frechet.ts';
import { MomentAccumulator } from '../../metrics/moments.ts';
import { inTurns } from '../../metrics/turns.ts';
import { realImages } from './reference-images.ts';
import { labelsLike } from './reference-labels.ts';

/** Numbers of an image up to which the distance takes a moment: 1024 would take seconds each time. */
const WIDEST = 784;

interface QuickReference {
  /** Frechet distance in pixels; null for larger images. @param points  [n, dim] */
  readonly frechet: ((points: Float32Array) => Promise<number>) | null;
  /** A class for every sample in the shares of the data; null where there are none. */
  labelsOf(classes: number, count: number, seed: number): Float32Array | null;
}

/** A plan's source stays while the plan does. */
const known = new WeakMap<DataSource, QuickReference>();

export function quickReference(source: DataSource): QuickReference {
  let reference = known.get(source);
  if (reference === undefined) {
    reference = referenceOf(source);
    known.set(source, reference);
  }
  return reference;
}

function referenceOf(source: DataSource): QuickReference {
  const { dim, classes = 0 } = source;
  const real = realImages(source, source.holdout === undefined ? 'training' : 'holdout', undefined);
  const perClass = new Float64Array(classes);
  const moments = dim <= WIDEST ? new MomentAccumulator(dim) : null;
  for (const { values, labels } of real.batches()) {
    moments?.add(values);
    if (classes > 0) for (const label of labels) perClass[label]! += 1;
  }
  let factored: Promise<FrechetReference> | null = null;
  return {
    frechet:
      moments === null
        ? null
        : async (points) => {
            factored ??= inTurns(frechetReference(moments.moments()));
            const made = new MomentAccumulator(dim).add(points).moments();
            return Math.max(0, await inTurns(frechetFrom(await factored, made)));
          },
    labelsOf: (asked, count, seed) =>
      labelsLike({ perClass: classes === 0 ? null : perClass }, asked, { count, seed, classes: 'reference' }),
  };
}
