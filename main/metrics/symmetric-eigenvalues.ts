import type { Work } from './turns.ts';

const MOST_ITERATIONS = 60;

/**
 * Eigenvalues of a symmetric matrix: Householder reduction to a tridiagonal one, then the implicit QL
 * iteration with Wilkinson's shift (Golub and Van Loan, 8.3). O(d^3), about 2/3 d^3 products in all.
 *
 * @param matrix [d, d] row-major, symmetric; overwritten
 * @returns [d], in no particular order
 */
export function* symmetricEigenvalues(matrix: Float64Array, d: number): Work<Float64Array> {
  const diagonal = new Float64Array(d);
  const beside = new Float64Array(d);
  yield* tridiagonalise(matrix, d, diagonal, beside);
  yield* implicitQl(diagonal, beside);
  return diagonal;
}

/** One reflection a row, from the last up, applied from both sides as a symmetric update of rank two. */
function* tridiagonalise(
  a: Float64Array,
  d: number,
  diagonal: Float64Array,
  beside: Float64Array,
): Work<void> {
  const v = new Float64Array(d);
  const w = new Float64Array(d);
  for (let n = d - 1; n > 0; n--) {
    // Row n left of the diagonal becomes a multiple of the last unit vector.
    let norm = 0;
    for (let i = 0; i < n; i++) norm += a[n * d + i]! ** 2;
    norm = Math.sqrt(norm);
    diagonal[n] = a[n * d + n]!;
    const last = a[n * d + n - 1]!;
    const target = last > 0 ? -norm : norm;
    beside[n - 1] = target;
    let square = 0;
    for (let i = 0; i < n; i++) v[i] = a[n * d + i]!;
    v[n - 1]! -= target;
    for (let i = 0; i < n; i++) square += v[i]! ** 2;
    if (square === 0) continue;
    // H = I - 2 v v' / |v|^2 turns A into A - v w' - w v',  w = 2 A v / |v|^2 less its part along v.
    let along = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      const row = i * d;
      for (let j = 0; j < n; j++) sum += a[row + j]! * v[j]!;
      w[i] = (2 * sum) / square;
      along += w[i]! * v[i]!;
    }
    for (let i = 0; i < n; i++) w[i]! -= (along / square) * v[i]!;
    for (let i = 0; i < n; i++) {
      const [vi, wi] = [v[i]!, w[i]!];
      const row = i * d;
      for (let j = 0; j < n; j++) a[row + j]! -= vi * w[j]! + wi * v[j]!;
    }
    yield;
  }
  diagonal[0] = a[0]!;
}

/** @param diagonal [d], becomes the eigenvalues  @param beside [d], the d - 1 numbers beside it first; lost */
function* implicitQl(diagonal: Float64Array, beside: Float64Array): Work<void> {
  const d = diagonal.length;
  for (let l = 0; l < d; l++) {
    for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      let m = l;
      for (; m < d - 1; m++) {
        const size = Math.abs(diagonal[m]!) + Math.abs(diagonal[m + 1]!);
        if (Math.abs(beside[m]!) <= Number.EPSILON * size) break;
      }
      if (m === l) break;
      sweep(diagonal, beside, l, m);
    }
    yield;
  }
}

/** One chase of the bulge from row m up to row l. */
function sweep(diagonal: Float64Array, beside: Float64Array, l: number, m: number): void {
  const half = (diagonal[l + 1]! - diagonal[l]!) / (2 * beside[l]!);
  const root = Math.hypot(half, 1);
  let g = diagonal[m]! - diagonal[l]! + beside[l]! / (half + (half < 0 ? -root : root));
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * beside[i]!;
    const b = cosine * beside[i]!;
    const length = Math.hypot(f, g);
    beside[i + 1] = length;
    if (length === 0) {
      // It has come apart on the way.
      diagonal[i + 1]! -= shift;
      beside[m] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1]! - shift;
    const turned = (diagonal[i]! - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    diagonal[i + 1] = g + shift;
    g = cosine * turned - b;
  }
  diagonal[l]! -= shift;
  beside[l] = g;
  beside[m] = 0;
}
