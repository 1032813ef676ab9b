import { float64Points, requireCount } from './points.ts';
import type { Points } from './points.ts';

/**
 * Kernel inception distance: the unbiased squared MMD under k(x, y) = (x . y / dim + 1)^3.
 *
 * The pairs i = j are left out within each set, so the mean over draws of one law is 0 and a single value may
 * be negative. Binkowski et al. 2018, eq. 4 on the full sets (no blocks).
 *
 * @param real [n, dim], n >= 2   @param fake [m, dim], m >= 2
 * @throws `metrics/too-few-points`, `metrics/bad-shape`, `metrics/non-finite`
 */
export function kernelInceptionDistance(real: Points, fake: Points, dim: number): number {
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const n = x.length / dim;
  const m = y.length / dim;
  requireCount(n, 2, 'real');
  requireCount(m, 2, 'fake');
  let across = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < m; j++) row += kernel(x, i * dim, y, j * dim, dim);
    across += row;
  }
  return meanOverPairs(x, dim) + meanOverPairs(y, dim) - (2 * across) / (n * m);
}

/** Mean of the kernel over ordered pairs of distinct points. */
function meanOverPairs(x: Float64Array, dim: number): number {
  const n = x.length / dim;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = i + 1; j < n; j++) row += kernel(x, i * dim, x, j * dim, dim);
    sum += row;
  }
  return (2 * sum) / (n * (n - 1));
}

function kernel(a: Float64Array, aOffset: number, b: Float64Array, bOffset: number, dim: number): number {
  let dot = 0;
  for (let c = 0; c < dim; c++) dot += a[aOffset + c]! * b[bOffset + c]!;
  const base = dot / dim + 1;
  return base * base * base;
}
