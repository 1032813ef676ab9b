import type { Rng } from '../tensor/rng.ts';
import { frechetFrom } from './frechet.ts';
import type { FrechetReference } from './frechet.ts';
import { MomentAccumulator } from './moments.ts';
import type { Points } from './points.ts';
import type { Work } from './turns.ts';

/** Draws of a bootstrap (Efron 1979): the error of an error of 32 draws is an eighth of it. */
export const RESAMPLES = 32;

/** How often each of n rows comes when n are drawn with replacement, [n]. */
export function resampledCounts(n: number, rng: Rng): Uint16Array {
  const counts = new Uint16Array(n);
  for (let i = 0; i < n; i++) counts[rng.int(n)]!++;
  return counts;
}

/** Standard deviation of each number over draws, divisor one less than their number. */
export function spreads(draws: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(draws[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const values = draws.map((draw) => draw[name]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return [name, Math.sqrt(squares / (values.length - 1))];
    }),
  );
}

/** Numbers that the blocks' matrices may take together: 64 MiB. */
const MOST_NUMBERS = 2 ** 23;
/** The error of an error of 32 blocks is an eighth of it. */
const MOST_BLOCKS = 32;
const LEAST_BLOCKS = 8;
/** Above this a distance takes seconds. */
const WIDEST = 512;

/**
 * Moments of samples as they come, in blocks: the error of a Frechet distance is the jackknife over blocks
 * (Efron and Stein 1981), the root of (g - 1) / g times the sum of squared deviations of its g values with
 * one block left out.
 * A block is every so-manieth row, so that blocks are samples of one law. Nothing but the blocks is kept,
 * whatever the number of samples. Drawing rows with replacement would be wrong here: draws repeat rows, each
 * draw as often as chance has it, and the distance grows with what repeats.
 */
export class BlockMoments {
  readonly dim: number;
  private readonly blocks: readonly MomentAccumulator[];
  private next = 0;

  /** @param expected  rows that will come: with few of them there are fewer blocks */
  constructor(dim: number, expected: number) {
    this.dim = dim;
    const fit = Math.min(MOST_BLOCKS, Math.floor(MOST_NUMBERS / (dim * dim)), Math.floor(expected / 4));
    const count = dim > WIDEST || fit < LEAST_BLOCKS ? 1 : fit;
    this.blocks = Array.from({ length: count }, () => new MomentAccumulator(dim));
  }

  /** Rows follow on from those before. @param points [n, dim] */
  add(points: Points): void {
    const { dim, blocks } = this;
    const n = points.length / dim;
    for (const [b, block] of blocks.entries()) {
      // Row i of all goes to block i mod blocks.
      const first = (b - this.next + blocks.length) % blocks.length;
      if (blocks.length === 1) block.add(points);
      else if (first < n) block.add(everyNth(points, dim, first, blocks.length));
    }
    this.next = (this.next + n) % blocks.length;
  }

  all(): MomentAccumulator {
    return this.blocks.reduce((sum, block) => sum.merge(block), new MomentAccumulator(this.dim));
  }

  /** Standard error of the distance; null where there are too few rows or too many numbers for one. */
  *error(reference: FrechetReference): Work<number | null> {
    const { dim, blocks } = this;
    if (blocks.length === 1) return null;
    const found: { distance: number }[] = [];
    for (const left of blocks) {
      const others = new MomentAccumulator(dim);
      for (const block of blocks) if (block !== left) others.merge(block);
      found.push({ distance: yield* frechetFrom(reference, others.moments()) });
      yield;
    }
    return (spreads(found)['distance']! * (blocks.length - 1)) / Math.sqrt(blocks.length);
  }
}

function everyNth(points: Points, dim: number, first: number, step: number): Float64Array {
  const n = Math.ceil((points.length / dim - first) / step);
  const out = new Float64Array(n * dim);
  for (let i = 0; i < n; i++) {
    const start = (first + i * step) * dim;
    for (let c = 0; c < dim; c++) out[i * dim + c] = points[start + c]!;
  }
  return out;
}
