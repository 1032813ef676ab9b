import { float64Points, requireCount } from './points.ts';
import type { Points } from './points.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/**
 * Frechet distance of the Gaussians fitted to two sets, squared as FID has it:
 * |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2),  C the unbiased covariances (divisor n - 1)
 *
 * tr (C1 C2)^1/2 is taken as the sum of square roots of the eigenvalues of the symmetric C1^1/2 C2 C1^1/2,
 * which has the same spectrum; singular covariances need no jitter. Heusel et al. 2017.
 *
 * @param real [n, dim], n >= 2   @param fake [m, dim], m >= 2; dim up to a few hundred
 * @throws `metrics/too-few-points`, `metrics/bad-shape`, `metrics/non-finite`
 */
export function frechetDistance(real: Points, fake: Points, dim: number): number {
  const first = momentsOf(float64Points(real, dim, 'real'), dim, 'real');
  const second = momentsOf(float64Points(fake, dim, 'fake'), dim, 'fake');
  const root = squareRoot(first.covariance, dim);
  const product = multiply(multiply(root, second.covariance, dim), root, dim);
  let distance = 0;
  for (let i = 0; i < dim; i++) {
    distance += (first.mean[i]! - second.mean[i]!) ** 2;
    distance += first.covariance[i * dim + i]! + second.covariance[i * dim + i]!;
  }
  // Rounding can push a zero eigenvalue below zero.
  for (const value of symmetricEigen(product, dim).values) distance -= 2 * Math.sqrt(Math.max(0, value));
  return distance;
}

/** Mean [dim] and unbiased covariance [dim, dim], the mean taken out first. */
function momentsOf(points: Float64Array, dim: number, name: string) {
  const count = points.length / dim;
  requireCount(count, 2, name);
  const mean = new Float64Array(dim);
  for (let i = 0; i < points.length; i++) mean[i % dim]! += points[i]! / count;
  const covariance = new Float64Array(dim * dim);
  const centred = new Float64Array(dim);
  for (let i = 0; i < points.length; i += dim) {
    for (let a = 0; a < dim; a++) centred[a] = points[i + a]! - mean[a]!;
    for (let a = 0; a < dim; a++) {
      for (let b = 0; b < dim; b++) covariance[a * dim + b]! += (centred[a]! * centred[b]!) / (count - 1);
    }
  }
  return { mean, covariance };
}

/** The symmetric positive root of a positive semi-definite matrix, [d, d]. */
function squareRoot(matrix: Float64Array, d: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, d);
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += vectors[i * d + c]! * roots[c]! * vectors[j * d + c]!;
      out[i * d + j] = sum;
    }
  }
  return out;
}

function multiply(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < d; k++) {
      const value = a[i * d + k]!;
      for (let j = 0; j < d; j++) out[i * d + j]! += value * b[k * d + j]!;
    }
  }
  return out;
}
