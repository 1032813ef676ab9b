/**
 * Native coordinates to data units: x -> (x - center) / std.
 *
 * One scalar std, the root of the coordinates' variance averaged over them, so that shapes keep their
 * aspect and every dataset meets networks, temperatures and plots at the same scale. Center and std
 * are those of the law, given by a formula, and do not depend on any sample: two runs of one dataset
 * share their units. Imported points are their own law, so theirs are the moments of the file.
 */
import type { GaussianMixture } from '../maths/gaussian-mixture.ts';
import type { Rng } from '../tensor/rng.ts';
import type { DataSource } from './dataset.ts';

/** A distribution in its own coordinates. */
export interface NativeLaw {
  readonly dim: number;
  /** [dim] mean of the law. */
  readonly center: ArrayLike<number>;
  /** Root of the mean over coordinates of their variance; positive. */
  readonly std: number;
  /** Draws points, flat [count * dim]. */
  sample(rng: Rng, count: number): Float64Array;
  readonly mixture?: GaussianMixture;
  readonly modes?: NativeModes;
}

/** As ModeMap, in native coordinates. */
export interface NativeModes {
  readonly shares: Float64Array;
  /** @param point [dim] */
  modeOf(point: Float64Array): number;
}

export function standardised(law: NativeLaw): DataSource {
  const { dim, center, std } = law;
  return {
    dim,
    sample: (rng, count) => {
      const native = law.sample(rng, count);
      return Float32Array.from(native, (x, i) => (x - center[i % dim]!) / std);
    },
    ...(law.mixture && { mixture: law.mixture.rescaled(center, std) }),
    ...(law.modes && {
      modes: {
        count: law.modes.shares.length,
        shares: law.modes.shares,
        modeOf: (points, offset) =>
          law.modes!.modeOf(
            Float64Array.from({ length: dim }, (_, j) => points[offset + j]! * std + center[j]!),
          ),
      },
    }),
  };
}
