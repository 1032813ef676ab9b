import { nearestRows } from './pairwise.ts';
import type { Points } from './points.ts';
import type { Work } from './turns.ts';

/** Share of genuine data that counts as closer to the training set than genuine data are. */
const QUANTILE = 0.01;

/** How near data that were held out lie to those that were trained on: what is usual. */
export interface UsualNearness {
  /** Median distance of a held-out row to its nearest training row. */
  readonly median: number;
  /** Below it lies one in a hundred of them. */
  readonly low: number;
}

/**
 * What memorisation is measured against. A model that copies its training data makes samples nearer to
 * training images than other images of the same law are, so the distances d(y) = min over training x of
 * |y - x| of samples are held against those of held-out data, in one feature space:
 * `nearestRatio` is the median of d over samples, over that over held-out data, about 1 for a model that
 * makes new samples and 0 for one that copies; `memorised` is the share of samples with d below the 1%
 * quantile over held-out data, about 0.01 for new samples and 1 for copies (after Meehan, Chaudhuri and
 * Dasgupta 2020, who compare the same two sets of distances by rank).
 *
 * @param held [n, dim], n >= 1   @param training [m, dim]
 */
export function* usualNearness(held: Points, training: Points, dim: number): Work<UsualNearness> {
  const { squared } = yield* nearestRows(held, training, dim);
  const sorted = squared.map((square) => Math.sqrt(square)).sort();
  return { median: quantile(sorted, 0.5), low: quantile(sorted, QUANTILE) };
}

/**
 * @param distances  [n] of samples to their nearest training rows
 * @param weights  [n] how often each counts; once each if null
 */
export function memorisation(
  distances: Float64Array,
  usual: UsualNearness,
  weights: Uint16Array | null,
): { nearestRatio: number; memorised: number } {
  const drawn = weights === null ? distances.slice() : repeated(distances, weights);
  const sorted = drawn.sort();
  let near = 0;
  while (near < sorted.length && sorted[near]! < usual.low) near++;
  // Held-out copies of training data would make the usual distance zero, and every ratio meaningless.
  const ratio = usual.median === 0 ? NaN : quantile(sorted, 0.5) / usual.median;
  return { nearestRatio: ratio, memorised: near / sorted.length };
}

/** Between the two nearest order statistics, linearly (type 7 of Hyndman and Fan 1996). */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

function repeated(values: Float64Array, counts: Uint16Array): Float64Array {
  const out = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (let i = 0; i < values.length; i++) for (let c = 0; c < counts[i]!; c++) out[at++] = values[i]!;
  return out;
}
