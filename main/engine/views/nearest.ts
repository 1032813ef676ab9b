/** The data that lie nearest to a sample: whether a model has learnt its data by heart is seen from them. */
import { WorkbenchError } from '#contract/errors.ts';
import type { DataSource } from '../../datasets/index.ts';
import { Rng } from '../../tensor/rng.ts';

/** Numbers compared before others have their turn: some milliseconds. */
const NUMBERS_AT_ONCE = 2 ** 22;
/** Draws that stand for data of which every draw is new. */
const DRAWS = 4096;

export interface Nearest {
  /** [K * D], nearest first. */
  readonly values: Float32Array;
  /** [K] root mean square over the numbers of a sample. */
  readonly distances: Float32Array;
  /** [K] of data with labels. */
  readonly labels: Float32Array | null;
}

/**
 * Exact: every distinct sample is compared, mirrored too where training mirrors, and the first of equals wins.
 * Of data without end, so many fresh draws, always the same.
 *
 * @param point  [D]  @param count  K, or as many as there are
 * @throws WorkbenchError `sampler/cancelled`
 */
export async function nearestData(
  source: DataSource,
  point: Float32Array,
  count: number,
  signal?: { readonly aborted: boolean },
): Promise<Nearest> {
  const { dim } = source;
  const parts = finite(source);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const most = Math.min(count, size);
  const kept: { squared: number; values: Float32Array; label: number }[] = [];
  const chunk = Math.max(1, Math.floor(NUMBERS_AT_ONCE / dim));
  let compared = 0;
  for (const { values, labels } of piecesOf(parts, chunk)) {
    if (compared > 0) await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) {
      throw new WorkbenchError('sampler/cancelled', `cancelled after ${compared} of ${size} data compared`);
    }
    compared += values.length / dim;
    for (let i = 0; i < values.length / dim; i++) {
      const bound = kept.length < most ? Infinity : kept.at(-1)!.squared;
      const squared = squaredDistance(point, values, i * dim, bound);
      if (!(squared < bound)) continue;
      if (kept.length === most) kept.pop();
      const place = kept.findLastIndex((each) => each.squared <= squared) + 1;
      kept.splice(place, 0, {
        squared,
        values: values.slice(i * dim, (i + 1) * dim),
        label: labels?.[i] ?? 0,
      });
    }
  }
  const out = new Float32Array(kept.length * dim);
  kept.forEach(({ values }, k) => out.set(values, k * dim));
  return {
    values: out,
    distances: Float32Array.from(kept, ({ squared }) => Math.sqrt(squared / dim)),
    labels: (source.classes ?? 0) > 0 ? Float32Array.from(kept, ({ label }) => label) : null,
  };
}

interface Piece {
  readonly values: Float32Array;
  readonly labels: ArrayLike<number> | null;
}

interface Finite {
  readonly size: number;
  items(from: number, to: number): Piece;
}

function* piecesOf(parts: readonly Finite[], chunk: number): Iterable<Piece> {
  for (const { size, items } of parts) {
    for (let from = 0; from < size; from += chunk) yield items(from, Math.min(size, from + chunk));
  }
}

function finite(source: DataSource): Finite[] {
  const { size, items, mirroredItems } = source;
  if (size !== undefined && items !== undefined) {
    return [{ size, items }, ...(mirroredItems === undefined ? [] : [{ size, items: mirroredItems }])];
  }
  const rng = new Rng(0, 'nearest/data');
  const drawn = source.labelled?.(rng, DRAWS) ?? { values: source.sample(rng, DRAWS), labels: null };
  const piece = (from: number, to: number): Piece => ({
    values: drawn.values.subarray(from * source.dim, to * source.dim),
    labels: drawn.labels?.subarray(from, to) ?? null,
  });
  return [{ size: DRAWS, items: piece }];
}

/** Given up once past `bound`: most data are far from a sample, and a part of their numbers tells. */
function squaredDistance(a: Float32Array, b: Float32Array, offset: number, bound: number): number {
  let sum = 0;
  for (let d = 0; d < a.length;) {
    const end = Math.min(a.length, d + 64);
    for (; d < end; d++) {
      const difference = a[d]! - b[offset + d]!;
      sum += difference * difference;
    }
    if (sum > bound) return sum;
  }
  return sum;
}
