import type { ViewFrame } from '#contract/frames.ts';
import { onPlane } from '../axes.ts';
import type { Axes } from '../axes.ts';
import { difference, longestOf, negated } from './vectors.ts';

export type DriftPart = 'attract' | 'repel' | 'drift';
/** Of a velocity field: the model's own, its teacher's, and the one less the other. */
type VelocityPart = 'velocity' | 'teacher' | 'residual';
export type PartId = DriftPart | VelocityPart;

export interface PartInfo {
  readonly id: PartId;
  readonly label: string;
  /** KaTeX source. */
  readonly symbol: string;
  /** Colour token. */
  readonly colour: string;
}

/** In the order in which they are drawn, the sum on top of its parts. */
export const driftParts = [
  { id: 'attract', label: 'Attract', symbol: 'V^+', colour: '--data-attract' },
  { id: 'repel', label: 'Repel', symbol: '-V^-', colour: '--data-repel' },
  { id: 'drift', label: 'Drift', symbol: 'V = V^+ - V^-', colour: '--ink' },
] as const satisfies readonly PartInfo[];

export const velocityPart: PartInfo = {
  id: 'velocity',
  label: 'Velocity',
  symbol: 'v_\\theta(x, t)',
  colour: '--ink',
};

/** Vectors at points, each part of the field for itself. */
export interface FieldSet {
  readonly step: number;
  readonly count: number;
  /** Flat [count, 2], on the plane of the stage. */
  readonly points: Float32Array;
  /** Flat [count, 2] by part: what acts on a sample, so that attract and repel add up to the drift. */
  readonly vectors: Readonly<Partial<Record<PartId, Float32Array>>>;
  /** Length of the longest vector of the whole field on the plane, its teacher's beside it. */
  readonly longest: number;
  /** Of a policy's components, flat [count, components], rows summing to 1. */
  readonly weights: { readonly values: Float32Array; readonly components: number } | null;
  /** Generated points and data that the drift on a grid is estimated from, flat [n, 2]. */
  readonly sources: { readonly samples: Float32Array; readonly data: Float32Array } | null;
}

/** What a frame of kind `drift`, `velocity` or `probe` says on the plane; null for any other. */
export function fieldSetOf(frame: ViewFrame | null, axes: Axes): FieldSet | null {
  if (frame === null) return null;
  const { dim, step, arrays } = frame;
  const { points, vectors, teacher, attract, repel, samples, data, weights } = arrays;
  if (points === undefined) return null;
  const plane = (values: Float32Array): Float32Array => onPlane(values, dim, axes);
  const parts: Partial<Record<PartId, Float32Array>> = {};
  if (vectors !== undefined) parts.velocity = plane(vectors);
  if (teacher !== undefined) parts.teacher = plane(teacher);
  if (parts.velocity !== undefined && parts.teacher !== undefined) {
    parts.residual = difference(parts.velocity, parts.teacher);
  }
  if (attract !== undefined && repel !== undefined) {
    parts.attract = plane(attract);
    // The frame holds V-, towards the other samples; what acts on a sample is -V-, away from them.
    parts.repel = negated(plane(repel));
    parts.drift = difference(parts.attract, plane(repel));
  }
  const wholes = [parts.velocity, parts.teacher, parts.drift].filter((part) => part !== undefined);
  if (wholes.length === 0) return null;
  const count = Math.floor(points.length / dim);
  return {
    step,
    count,
    points: plane(points),
    vectors: parts,
    longest: Math.max(...wholes.map((part) => longestOf(part, 2))),
    weights:
      weights === undefined || count === 0 ? null : { values: weights, components: weights.length / count },
    sources:
      samples === undefined || data === undefined ? null : { samples: plane(samples), data: plane(data) },
  };
}

/**
 * The part of a drift that streamlines and the ground show: the sum, or the one part that is looked at
 * alone.
 *
 * @returns null while nothing is shown
 */
export function leadingPart(shown: Record<DriftPart, boolean>): PartInfo | null {
  const parts = driftParts.filter((part) => shown[part.id]);
  const [only] = parts;
  if (only === undefined) return null;
  return parts.length === 1 ? only : driftParts[2];
}

/** The parts of a drift whose arrows are drawn. */
export function shownParts(shown: Record<DriftPart, boolean>): readonly PartInfo[] {
  return driftParts.filter((part) => shown[part.id]);
}
