import type { Points } from './points.ts';
import type { Work } from './turns.ts';

/** Rows of the first set per pass over the second, so that the second is read from memory less often. */
const BLOCK = 16;

/**
 * All squared distances |x_i - y_j|^2, by differences: copies are at exactly 0.
 *
 * @param x [n, dim]   @param y [m, dim]
 * @returns [n, m]
 */
export function* squaredDistances(x: Points, y: Points, dim: number): Work<Float64Array> {
  const n = x.length / dim;
  const m = y.length / dim;
  const out = new Float64Array(n * m);
  for (let first = 0; first < n; first += BLOCK) {
    const end = Math.min(first + BLOCK, n);
    for (let j = 0; j < m; j++) {
      const at = j * dim;
      for (let i = first; i < end; i++) {
        const start = i * dim;
        let sum = 0;
        for (let c = 0; c < dim; c++) {
          const delta = x[start + c]! - y[at + c]!;
          sum += delta * delta;
        }
        out[i * m + j] = sum;
      }
    }
    yield;
  }
  return out;
}

/** The nearest row of a second set to each row of a first. */
export interface Nearest {
  /** [n] its index */
  readonly index: Int32Array;
  /** [n] squared distance to it */
  readonly squared: Float64Array;
}

/**
 * As the least of each row of {@link squaredDistances}, without holding them all.
 *
 * @param x [n, dim]   @param y [m, dim], m >= 1
 */
export function* nearestRows(x: Points, y: Points, dim: number): Work<Nearest> {
  const n = x.length / dim;
  const m = y.length / dim;
  const index = new Int32Array(n);
  const squared = new Float64Array(n).fill(Infinity);
  for (let first = 0; first < n; first += BLOCK) {
    const end = Math.min(first + BLOCK, n);
    for (let j = 0; j < m; j++) {
      const at = j * dim;
      for (let i = first; i < end; i++) {
        const start = i * dim;
        const best = squared[i]!;
        let sum = 0;
        // Most rows are given up long before their end.
        for (let c = 0; c < dim && sum < best; c++) {
          const delta = x[start + c]! - y[at + c]!;
          sum += delta * delta;
        }
        if (sum >= best) continue;
        squared[i] = sum;
        index[i] = j;
      }
    }
    yield;
  }
  return { index, squared };
}

/** Squared distance of each row to its k-th nearest other, [n], from all distances within a set, [n, n]. */
export function squaredRadii(within: Float64Array, n: number, k: number): Float64Array {
  const radii = new Float64Array(n);
  /** The k smallest so far, ascending. */
  const nearest = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    nearest.fill(Infinity);
    for (let j = 0; j < n; j++) {
      const distance = within[i * n + j]!;
      if (i === j || distance >= nearest[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!;
      nearest[at] = distance;
    }
    radii[i] = nearest[k - 1]!;
  }
  return radii;
}
