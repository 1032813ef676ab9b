/** A Gaussian mixture in the plane as a source of points with known modes. */
import type { GaussianMixture } from '../../maths/gaussian-mixture.ts';
import { Rng } from '../../tensor/rng.ts';
import type { DataSource } from '../dataset.ts';
import { type NativeModes, standardised } from '../standardise.ts';

/** A mode is what lies within this many standard deviations of a component's mean. */
const REACH = 3;

export function mixtureSource(mixture: GaussianMixture): DataSource {
  return standardised({
    dim: mixture.dim,
    center: mixture.mean(),
    std: Math.sqrt(mixture.meanVariance()),
    sample: (rng, count) => mixture.sample(rng, count),
    mixture,
    modes: componentModes(mixture),
  });
}

/**
 * One mode per component of a mixture in the plane: the discs of radius 3 std; a point in several
 * belongs to the mean that is nearest in units of its std.
 *
 * Of a Gaussian in the plane 1 - exp(-9/2) lies in its disc. Where all discs are disjoint that is the
 * share, short of the tails of other components (below 0.0014 of their weight); where some overlap it
 * is counted on a fixed sample (standard error below 0.0014).
 */
function componentModes(mixture: GaussianMixture): NativeModes {
  const { count, dim, means, stds, weights } = mixture;
  const modeOf = (point: ArrayLike<number>, offset = 0) => {
    let nearest = REACH;
    let mode = -1;
    for (let k = 0; k < count; k++) {
      const distance =
        Math.hypot(point[offset]! - means[k * dim]!, point[offset + 1]! - means[k * dim + 1]!) / stds[k]!;
      if (distance <= nearest) {
        nearest = distance;
        mode = k;
      }
    }
    return mode;
  };
  const areDisjoint = weights.every((_, k) =>
    weights.every(
      (_each, l) =>
        k === l ||
        Math.hypot(means[2 * k]! - means[2 * l]!, means[2 * k + 1]! - means[2 * l + 1]!) >
          REACH * (stds[k]! + stds[l]!),
    ),
  );
  const shares = areDisjoint
    ? weights.map((weight) => weight * -Math.expm1(-(REACH ** 2) / 2))
    : countedShares(mixture, modeOf);
  return { shares, modeOf };
}

function countedShares(
  mixture: GaussianMixture,
  modeOf: (points: Float64Array, offset: number) => number,
): Float64Array {
  const draws = 2 ** 17;
  const points = mixture.sample(new Rng(0, 'mode-shares'), draws);
  const shares = new Float64Array(mixture.count);
  for (let i = 0; i < draws; i++) {
    const mode = modeOf(points, i * mixture.dim);
    if (mode >= 0) shares[mode]! += 1 / draws;
  }
  return shares;
}
