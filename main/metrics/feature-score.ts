/** Every metric of generated samples in one feature space, with its standard error. */
import type { Rng } from '../tensor/rng.ts';
import { type BlockMoments, RESAMPLES, resampledCounts, spreads } from './bootstrap.ts';
import { type FrechetReference, frechetFrom } from './frechet.ts';
import { type UsualNearness, memorisation } from './memorisation.ts';
import { type PairReference, pairsAgainst } from './pair-metrics.ts';
import { nearestRows } from './pairwise.ts';
import type { Points } from './points.ts';
import type { Work } from './turns.ts';

/** Real images that samples are looked up among. */
export interface NearestReference {
  /** [n, dim] */
  readonly rows: Points;
  /** [n], where they have classes */
  readonly labels: Int32Array | null;
  /** Of held-out images to these; null where nothing was held out, or every training image is new. */
  readonly usual: UsualNearness | null;
}

export interface ScoreReference {
  /** Null where samples have too many numbers for a covariance. */
  readonly frechet: FrechetReference | null;
  readonly pairs: PairReference;
  readonly nearest: NearestReference | null;
}

interface Generated {
  /** [n, dim], of all samples so many as pairs are formed of */
  readonly rows: Points;
  /** [n] classes that were asked for, if any were */
  readonly labels: ArrayLike<number> | null;
  /** Of all samples; null if no covariance is wanted. */
  readonly blocks: BlockMoments | null;
}

interface Score {
  /** By id, see index.ts. */
  readonly metrics: Record<string, number>;
  /** Standard errors of those that have one: how far a value strays when other samples are drawn. */
  readonly errors: Record<string, number>;
}

/**
 * Errors come from drawing samples with replacement, the reference held fixed: two models that are measured
 * against one reference share its error.
 *
 * @param rng  decides the draws
 */
export function* scoreFeatures(generated: Generated, reference: ScoreReference, rng: Rng): Work<Score> {
  const { rows, labels, blocks } = generated;
  const { dim } = reference.pairs;
  const count = rows.length / dim;
  const metrics: Record<string, number> = {};
  const errors: Record<string, number> = {};
  if (blocks !== null && reference.frechet !== null) {
    const moments = blocks.all().moments();
    metrics['frechetDistance'] = Math.max(0, yield* frechetFrom(reference.frechet, moments));
    const error = yield* blocks.error(reference.frechet);
    if (error !== null) errors['frechetDistance'] = error;
  }
  const pairs = yield* pairsAgainst(reference.pairs, rows);
  const nearness =
    reference.nearest === null ? null : yield* nearnessOf(rows, labels, dim, reference.nearest);
  const measure = (weights: Uint16Array | null): Record<string, number> => ({
    ...pairs.measure(weights),
    ...nearness?.(weights),
  });
  const draws: Record<string, number>[] = [];
  for (let draw = 0; draw < RESAMPLES; draw++) {
    draws.push(measure(resampledCounts(count, rng.at(draw))));
    yield;
  }
  return { metrics: { ...metrics, ...measure(null) }, errors: { ...errors, ...spreads(draws) } };
}

/** What nearest real images say of samples, for any weights of the samples. */
function* nearnessOf(
  rows: Points,
  asked: ArrayLike<number> | null,
  dim: number,
  { rows: real, labels, usual }: NearestReference,
): Work<(weights: Uint16Array | null) => Record<string, number>> {
  const { index, squared } = yield* nearestRows(rows, real, dim);
  const distances = squared.map((square) => Math.sqrt(square));
  const isRight =
    asked === null || labels === null ? null : index.map((at, i) => Number(labels[at] === asked[i]));
  return (weights) => {
    const found: Record<string, number> = {};
    if (isRight !== null) {
      const right = isRight.reduce((sum, each, i) => sum + each * (weights === null ? 1 : weights[i]!), 0);
      found['classAccuracy'] = right / isRight.length;
    }
    return usual === null ? found : { ...found, ...memorisation(distances, usual, weights) };
  };
}
