import type { ViewFrame } from '#contract/frames.ts';
import { formatNumber } from '../../ui/format.ts';

/** The axes in which samples of many numbers are seen, as a frame tells them. */
export interface Basis {
  /** Flat [axes, dim], orthonormal. */
  readonly axes: Float32Array;
  /** [dim] */
  readonly centre: Float32Array;
  /** [axes] share of the variance of all states. */
  readonly explained: Float32Array;
}

/** The axes that a frame was projected on; null for one that was not. */
export function basisOf(frame: ViewFrame | null): Basis | null {
  const { axes, centre, explained } = frame?.arrays ?? {};
  if (axes === undefined || centre === undefined || explained === undefined) return null;
  return { axes, centre, explained };
}

/** The same array for the same points and axes, so that a stage uploads nothing twice. */
const known = new WeakMap<Float32Array, { axes: Float32Array; seen: Float32Array }>();

/** Points in axes: flat [count, dim] to flat [count, axes]. */
export function inAxes(values: Float32Array, { axes, centre }: Basis): Float32Array {
  const held = known.get(values);
  if (held?.axes === axes) return held.seen;
  const dim = centre.length;
  const many = axes.length / dim;
  const seen = new Float32Array((values.length / dim) * many);
  for (let i = 0; i < values.length / dim; i += 1) {
    for (let a = 0; a < many; a += 1) {
      let along = 0;
      for (let d = 0; d < dim; d += 1) {
        along += ((values[i * dim + d] ?? 0) - (centre[d] ?? 0)) * (axes[a * dim + d] ?? 0);
      }
      seen[i * many + a] = along;
    }
  }
  known.set(values, { axes, seen });
  return seen;
}

const places = ['positions', 'teacherPositions', 'points', 'teacher'] as const;
const made = new WeakMap<ViewFrame, { axes: Float32Array; frame: ViewFrame }>();

/**
 * A frame in the axes of another, e.g. a moment of the film, or another run: one that is in axes already
 * stays as it is.
 *
 * @returns null for one of other dimensions
 */
export function frameInAxes(frame: ViewFrame, basis: Basis): ViewFrame | null {
  if (frame.arrays['axes'] !== undefined) return frame;
  if (frame.dim !== basis.centre.length) return null;
  const held = made.get(frame);
  if (held?.axes === basis.axes) return held.frame;
  const arrays = { ...frame.arrays };
  for (const name of places) {
    const values = arrays[name];
    if (values !== undefined) arrays[name] = inAxes(values, basis);
  }
  const { positions, teacherPositions, points, teacher } = frame.arrays;
  const ends = points ?? endsOf(positions, frame);
  const teacherEnds = teacher ?? endsOf(teacherPositions, frame);
  if (ends !== undefined) arrays['ends'] = ends;
  if (teacherEnds !== undefined) arrays['teacherEnds'] = teacherEnds;
  const turned = { ...frame, dim: basis.axes.length / basis.centre.length, arrays };
  made.set(frame, { axes: basis.axes, frame: turned });
  return turned;
}

/** The last record of every path: flat [count, T, dim] to [count, dim]. */
function endsOf(positions: Float32Array | undefined, { count, dim }: ViewFrame): Float32Array | undefined {
  if (positions === undefined || count === 0) return undefined;
  const records = positions.length / (count * dim);
  const ends = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const last = ((i + 1) * records - 1) * dim;
    ends.set(positions.subarray(last, last + dim), i * dim);
  }
  return ends;
}

/** Half the side of a square that holds nearly all of the points, one of few sizes so that it seldom changes. */
export function extentOf(positions: Float32Array): number {
  const sizes = positions.map((value) => Math.abs(value)).sort();
  const most = 1.08 * (sizes[Math.floor(0.998 * (sizes.length - 1))] ?? 0);
  const power = 10 ** Math.floor(Math.log10(Math.max(most, 1e-3)));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((each) => each * power).find((each) => each >= most) ?? most;
}

/** `PC 1 (34 % of variance)`: what an axis is and how much of all it shows. */
export function axisNames(basis: Basis, titles: readonly string[]): string[] {
  return Array.from(
    basis.explained,
    (share, axis) => `${titles[axis] ?? `Axis ${axis + 1}`} (${formatNumber(100 * share, 2)} % of variance)`,
  );
}
