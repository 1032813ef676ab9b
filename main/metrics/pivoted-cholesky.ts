import type { Work } from './turns.ts';

/** A factor of a positive semi-definite matrix: A = L L', L of as many columns as A has rank. */
interface Factor {
  readonly rank: number;
  /** [rank, d]: row k is column k of L */
  readonly columns: Float64Array;
}

/**
 * Cholesky factor with the largest remaining pivot first (Higham 2002, algorithm 10.2), which stays accurate
 * where the matrix is singular and ends at its rank: pixels that never change and features that repeat each
 * other make covariances singular. O(d^2 rank).
 *
 * @param matrix [d, d], symmetric and positive semi-definite up to rounding
 */
export function* pivotedCholesky(matrix: Float64Array, d: number): Work<Factor> {
  const columns = new Float64Array(d * d);
  const rest = Float64Array.from({ length: d }, (_, i) => matrix[i * d + i]!);
  // What is left below this is rounding.
  const least = d * Number.EPSILON * rest.reduce((most, value) => Math.max(most, value), 0);
  let rank = 0;
  for (; rank < d; rank++) {
    let pivot = 0;
    for (let i = 1; i < d; i++) if (rest[i]! > rest[pivot]!) pivot = i;
    if (rest[pivot]! <= least) break;
    const root = Math.sqrt(rest[pivot]!);
    const start = rank * d;
    for (let i = 0; i < d; i++) columns[start + i] = matrix[pivot * d + i]!;
    for (let k = 0; k < rank; k++) {
      const factor = columns[k * d + pivot]!;
      if (factor === 0) continue;
      for (let i = 0; i < d; i++) columns[start + i]! -= factor * columns[k * d + i]!;
    }
    for (let i = 0; i < d; i++) {
      // Those that were pivots before have nothing left.
      const value = rest[i] === -1 ? 0 : columns[start + i]! / root;
      columns[start + i] = value;
      if (rest[i] !== -1) rest[i] = Math.max(0, rest[i]! - value * value);
    }
    columns[start + pivot] = root;
    rest[pivot] = -1;
    yield;
  }
  return { rank, columns: columns.subarray(0, rank * d) };
}
