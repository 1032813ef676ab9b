import { float64Points } from './points.ts';
import type { Points } from './points.ts';

/** The modes of a target law: what a data set must know for mode coverage to be counted. */
export interface ModeMap {
  readonly count: number;
  /** [count] expected shares of all points; less than 1 together where noise leaks out of the modes. */
  readonly shares: ArrayLike<number>;
  /** Mode of the point that starts at `offset`, in [0, count), or negative when it lies in none. */
  modeOf(points: ArrayLike<number>, offset: number): number;
}

interface ModeCoverage {
  /** [count] points found in each mode */
  counts: Int32Array;
  /** The least-filled mode against its fair share 1/count: min over modes of share * count. */
  minShareRatio: number;
  /** Modes with at least half their expected share. */
  covered: number;
  /** Share of all points that lie in no mode. */
  outside: number;
  /** KL(found || expected), both over the points inside a mode, nats; Infinity when there is none. */
  divergence: number;
}

/**
 * How a sample spreads over the modes of its target. Shares are fractions of all points, those outside every
 * mode included: a sampler that misses every mode's edge does not look complete.
 *
 * @param fake [m, dim]
 * @throws `metrics/bad-shape`, `metrics/non-finite`
 */
export function modeCoverage(fake: Points, dim: number, modes: ModeMap): ModeCoverage {
  const y = float64Points(fake, dim, 'fake');
  const total = y.length / dim;
  const counts = new Int32Array(modes.count);
  let inside = 0;
  for (let offset = 0; offset < y.length; offset += dim) {
    const mode = modes.modeOf(y, offset);
    if (mode < 0) continue;
    counts[mode]!++;
    inside++;
  }
  let minShareRatio = Infinity;
  let covered = 0;
  let divergence = inside === 0 ? Infinity : 0;
  const expectedInside = Array.from(modes.shares).reduce((sum, share) => sum + share, 0);
  for (let mode = 0; mode < modes.count; mode++) {
    const share = counts[mode]! / total;
    const expected = modes.shares[mode]!;
    minShareRatio = Math.min(minShareRatio, share * modes.count);
    if (share >= 0.5 * expected) covered++;
    const shareInside = counts[mode]! / inside;
    if (shareInside > 0) divergence += shareInside * Math.log((shareInside * expectedInside) / expected);
  }
  return { counts, minShareRatio, covered, outside: 1 - inside / total, divergence };
}
