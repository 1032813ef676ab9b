import { type Moments, MomentAccumulator } from './moments.ts';
import { pivotedCholesky } from './pivoted-cholesky.ts';
import { float64Points, requireCount } from './points.ts';
import type { Points } from './points.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';
import { type Work, finished } from './turns.ts';

/**
 * Frechet distance of the Gaussians fitted to two sets, squared as FID has it:
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2),  C the unbiased covariances (divisor n - 1). Heusel et al. 2017.
 *
 * @param real [n, dim], n >= 2   @param fake [m, dim], m >= 2; dim up to a few thousand
 * @throws `metrics/too-few-points`, `metrics/bad-shape`, `metrics/non-finite`
 */
export function frechetDistance(real: Points, fake: Points, dim: number): number {
  const moments = (points: Points, name: string): Moments => {
    const values = float64Points(points, dim, name);
    requireCount(values.length / dim, 2, name);
    return new MomentAccumulator(dim).add(values).moments();
  };
  const reference = frechetReference(moments(real, 'real'));
  return finished(frechetFrom(finished(reference), moments(fake, 'fake')));
}

/** One side of the distance with what the other is multiplied by, so that it is factored once. */
export interface FrechetReference {
  readonly moments: Moments;
  readonly rank: number;
  /** [rank, dim] rows l_k with C = sum_k l_k l_k' */
  readonly factor: Float64Array;
}

export function* frechetReference(moments: Moments): Work<FrechetReference> {
  const { rank, columns } = yield* pivotedCholesky(moments.covariance, moments.dim);
  return { moments, rank, factor: columns };
}

/**
 * The distance from moments. With C1 = L L', C1 C2 has the eigenvalues of the symmetric L' C2 L and zeros
 * beside, whose square roots add up to tr (C1 C2)^1/2; singular covariances need no jitter.
 */
export function* frechetFrom(reference: FrechetReference, moments: Moments): Work<number> {
  const { rank, factor } = reference;
  const { dim, mean, covariance } = moments;
  let distance = 0;
  for (let i = 0; i < dim; i++) {
    distance += (reference.moments.mean[i]! - mean[i]!) ** 2;
    distance += reference.moments.covariance[i * dim + i]! + covariance[i * dim + i]!;
  }
  const product = yield* sandwiched(factor, covariance, rank, dim);
  // Rounding can push a zero eigenvalue below zero.
  for (const value of yield* symmetricEigenvalues(product, rank))
    distance -= 2 * Math.sqrt(Math.max(0, value));
  return distance;
}

/** F C F', [r, r], for F [r, d] and a symmetric C [d, d]. */
function* sandwiched(f: Float64Array, c: Float64Array, r: number, d: number): Work<Float64Array> {
  const out = new Float64Array(r * r);
  const row = new Float64Array(d);
  for (let i = 0; i < r; i++) {
    row.fill(0);
    for (let k = 0; k < d; k++) {
      const value = f[i * d + k]!;
      if (value === 0) continue;
      for (let j = 0; j < d; j++) row[j]! += value * c[k * d + j]!;
    }
    for (let j = i; j < r; j++) {
      let sum = 0;
      for (let k = 0; k < d; k++) sum += row[k]! * f[j * d + k]!;
      out[i * r + j] = sum;
      out[j * r + i] = sum;
    }
    yield;
  }
  return out;
}
