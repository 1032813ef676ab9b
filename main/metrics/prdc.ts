import { WorkbenchError } from '#contract/errors.ts';
import { float64Points, requireCount, squaredDistance } from './points.ts';
import type { Points } from './points.ts';

export interface Prdc {
  /** Share of fake points inside the ball of some real point. */
  precision: number;
  /** Share of real points inside the ball of some fake point. */
  recall: number;
  /** Real balls around a fake point, over k, mean; above 1 where fake points crowd real ones. */
  density: number;
  /** Share of real points whose ball holds a fake point. */
  coverage: number;
}

/**
 * Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).
 *
 * The ball of a point is open and reaches its k-th nearest neighbour in its own set, itself left out.
 * O((n + m)^2 dim).
 *
 * @param real [n, dim], n > k   @param fake [m, dim], m > k
 * @throws `metrics/bad-k`, `metrics/too-few-points`, `metrics/bad-shape`, `metrics/non-finite`
 */
export function prdc(real: Points, fake: Points, dim: number, k: number): Prdc {
  if (!Number.isInteger(k) || k < 1) {
    throw new WorkbenchError('metrics/bad-k', `k must be a positive integer, found ${k}`);
  }
  const x = float64Points(real, dim, 'real');
  const y = float64Points(fake, dim, 'fake');
  const n = x.length / dim;
  const m = y.length / dim;
  requireCount(n, k + 1, 'real');
  requireCount(m, k + 1, 'fake');
  const realRadii = squaredRadii(x, dim, k);
  const fakeRadii = squaredRadii(y, dim, k);

  const isFakeInside = new Uint8Array(m);
  let ballsAroundFake = 0;
  let realInside = 0;
  let realCovered = 0;
  for (let i = 0; i < n; i++) {
    const radius = realRadii[i]!;
    let isInside = false;
    let isCovered = false;
    for (let j = 0; j < m; j++) {
      const distance = squaredDistance(x, i * dim, y, j * dim, dim);
      if (distance < radius) {
        isFakeInside[j] = 1;
        ballsAroundFake++;
        isCovered = true;
      }
      if (distance < fakeRadii[j]!) isInside = true;
    }
    if (isInside) realInside++;
    if (isCovered) realCovered++;
  }
  return {
    precision: isFakeInside.reduce((sum, inside) => sum + inside, 0) / m,
    recall: realInside / n,
    density: ballsAroundFake / (k * m),
    coverage: realCovered / n,
  };
}

/** Squared distance of each point to its k-th nearest other point, [n]. */
function squaredRadii(x: Float64Array, dim: number, k: number): Float64Array {
  const n = x.length / dim;
  const radii = new Float64Array(n);
  /** The k smallest so far, ascending. */
  const nearest = new Float64Array(k);
  for (let i = 0; i < n; i++) {
    nearest.fill(Infinity);
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const distance = squaredDistance(x, i * dim, x, j * dim, dim);
      if (distance >= nearest[k - 1]!) continue;
      let at = k - 1;
      for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!;
      nearest[at] = distance;
    }
    radii[i] = nearest[k - 1]!;
  }
  return radii;
}
