import type { ViewFrame } from '#contract/frames.ts';
import { modeColours } from '../scene/density-colours.ts';
import type { PathsLayer } from '../scene/layers.ts';
import type { Paint } from '../theme/paint.ts';
import { formatNumber } from '../ui/format.ts';
import { differenceOf, largestOf } from './difference.ts';

/** From where samples end to where their teacher takes the same noise. */
export interface TeacherPairs {
  /** Flat [count, 2, dim]: the sample's end, then the teacher's. */
  readonly positions: Float32Array;
  readonly count: number;
  readonly dim: number;
  /** Length at the upper end of the colours. */
  readonly longest: number;
  /** Root mean square per coordinate, data units. */
  readonly rms: number;
}

/** What a frame says of the teacher; null where it says nothing. */
export function teacherPairsOf(frame: ViewFrame | null): TeacherPairs | null {
  if (frame === null) return null;
  const { arrays, dim, count } = frame;
  const teacher = arrays['teacher'] ?? endsOf(arrays['teacherPositions'], count, dim);
  if (teacher === undefined) return null;
  const points = arrays['points'] ?? endsOf(arrays['positions'], count, dim);
  if (points === undefined) return null;
  const difference = differenceOf(points, teacher, dim);
  if (difference === null) return null;
  const positions = new Float32Array(count * 2 * dim);
  for (let i = 0; i < count; i += 1) {
    positions.set(points.subarray(i * dim, (i + 1) * dim), 2 * i * dim);
    positions.set(teacher.subarray(i * dim, (i + 1) * dim), (2 * i + 1) * dim);
  }
  return { positions, count, dim, longest: largestOf([difference]), rms: difference.rms };
}

/** The last record of every path: flat [count, T, dim] to [count, dim]. */
function endsOf(positions: Float32Array | undefined, count: number, dim: number): Float32Array | undefined {
  if (positions === undefined || count === 0) return undefined;
  const records = positions.length / (count * dim);
  const ends = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const last = ((i + 1) * records - 1) * dim;
    ends.set(positions.subarray(last, last + dim), i * dim);
  }
  return ends;
}

/** Both ends lie at data: the times only tell the two records apart. */
const apart = 1e-3;
const pairTimes = Float32Array.of(apart, 0);

/**
 * Pairs as lines, coloured by their length: a path's speed is its length over the time it takes.
 *
 * @param seen  flat [count, 2, dim], the coordinates that are looked at
 */
export function pairsLayer(
  { count, longest }: TeacherPairs,
  seen: { positions: Float32Array; dim: number },
  paint: Paint,
): PathsLayer {
  return {
    kind: 'paths',
    key: 'teacher-pairs',
    ...seen,
    times: pairTimes,
    count,
    t: 0,
    tail: 1,
    colourBy: 'speed',
    colours: modeColours(paint),
    fastest: Math.max(1e-9, longest) / apart,
    headSize: 0,
    lineWidth: count > 2000 ? 0 : 1.75,
    opacity: Math.max(0.15, Math.min(0.95, Math.sqrt(800 / Math.max(1, count)))),
    isSamples: true,
  };
}

/** What the colours and their number mean, for a legend. */
export function pairsText({ longest, rms }: TeacherPairs): string {
  return `To where the teacher takes the same noise: rms ${formatNumber(rms)}, colour from 0 to ${formatNumber(longest)}`;
}
