import type { ViewFrame } from '#contract/frames.ts';
import { difference } from './vectors.ts';

/** How far a student's velocity is from its teacher's over the points of a frame, in all coordinates. */
interface ResidualSize {
  /** Root of the mean squared length of student minus teacher, data std per unit t. */
  readonly rms: number;
  /** The same over the root mean square of the teacher. */
  readonly relative: number;
}

/** Student minus teacher, flat [B, D]; null where a frame does not have both. */
export function residualOf({ arrays: { vectors, teacher } }: ViewFrame): Float32Array | null {
  return vectors === undefined || teacher === undefined ? null : difference(vectors, teacher);
}

/** @returns null where a frame does not have both velocities */
export function residualSize(frame: ViewFrame | null): ResidualSize | null {
  const residual = frame === null ? null : residualOf(frame);
  const teacher = frame?.arrays['teacher'];
  if (frame === null || residual === null || teacher === undefined || residual.length === 0) return null;
  const rms = rmsLength(residual, frame.dim);
  return { rms, relative: rms / rmsLength(teacher, frame.dim) };
}

function rmsLength(vectors: Float32Array, dim: number): number {
  const sum = vectors.reduce((squares, value) => squares + value * value, 0);
  return Math.sqrt(sum / (vectors.length / dim));
}
