/** Where the same samples were at moments of training. */
interface Moment {
  readonly step: number;
  /** Flat [count, dim]. */
  readonly points: Float32Array;
}

/** Paths of samples through training. */
export interface FilmPaths {
  /** Flat [count, T, dim]. */
  readonly positions: Float32Array;
  /** [T], from 1 at the first step down to 0 at the last. */
  readonly times: Float32Array;
  readonly count: number;
  readonly dim: number;
  readonly firstStep: number;
  readonly lastStep: number;
}

/** More frames than that are thinned: a path needs no more, and pages are kept only so long. */
const mostMoments = 256;
const thinnedTo = 30;

/** Positions of the frames that make up the paths, among so many. */
export function positionsOf(frames: number): number[] {
  if (frames <= mostMoments) return Array.from({ length: frames }, (_, i) => i);
  return Array.from({ length: thinnedTo }, (_, i) => Math.round((i / (thinnedTo - 1)) * (frames - 1)));
}

/**
 * The first samples' paths from one moment of training to the next, to scale in steps.
 *
 * @param moments  ascending in step
 * @returns null for fewer than two moments
 */
export function filmPathsOf(moments: readonly Moment[], dim: number, most: number): FilmPaths | null {
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined || last.step <= first.step) return null;
  const count = Math.min(most, Math.floor(first.points.length / dim));
  const records = moments.length;
  const positions = new Float32Array(count * records * dim);
  moments.forEach(({ points }, k) => {
    for (let i = 0; i < count; i += 1) {
      for (let d = 0; d < dim; d += 1) positions[(i * records + k) * dim + d] = points[i * dim + d] ?? 0;
    }
  });
  return {
    positions,
    times: Float32Array.from(moments, ({ step }) => timeOfStep(step, first.step, last.step)),
    count,
    dim,
    firstStep: first.step,
    lastStep: last.step,
  };
}

/** Where a training step lies on the time axis: 1 at the first, 0 at the last. */
export function timeOfStep(step: number, first: number, last: number): number {
  return last > first ? Math.min(1, Math.max(0, 1 - (step - first) / (last - first))) : 0;
}
