/** Metrics of all pairs, from distances that are computed once, and their errors from resampled rows. */
import { squaredDistances, squaredRadii } from './pairwise.ts';
import type { Points } from './points.ts';
import type { Work } from './turns.ts';

/** A set that generated ones are compared with: what follows from it alone. */
export interface PairReference {
  readonly dim: number;
  readonly count: number;
  /** [count, dim] */
  readonly rows: Points;
  /** [count] squared norms */
  readonly norms: Float64Array;
  /** [count] squared distance to the k-th nearest other */
  readonly radii: Float64Array;
  readonly k: number;
  /** Mean of the kernel of KID over pairs of different rows. */
  readonly meanKernel: number;
  /** Mean distance over all pairs, each row with itself included. */
  readonly meanDistance: number;
}

/** @param rows [n, dim], n > k */
export function* pairReference(rows: Points, dim: number, k: number): Work<PairReference> {
  const count = rows.length / dim;
  const norms = squaredNorms(rows, dim);
  const within = yield* squaredDistances(rows, rows, dim);
  const radii = squaredRadii(within, count, k);
  const { kernel, distance } = sumsWithin(yield* measuresOf(within, norms, dim), null);
  return {
    dim,
    count,
    rows,
    norms,
    radii,
    k,
    meanKernel: kernel / (count * (count - 1)),
    meanDistance: distance / (count * count),
  };
}

/** A generated set against a reference, ready to be measured with any weights of its rows. */
export interface Pairs {
  /**
   * Precision, recall, density and coverage (Kynkaanniemi et al. 2019, Naeem et al. 2020), KID (Binkowski et
   * al. 2018, eq. 4) and energy distance (Szekely and Rizzo 2013).
   *
   * @param weights  [m] how often each generated row counts, m in all; once each if null. Balls keep the
   *   radius they have in the whole set
   */
  measure(weights: Uint16Array | null): PairMetrics;
}

/** By name, as numbers: what one measurement is. */
export interface PairMetrics extends Record<string, number> {
  kid: number;
  precision: number;
  recall: number;
  density: number;
  coverage: number;
  energyDistance: number;
}

/** @param fake [m, dim], m > reference.k */
export function* pairsAgainst(reference: PairReference, fake: Points): Work<Pairs> {
  const { dim, rows, k } = reference;
  const n = reference.count;
  const m = fake.length / dim;
  const norms = squaredNorms(fake, dim);
  const across = yield* squaredDistances(rows, fake, dim);
  const within = yield* squaredDistances(fake, fake, dim);
  const fakeRadii = squaredRadii(within, m, k);
  yield;
  /** Of each fake row: real balls around it, and sums over the real rows. */
  const balls = new Int32Array(m);
  const kernels = new Float64Array(m);
  const distances = new Float64Array(m);
  /** Of each real row: the fake rows in its ball, and those whose balls hold it, one list after the other. */
  const inBall = new Lists(n);
  const around = new Lists(n);
  for (let i = 0; i < n; i++) {
    const [radius, norm] = [reference.radii[i]!, reference.norms[i]!];
    for (let j = 0; j < m; j++) {
      const square = across[i * m + j]!;
      kernels[j]! += kernel((norm + norms[j]! - square) / 2, dim);
      distances[j]! += Math.sqrt(square);
      if (square < radius) {
        balls[j]!++;
        inBall.push(j);
      }
      if (square < fakeRadii[j]!) around.push(j);
    }
    inBall.close(i);
    around.close(i);
  }
  yield;
  const measures = yield* measuresOf(within, norms, dim);
  return {
    measure(weights) {
      let [inside, crowd, kernelAcross, distanceAcross] = [0, 0, 0, 0];
      for (let j = 0; j < m; j++) {
        const weight = weights === null ? 1 : weights[j]!;
        if (balls[j]! > 0) inside += weight;
        crowd += weight * balls[j]!;
        kernelAcross += weight * kernels[j]!;
        distanceAcross += weight * distances[j]!;
      }
      const own = sumsWithin(measures, weights);
      return {
        kid: reference.meanKernel + own.kernel / (m * (m - 1)) - (2 * kernelAcross) / (n * m),
        precision: inside / m,
        recall: around.shareWithAny(weights),
        density: crowd / (k * m),
        coverage: inBall.shareWithAny(weights),
        energyDistance: (2 * distanceAcross) / (n * m) - reference.meanDistance - own.distance / (m * m),
      };
    },
  };
}

/** Lists of small numbers, one for each of n rows. */
class Lists {
  private values = new Int32Array(1024);
  private used = 0;
  private readonly ends: Int32Array;

  constructor(rows: number) {
    this.ends = new Int32Array(rows);
  }

  push(value: number): void {
    if (this.used === this.values.length) {
      const grown = new Int32Array(2 * this.used);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.used++] = value;
  }

  /** Ends the list of a row; rows come in order. */
  close(row: number): void {
    this.ends[row] = this.used;
  }

  /** Share of the rows whose list has a value of positive weight. */
  shareWithAny(weights: Uint16Array | null): number {
    let found = 0;
    for (let row = 0, at = 0; row < this.ends.length; row++) {
      const end = this.ends[row]!;
      for (; at < end; at++) {
        if (weights !== null && weights[this.values[at]!] === 0) continue;
        found++;
        break;
      }
      at = end;
    }
    return found / this.ends.length;
  }
}

/** Of pairs i > j of one set, at [n, n]; the rest is of no use. */
interface Measures {
  readonly kernels: Float64Array;
  readonly distances: Float64Array;
}

/** @param within  [n, n] squared distances, which become distances in place */
function* measuresOf(within: Float64Array, norms: Float64Array, dim: number): Work<Measures> {
  const n = norms.length;
  const kernels = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const square = within[i * n + j]!;
      kernels[i * n + j] = kernel((norms[i]! + norms[j]! - square) / 2, dim);
      within[i * n + j] = Math.sqrt(square);
    }
    yield;
  }
  return { kernels, distances: within };
}

/**
 * Sums over ordered pairs of one set: of the kernel without the diagonal, where a row that counts w times
 * has w (w - 1) pairs with itself, which are left out as well; and of distances.
 */
function sumsWithin(
  { kernels, distances }: Measures,
  weights: Uint16Array | null,
): { kernel: number; distance: number } {
  const n = Math.round(Math.sqrt(kernels.length));
  const counted = weights ?? new Uint16Array(n).fill(1);
  /** Rows that count, in order. */
  const rows = Int32Array.from(counted.keys()).filter((row) => counted[row]! > 0);
  let [kernelSum, distanceSum, same] = [0, 0, 0];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const start = row * n;
    let [kernelRow, distanceRow] = [0, 0];
    for (let before = 0; before < at; before++) {
      const other = rows[before]!;
      kernelRow += counted[other]! * kernels[start + other]!;
      distanceRow += counted[other]! * distances[start + other]!;
    }
    const weight = counted[row]!;
    kernelSum += weight * kernelRow;
    distanceSum += weight * distanceRow;
    same += weight * (weight - 1);
  }
  // Of n (n - 1) pairs of draws those of a row with itself were left out; the others stand for them.
  const pairs = n * (n - 1);
  return { kernel: (2 * kernelSum * pairs) / (pairs - same), distance: 2 * distanceSum };
}

function squaredNorms(rows: Points, dim: number): Float64Array {
  const norms = new Float64Array(rows.length / dim);
  for (let i = 0; i < rows.length; i++) norms[Math.floor(i / dim)]! += rows[i]! ** 2;
  return norms;
}

/** (x . y / dim + 1)^3 */
function kernel(dot: number, dim: number): number {
  const base = dot / dim + 1;
  return base * base * base;
}
