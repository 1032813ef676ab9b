import type { Rng } from '../tensor/rng.ts';
import { float64Points } from './points.ts';
import type { Points } from './points.ts';

/**
 * Sliced Wasserstein-2:  sqrt( mean over theta of W2^2(theta . X, theta . Y) )
 *
 * Each one-dimensional W2 is exact, also for n != m. Bonneel et al. 2015.
 *
 * @param real [n, dim]   @param fake [m, dim]
 * @param projections [L, dim] directions, used as given: unit length is the caller's business
 * @throws `metrics/bad-shape`, `metrics/non-finite`
 */
export function slicedWasserstein2(real: Points, fake: Points, dim: number, projections: Points): number {
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const directions = float64Points(projections, dim, 'projections');
  const xLine = new Float64Array(x.length / dim);
  const yLine = new Float64Array(y.length / dim);
  let sum = 0;
  for (let direction = 0; direction < directions.length; direction += dim) {
    project(x, dim, directions, direction, xLine);
    project(y, dim, directions, direction, yLine);
    sum += sortedWasserstein2Squared(xLine.sort(), yLine.sort());
  }
  return Math.sqrt(sum / (directions.length / dim));
}

function project(
  points: Float64Array,
  dim: number,
  directions: Float64Array,
  direction: number,
  out: Float64Array,
) {
  for (let i = 0; i < out.length; i++) {
    let dot = 0;
    for (let c = 0; c < dim; c++) dot += points[i * dim + c]! * directions[direction + c]!;
    out[i] = dot;
  }
}

/**
 * Exact W2^2 on the line: the integral over q in [0, 1] of (F^-1(q) - G^-1(q))^2, both quantile functions
 * being steps. The steps are merged in units of 1/(n m), whole numbers, so no break point is lost to rounding.
 *
 * @param a [n] ascending   @param b [m] ascending
 */
function sortedWasserstein2Squared(a: Float64Array, b: Float64Array): number {
  const n = a.length;
  const m = b.length;
  let sum = 0;
  let i = 0;
  let j = 0;
  let at = 0;
  while (i < n && j < m) {
    const aEnd = (i + 1) * m;
    const bEnd = (j + 1) * n;
    const end = Math.min(aEnd, bEnd);
    const gap = a[i]! - b[j]!;
    sum += (end - at) * gap * gap;
    at = end;
    if (aEnd === end) i++;
    if (bEnd === end) j++;
  }
  return sum / (n * m);
}

/** `count` directions uniform on the unit sphere, [count, dim]: normalised standard normals. */
export function unitProjections(count: number, dim: number, rng: Rng): Float64Array {
  const out = new Float64Array(count * dim);
  for (let row = 0; row < out.length;) {
    let square = 0;
    for (let c = 0; c < dim; c++) {
      const value = rng.normal();
      out[row + c] = value;
      square += value * value;
    }
    // A draw at the origin has no direction (its chance is about 2^-24 in one dimension): draw again.
    if (square === 0) continue;
    const norm = Math.sqrt(square);
    for (let c = 0; c < dim; c++) out[row + c]! /= norm;
    row += dim;
  }
  return out;
}
