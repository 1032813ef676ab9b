import { WorkbenchError } from '#contract/errors.ts';
import { float64Points, squaredDistance } from './points.ts';
import type { Points } from './points.ts';

/** Largest n * m: the cost and flow matrices then take 300 MB, and the solver minutes. */
const MAX_PAIRS = 25_000_000;

/**
 * Exact Wasserstein-2 distance of two uniform empirical laws:
 * sqrt( min over couplings P of sum_ij P_ij |x_i - y_j|^2 ),  P 1 = 1/n,  P' 1 = 1/m
 *
 * n and m may differ: mass is counted in whole units of gcd(n, m) / (n m), so both margins hold exactly.
 * Time grows like n^3.
 *
 * @param real [n, dim]   @param fake [m, dim]
 * @throws `metrics/too-many-points` when n m exceeds 25 million
 * @throws `metrics/bad-shape`, `metrics/non-finite`
 */
export function wasserstein2(real: Points, fake: Points, dim: number): number {
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const n = x.length / dim;
  const m = y.length / dim;
  if (n * m > MAX_PAIRS) {
    throw new WorkbenchError(
      'metrics/too-many-points',
      `Exact W2 takes at most ${MAX_PAIRS} pairs, found ${n} x ${m}: draw a subsample`,
      { n, m, maxPairs: MAX_PAIRS },
    );
  }
  const cost = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const square = squaredDistance(x, i * dim, y, j * dim, dim);
      // Finite points can lie so far apart that the square overflows; no path through such a cost is shortest.
      if (square === Infinity) {
        throw new WorkbenchError(
          'metrics/non-finite',
          `The squared distance of real point ${i} and fake point ${j} must be finite, found Infinity`,
          { real: i, fake: j },
        );
      }
      cost[i * m + j] = square;
    }
  }
  return Math.sqrt(optimalTransportCost(cost, n, m));
}

/**
 * Least mean cost of moving n equal supplies onto m equal demands: successive shortest augmenting paths with
 * dual prices (Jonker and Volgenant 1987 for n = m, where every flow is 0 or 1).
 *
 * For each row with supply left, Dijkstra over reduced costs c_ij - u_i - v_j >= 0 runs until it settles a
 * column with demand left. Column j is reached from row i at any time; row i from column j at no cost, and
 * only where flow from i to j can be taken back. Prices are then moved so that the path costs nothing.
 *
 * @param cost [n, m]
 */
function optimalTransportCost(cost: Float64Array, n: number, m: number): number {
  const divisor = greatestCommonDivisor(n, m);
  const supply = new Int32Array(n).fill(m / divisor);
  const demand = new Int32Array(m).fill(n / divisor);
  const units = n * (m / divisor);
  /** [m, n], by columns: a settled column looks for its rows. */
  const flow = new Int32Array(m * n);
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(m).fill(Infinity);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) columnPrice[j] = Math.min(columnPrice[j]!, cost[i * m + j]!);
  }
  const columnDistance = new Float64Array(m);
  const columnFrom = new Int32Array(m);
  const isColumnSettled = new Uint8Array(m);
  const rowDistance = new Float64Array(n);
  /** The column by which a row was reached; -1 for the source row. */
  const rowFrom = new Int32Array(n);
  const isRowReached = new Uint8Array(n);
  const pending = new Int32Array(n);

  for (let source = 0; source < n; source++) {
    while (supply[source]! > 0) {
      columnDistance.fill(Infinity);
      isColumnSettled.fill(0);
      isRowReached.fill(0);
      isRowReached[source] = 1;
      rowDistance[source] = 0;
      rowFrom[source] = -1;
      pending[0] = source;
      let pendingCount = 1;
      let sink = -1;
      let reach = 0;
      while (sink < 0) {
        while (pendingCount > 0) {
          const i = pending[--pendingCount]!;
          const base = rowDistance[i]! - rowPrice[i]!;
          for (let j = 0; j < m; j++) {
            if (isColumnSettled[j]) continue;
            const distance = base + cost[i * m + j]! - columnPrice[j]!;
            if (distance < columnDistance[j]!) {
              columnDistance[j] = distance;
              columnFrom[j] = i;
            }
          }
        }
        let nearest = -1;
        reach = Infinity;
        for (let j = 0; j < m; j++) {
          if (!isColumnSettled[j] && columnDistance[j]! < reach) {
            reach = columnDistance[j]!;
            nearest = j;
          }
        }
        isColumnSettled[nearest] = 1;
        if (demand[nearest]! > 0) {
          sink = nearest;
          break;
        }
        for (let i = 0; i < n; i++) {
          if (isRowReached[i] || flow[nearest * n + i] === 0) continue;
          isRowReached[i] = 1;
          rowDistance[i] = reach;
          rowFrom[i] = nearest;
          pending[pendingCount++] = i;
        }
      }
      for (let i = 0; i < n; i++) if (isRowReached[i]) rowPrice[i]! += reach - rowDistance[i]!;
      for (let j = 0; j < m; j++) if (isColumnSettled[j]) columnPrice[j]! -= reach - columnDistance[j]!;

      let amount = Math.min(supply[source]!, demand[sink]!);
      for (let i = columnFrom[sink]!; i !== source; i = columnFrom[rowFrom[i]!]!) {
        amount = Math.min(amount, flow[rowFrom[i]! * n + i]!);
      }
      let column = sink;
      for (;;) {
        const row = columnFrom[column]!;
        flow[column * n + row]! += amount;
        if (row === source) break;
        column = rowFrom[row]!;
        flow[column * n + row]! -= amount;
      }
      supply[source]! -= amount;
      demand[sink]! -= amount;
    }
  }

  let total = 0;
  for (let j = 0; j < m; j++) {
    for (let i = 0; i < n; i++) total += flow[j * n + i]! * cost[i * m + j]!;
  }
  return total / units;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
