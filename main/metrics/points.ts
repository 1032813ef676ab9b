import { WorkbenchError } from '#contract/errors.ts';
import type { Rng } from '../tensor/rng.ts';

/** A set of n points, flat row-major [n, dim]. */
export type Points = Float32Array | Float64Array;

/**
 * `points` as float64, so that every metric has one hot loop over one array type.
 *
 * @param name  what the caller calls this set, for the error
 * @throws `metrics/bad-shape` when the length is not a positive multiple of `dim`
 * @throws `metrics/non-finite` when a coordinate is NaN or infinite
 */
export function float64Points(points: Points, dim: number, name: string): Float64Array {
  if (!Number.isInteger(dim) || dim < 1) {
    throw new WorkbenchError('metrics/bad-shape', `dim must be a positive integer, found ${dim}`);
  }
  if (points.length === 0 || points.length % dim !== 0) {
    throw new WorkbenchError(
      'metrics/bad-shape',
      `${name} must hold at least one point of ${dim} numbers, found ${points.length} numbers`,
      { name, dim, length: points.length },
    );
  }
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i]!)) {
      throw new WorkbenchError(
        'metrics/non-finite',
        `${name} must be finite, found ${points[i]} in point ${Math.floor(i / dim)}, coordinate ${i % dim}`,
        { name, point: Math.floor(i / dim), coordinate: i % dim },
      );
    }
  }
  return points instanceof Float64Array ? points : Float64Array.from(points);
}

/** @throws `metrics/too-few-points` when `count` is below `least` */
export function requireCount(count: number, least: number, name: string): void {
  if (count < least) {
    throw new WorkbenchError(
      'metrics/too-few-points',
      `${name} must hold at least ${least} points for this metric, found ${count}`,
      { name, least, count },
    );
  }
}

/**
 * `size` points drawn without replacement, or `points` itself where it has no more than that.
 *
 * @returns [min(n, size), dim]
 */
export function subsample(points: Float64Array, dim: number, size: number, rng: Rng): Float64Array {
  const count = points.length / dim;
  if (count <= size) return points;
  const order = rng.permutation(count);
  const out = new Float64Array(size * dim);
  for (let i = 0; i < size; i++) {
    const from = order[i]! * dim;
    for (let c = 0; c < dim; c++) out[i * dim + c] = points[from + c]!;
  }
  return out;
}

/** |a_i - b_j|^2 for points at offsets into flat arrays. */
export function squaredDistance(
  a: Float64Array,
  aOffset: number,
  b: Float64Array,
  bOffset: number,
  dim: number,
): number {
  let sum = 0;
  for (let c = 0; c < dim; c++) {
    const delta = a[aOffset + c]! - b[bOffset + c]!;
    sum += delta * delta;
  }
  return sum;
}
