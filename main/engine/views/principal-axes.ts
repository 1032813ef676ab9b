/** The axes of greatest variance of many points of many numbers, without a matrix of numbers by numbers. */
import { WorkbenchError } from '#contract/errors.ts';
import { Rng } from '../../tensor/rng.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** Directions that are multiplied at once; as many equal variances are told apart. */
const BLOCK = 4;
/** Directions of the subspace in which the axes are looked for. */
const MOST_DIRECTIONS = 96;
/** Axes are found once C u - l u is this small against the largest l. */
const TOLERANCE = 1e-5;
/** Numbers that axes are fitted on; of more, evenly chosen points. */
const MOST_NUMBERS = 2 ** 22;

/** Points whose rows lie in one array or several, each flat [n * D]. */
export type PointSets = readonly Float32Array[];

/**
 * Axes by a block Krylov subspace of the covariance, orthogonal throughout, with Rayleigh and Ritz's values in
 * it (Musco and Musco 2015): C = X'X / n of centred points is never made, only multiplied with. Where points
 * have fewer numbers than the subspace directions this is the whole of it, and exact to rounding.
 *
 * The entry of an axis that is the largest in magnitude is positive.
 *
 * @param centre  [D] mean of the points
 * @returns [axes][D], orthonormal, by falling variance
 * @throws WorkbenchError `sampler/cancelled`
 */
export async function principalAxes(
  sets: PointSets,
  centre: Float64Array,
  axes: number,
  signal?: { readonly aborted: boolean },
): Promise<Float64Array[]> {
  const dim = centre.length;
  const rows = chosenRows(sets, dim);
  const rng = new Rng(0, 'principal axes');
  const random = (): Float64Array => rng.fillNormal(new Float64Array(dim));
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  let next = Array.from({ length: Math.min(BLOCK, dim) }, random);
  let found: Float64Array[] = [];
  let looked = 0;
  while (basis.length < Math.min(MOST_DIRECTIONS, dim)) {
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) throw new WorkbenchError('sampler/cancelled', 'cancelled among its axes');
    const fresh: Float64Array[] = [];
    for (const each of next) {
      if (basis.length + fresh.length < dim && orthonormalise(each, [...basis, ...fresh])) fresh.push(each);
    }
    if (fresh.length === 0) {
      found = ritzPairs(basis, images, axes).vectors;
      break;
    }
    const times = multiplied(rows, centre, fresh);
    basis.push(...fresh);
    images.push(...times);
    const isLast = basis.length >= Math.min(MOST_DIRECTIONS, dim);
    // Looking costs as much as some multiplications: it is done each time that they have grown by half.
    if (isLast || basis.length >= 1.5 * looked) {
      looked = basis.length;
      const ritz = ritzPairs(basis, images, axes);
      found = ritz.vectors;
      if (found.length === axes && ritz.residual <= TOLERANCE) break;
    }
    next = times.map((each) => each.slice());
  }
  // Points that lie on fewer directions than that vary along no other: any will do.
  while (found.length < axes) {
    const any = random();
    if (orthonormalise(any, found)) found.push(any);
  }
  return found.map(pointed);
}

interface Ritz {
  readonly vectors: Float64Array[];
  /** Largest |C u - l u| of them, as a share of the largest l. */
  readonly residual: number;
}

/** @param images  C times each direction of the basis */
function ritzPairs(basis: readonly Float64Array[], images: readonly Float64Array[], axes: number): Ritz {
  const size = basis.length;
  const projected = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      projected[i * size + j] = projected[j * size + i] = dot(basis[i]!, images[j]!);
    }
  }
  const { values, vectors } = symmetricEigen(projected, size);
  const largest = Math.max(values[0]!, Number.MIN_VALUE);
  const kept = Math.min(axes, size);
  let residual = 0;
  const out = Array.from({ length: kept }, (_, a) => {
    const weights = vectors.subarray(a * size, (a + 1) * size);
    const [u, image] = [combined(basis, weights), combined(images, weights)];
    const off = image.map((value, d) => value - values[a]! * u[d]!);
    residual = Math.max(residual, Math.sqrt(dot(off, off)) / largest);
    return u;
  });
  return { vectors: out, residual };
}

/** C times every vector, in one pass over the points. */
function multiplied(
  rows: readonly Float32Array[],
  centre: Float64Array,
  vectors: readonly Float64Array[],
): Float64Array[] {
  const dim = centre.length;
  const out = vectors.map(() => new Float64Array(dim));
  for (const [k, v] of vectors.entries()) {
    const [shift, sum] = [dot(centre, v), out[k]!];
    let total = 0;
    for (const row of rows) {
      let along = -shift;
      for (let d = 0; d < dim; d++) along += row[d]! * v[d]!;
      total += along;
      for (let d = 0; d < dim; d++) sum[d]! += along * row[d]!;
    }
    for (let d = 0; d < dim; d++) sum[d] = (sum[d]! - total * centre[d]!) / rows.length;
  }
  return out;
}

/** All points where they are few enough, else such as lie evenly among them. */
function chosenRows(sets: PointSets, dim: number): Float32Array[] {
  const rows = sets.flatMap((values) =>
    Array.from({ length: values.length / dim }, (_, i) => values.subarray(i * dim, (i + 1) * dim)),
  );
  const kept = Math.max(1, Math.floor(MOST_NUMBERS / dim));
  if (rows.length <= kept) return rows;
  const step = rows.length / kept;
  // Shifted by the golden ratio: even steps could meet each path at the same times only.
  return Array.from({ length: kept }, (_, k) => rows[Math.floor((k + ((k * 0.618_034) % 1)) * step)]!);
}

/** Gram and Schmidt, twice for what rounding leaves. @returns false where nothing else is left of it */
export function orthonormalise(vector: Float64Array, against: readonly Float64Array[]): boolean {
  const before = Math.sqrt(dot(vector, vector));
  for (let round = 0; round < 2; round++) {
    for (const each of against) {
      const along = dot(vector, each);
      for (let d = 0; d < vector.length; d++) vector[d]! -= along * each[d]!;
    }
  }
  const length = Math.sqrt(dot(vector, vector));
  if (!(length > 1e-9 * before)) return false;
  for (let d = 0; d < vector.length; d++) vector[d]! /= length;
  return true;
}

function combined(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const out = new Float64Array(vectors[0]!.length);
  vectors.forEach((each, k) => {
    for (let d = 0; d < out.length; d++) out[d]! += weights[k]! * each[d]!;
  });
  return out;
}

/** The one of two opposite axes whose largest entry is positive. */
function pointed(axis: Float64Array): Float64Array {
  let largest = 0;
  for (const value of axis) if (Math.abs(value) > Math.abs(largest)) largest = value;
  return largest < 0 ? axis.map((value) => -value) : axis;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
