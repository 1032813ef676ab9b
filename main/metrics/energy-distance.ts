import { float64Points, squaredDistance } from './points.ts';
import type { Points } from './points.ts';

/**
 * Energy distance, V-statistic:  2 E|X - Y| - E|X - X'| - E|Y - Y'|
 *
 * Zero iff the two empirical laws are equal; in squared-distance units of the energy space, so it falls
 * like 1/n for samples of one law. Exact over all pairs: O((n + m)^2 dim). Szekely and Rizzo 2013, eq. 6.1.
 *
 * @param real [n, dim]   @param fake [m, dim]
 * @throws `metrics/bad-shape`, `metrics/non-finite`
 */
export function energyDistance(real: Points, fake: Points, dim: number): number {
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const n = x.length / dim;
  const m = y.length / dim;
  const across = sumAcross(x, y, dim) / (n * m);
  // Each unordered pair counts twice in the V-statistic, the diagonal adds zero.
  const withinReal = (2 * sumWithin(x, dim)) / (n * n);
  const withinFake = (2 * sumWithin(y, dim)) / (m * m);
  return 2 * across - withinReal - withinFake;
}

/** Sum over all i, j of |x_i - y_j|. Row sums are added up apart, which keeps the rounding error small. */
function sumAcross(x: Float64Array, y: Float64Array, dim: number): number {
  let total = 0;
  if (dim === 2) {
    for (let i = 0; i < x.length; i += 2) {
      const x0 = x[i]!;
      const x1 = x[i + 1]!;
      let row = 0;
      for (let j = 0; j < y.length; j += 2) {
        const d0 = x0 - y[j]!;
        const d1 = x1 - y[j + 1]!;
        row += Math.sqrt(d0 * d0 + d1 * d1);
      }
      total += row;
    }
    return total;
  }
  for (let i = 0; i < x.length; i += dim) {
    let row = 0;
    for (let j = 0; j < y.length; j += dim) row += Math.sqrt(squaredDistance(x, i, y, j, dim));
    total += row;
  }
  return total;
}

/** Sum over unordered pairs i < j of |x_i - x_j|. */
function sumWithin(x: Float64Array, dim: number): number {
  let total = 0;
  if (dim === 2) {
    for (let i = 0; i < x.length; i += 2) {
      const x0 = x[i]!;
      const x1 = x[i + 1]!;
      let row = 0;
      for (let j = i + 2; j < x.length; j += 2) {
        const d0 = x0 - x[j]!;
        const d1 = x1 - x[j + 1]!;
        row += Math.sqrt(d0 * d0 + d1 * d1);
      }
      total += row;
    }
    return total;
  }
  for (let i = 0; i < x.length; i += dim) {
    let row = 0;
    for (let j = i + dim; j < x.length; j += dim) row += Math.sqrt(squaredDistance(x, i, x, j, dim));
    total += row;
  }
  return total;
}
