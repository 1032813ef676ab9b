import { WorkbenchError } from '#contract/errors.ts';
import { float64Points, requireCount, squaredDistance } from './points.ts';
import type { Points } from './points.ts';

/**
 * Squared maximum mean discrepancy, biased V-statistic, Gaussian kernel k(x, y) = exp(-|x - y|^2 / 2h^2):
 * E k(X, X') + E k(Y, Y') - 2 E k(X, Y). Gretton et al. 2012, eq. 5.
 *
 * @param real [n, dim]   @param fake [m, dim]   @param bandwidth h > 0, data units
 * @throws `metrics/bad-bandwidth`, `metrics/bad-shape`, `metrics/non-finite`
 */
export function mmdSquared(real: Points, fake: Points, dim: number, bandwidth: number): number {
  if (!(bandwidth > 0 && Number.isFinite(bandwidth))) {
    throw new WorkbenchError(
      'metrics/bad-bandwidth',
      `bandwidth must be a positive number, found ${bandwidth}`,
    );
  }
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const n = x.length / dim;
  const m = y.length / dim;
  const scale = -1 / (2 * bandwidth * bandwidth);
  const withinReal = (n + 2 * kernelSum(x, x, dim, scale, true)) / (n * n);
  const withinFake = (m + 2 * kernelSum(y, y, dim, scale, true)) / (m * m);
  return withinReal + withinFake - (2 * kernelSum(x, y, dim, scale, false)) / (n * m);
}

/** Sum of the kernel over all pairs, or over pairs i < j when `above` (then a and b are the same set). */
function kernelSum(a: Float64Array, b: Float64Array, dim: number, scale: number, above: boolean): number {
  let total = 0;
  for (let i = 0; i < a.length; i += dim) {
    let row = 0;
    const start = above ? i + dim : 0;
    if (dim === 2) {
      const a0 = a[i]!;
      const a1 = a[i + 1]!;
      for (let j = start; j < b.length; j += 2) {
        const d0 = a0 - b[j]!;
        const d1 = a1 - b[j + 1]!;
        row += Math.exp(scale * (d0 * d0 + d1 * d1));
      }
    } else {
      for (let j = start; j < b.length; j += dim) {
        row += Math.exp(scale * squaredDistance(a, i, b, j, dim));
      }
    }
    total += row;
  }
  return total;
}

/**
 * Median heuristic: the median distance over unordered pairs of distinct indices; 1 where that median is 0,
 * since a set of copies has no scale of its own. The mean of the two middle values for an even count.
 *
 * @param points [n, dim], n >= 2; all n(n-1)/2 distances are held in memory
 */
export function medianBandwidth(points: Points, dim: number): number {
  const x = float64Points(points, dim, 'points');
  const n = x.length / dim;
  requireCount(n, 2, 'points');
  const squares = new Float64Array((n * (n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < x.length; i += dim) {
    for (let j = i + dim; j < x.length; j += dim) squares[at++] = squaredDistance(x, i, x, j, dim);
  }
  squares.sort();
  const upper = Math.sqrt(squares[squares.length >> 1]!);
  const median = squares.length % 2 ? upper : (upper + Math.sqrt(squares[(squares.length >> 1) - 1]!)) / 2;
  return median > 0 ? median : 1;
}
