import { WorkbenchError } from '#contract/errors.ts';
import { requireCount } from './points.ts';
import type { Points } from './points.ts';

/** Mean and covariance of points that come in batches. */
export interface Moments {
  readonly dim: number;
  readonly count: number;
  /** [dim] */
  readonly mean: Float64Array;
  /** [dim, dim], unbiased: divisor count - 1 */
  readonly covariance: Float64Array;
}

/** Rows whose products are added at once: a store of the matrix costs as much as four products. */
const ROWS = 4;

/**
 * Gathers mean and covariance of any number of points, one batch after the other, in float64. Each batch is
 * centred on its own mean, and two sets are merged by the pairwise formula of Chan, Golub and LeVeque 1979:
 * `M = Ma + Mb + (mb - ma)(mb - ma)' na nb / (na + nb)`, so that neither the number of batches nor a mean
 * far from zero costs digits.
 */
export class MomentAccumulator {
  readonly dim: number;
  count = 0;
  /** [dim] */
  private readonly mean: Float64Array;
  /** [dim, dim] sum of products of deviations; the upper half alone. */
  private readonly scatter: Float64Array;

  constructor(dim: number) {
    this.dim = dim;
    this.mean = new Float64Array(dim);
    this.scatter = new Float64Array(dim * dim);
  }

  /** @param points [n, dim], n >= 0  @throws `metrics/bad-shape`, `metrics/non-finite` */
  add(points: Points): this {
    const { dim } = this;
    const count = points.length / dim;
    if (!Number.isInteger(count)) {
      throw new WorkbenchError(
        'metrics/bad-shape',
        `points: expected rows of ${dim} numbers, found ${points.length} numbers`,
        { dim, length: points.length },
      );
    }
    if (count === 0) return this;
    const mean = new Float64Array(dim);
    for (let row = 0; row < points.length; row += dim) {
      for (let c = 0; c < dim; c++) mean[c]! += points[row + c]!;
    }
    for (let c = 0; c < dim; c++) {
      mean[c]! /= count;
      if (!Number.isFinite(mean[c]!)) {
        throw new WorkbenchError(
          'metrics/non-finite',
          `points must be finite, found ${mean[c]} in coordinate ${c}`,
        );
      }
    }
    this.shift(mean, count);
    addProducts(this.scatter, points, mean, dim);
    return this;
  }

  /** As if all that was added to another had been added here. */
  merge(other: MomentAccumulator): this {
    if (other.dim !== this.dim) {
      throw new WorkbenchError(
        'metrics/bad-shape',
        `expected moments of ${this.dim} numbers, found ${other.dim}`,
      );
    }
    if (other.count === 0) return this;
    this.shift(other.mean, other.count);
    for (let i = 0; i < this.scatter.length; i++) this.scatter[i]! += other.scatter[i]!;
    return this;
  }

  /** @throws `metrics/too-few-points` below two */
  moments(): Moments {
    const { dim, count, mean } = this;
    requireCount(count, 2, 'points');
    const covariance = new Float64Array(dim * dim);
    for (let a = 0; a < dim; a++) {
      for (let b = a; b < dim; b++) {
        const value = this.scatter[a * dim + b]! / (count - 1);
        covariance[a * dim + b] = value;
        covariance[b * dim + a] = value;
      }
    }
    return { dim, count, mean: mean.slice(), covariance };
  }

  /** Takes in the mean of so many more points, and what that adds to the scatter. */
  private shift(mean: Float64Array, count: number): void {
    const { dim } = this;
    const total = this.count + count;
    if (this.count > 0) {
      const weight = (this.count * count) / total;
      for (let a = 0; a < dim; a++) {
        const delta = weight * (mean[a]! - this.mean[a]!);
        if (delta === 0) continue;
        for (let b = a; b < dim; b++) this.scatter[a * dim + b]! += delta * (mean[b]! - this.mean[b]!);
      }
    }
    for (let c = 0; c < dim; c++) this.mean[c]! += ((mean[c]! - this.mean[c]!) * count) / total;
    this.count = total;
  }
}

/** Adds sum_i (x_i - mean)(x_i - mean)' to the upper half of a matrix. */
function addProducts(scatter: Float64Array, points: Points, mean: Float64Array, dim: number): void {
  const [p, q, r, s] = Array.from({ length: ROWS }, () => new Float64Array(dim)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < points.length; row += ROWS * dim) {
    // Rows past the end count as lying on the mean.
    for (let c = 0; c < dim; c++) {
      const at = row + c;
      p[c] = points[at]! - mean[c]!;
      q[c] = at + dim < points.length ? points[at + dim]! - mean[c]! : 0;
      r[c] = at + 2 * dim < points.length ? points[at + 2 * dim]! - mean[c]! : 0;
      s[c] = at + 3 * dim < points.length ? points[at + 3 * dim]! - mean[c]! : 0;
    }
    for (let a = 0; a < dim; a++) {
      const [pa, qa, ra, sa] = [p[a]!, q[a]!, r[a]!, s[a]!];
      const start = a * dim;
      for (let b = a; b < dim; b++) scatter[start + b]! += pa * p[b]! + qa * q[b]! + ra * r[b]! + sa * s[b]!;
    }
  }
}
