/** Paths of many dimensions in two or three: which axes, and where states lie in them. */
import { WorkbenchError } from '#contract/errors.ts';
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import type { DataSource } from '../../datasets/index.ts';
import { endPoints } from '../sampling/paths.ts';
import { classMeans } from './class-means.ts';
import { type PointSets, dot, orthonormalise, principalAxes } from './principal-axes.ts';

type Chosen = NonNullable<Extract<ParsedViewRequest, { kind: 'trajectories' }>['projection']>;

interface Paths {
  /** [B * T * D] */
  readonly positions: Float32Array;
  /** [T] */
  readonly times: Float32Array;
  /** [B * U * D], in the same axes and fitted with them. */
  readonly teacherPositions?: Float32Array | undefined;
  /** [U] */
  readonly teacherTimes?: Float32Array | undefined;
}

interface From {
  readonly dim: number;
  readonly source: DataSource | null;
  readonly signal?: { readonly aborted: boolean } | undefined;
}

/**
 * The arrays of a projected view, as the contract says, and what the paths end at.
 *
 * @throws WorkbenchError `config/wrong-value` naming what makes no plane, `sampler/cancelled`
 */
export async function projected(
  chosen: Chosen,
  { positions, times, teacherPositions, teacherTimes }: Paths,
  from: From,
): Promise<{ axes: number; arrays: ViewFrame['arrays'] }> {
  const { dim } = from;
  const sets = teacherPositions === undefined ? [positions] : [positions, teacherPositions];
  const centre = meanOf(sets, dim);
  const ends = endPoints(positions, times.length, dim);
  const axes = await axesOf(chosen, sets, centre, ends, from);
  const variances = new Float64Array(axes.length + 1);
  const seen = sets.map((values) => inAxes(values, axes, centre, variances));
  const total = variances[axes.length]!;
  return {
    axes: axes.length,
    arrays: {
      positions: seen[0]!,
      axes: Float32Array.from(axes.flatMap((axis) => [...axis])),
      centre: Float32Array.from(centre),
      explained: Float32Array.from(axes, (_, a) => (total > 0 ? variances[a]! / total : 0)),
      ends,
      ...(teacherPositions === undefined || teacherTimes === undefined
        ? {}
        : {
            teacherPositions: seen[1]!,
            teacherEnds: endPoints(teacherPositions, teacherTimes.length, dim),
          }),
    },
  };
}

async function axesOf(
  chosen: Chosen,
  sets: PointSets,
  centre: Float64Array,
  ends: Float32Array,
  { dim, source, signal }: From,
): Promise<Float64Array[]> {
  if (chosen.kind === 'pca') {
    if (chosen.axes > dim) refuse('axes', `at most ${dim}, as samples have numbers`, chosen.axes);
    return principalAxes(sets, centre, chosen.axes, signal);
  }
  if (dim < 2) refuse('kind', 'none, for samples have one number', chosen.kind);
  if (chosen.kind === 'samples') {
    const count = ends.length / dim;
    return directions(chosen.pairs, (index, field) => {
      if (index >= count) refuse(field, `below ${count}, as there are samples`, index);
      return Float64Array.from(ends.subarray(index * dim, (index + 1) * dim));
    });
  }
  const means = source === null ? null : await classMeans(source, signal);
  if (means === null) return refuse('kind', 'pca or samples, for there are no data with classes', 'classes');
  return directions(chosen.pairs, (label, field) => {
    if (label >= means.length) refuse(field, `below ${means.length}, as there are classes`, label);
    return means[label] ?? refuse(field, 'a class of which there are data', label);
  });
}

/** From one place to another twice, the second made orthogonal to the first. */
function directions(
  pairs: readonly { readonly from: number; readonly to: number }[],
  placeOf: (index: number, field: string) => Float64Array,
): Float64Array[] {
  const axes: Float64Array[] = [];
  pairs.forEach(({ from, to }, i) => {
    const start = placeOf(from, `pairs[${i}].from`);
    const direction = placeOf(to, `pairs[${i}].to`).map((value, d) => value - start[d]!);
    const length = Math.sqrt(dot(direction, direction));
    if (!(length > 0)) refuse(`pairs[${i}]`, 'two that differ', `${from} and ${to}`);
    // What float32 places leave of parallel directions is no direction.
    const rest = direction.map((value) => value / length);
    for (const axis of axes) {
      const along = dot(rest, axis);
      rest.forEach((value, d) => (rest[d] = value - along * axis[d]!));
    }
    const isNew = dot(rest, rest) > 1e-8 && orthonormalise(rest, axes);
    if (!isNew) refuse(`pairs[${i}]`, 'a direction other than the first', `${from} to ${to}, along it`);
    axes.push(rest);
  });
  return axes;
}

function refuse(field: string, expected: string, found: string | number): never {
  throw new WorkbenchError(
    'config/wrong-value',
    `view.projection.${field}: expected ${expected}, found ${found}`,
    { field: `view.projection.${field}` },
  );
}

function meanOf(sets: PointSets, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  let count = 0;
  for (const values of sets) {
    for (let at = 0; at < values.length; at += dim) {
      for (let d = 0; d < dim; d++) mean[d]! += values[at + d]!;
    }
    count += values.length / dim;
  }
  return mean.map((sum) => sum / count);
}

/**
 * Where points lie in the axes, [n * A].
 *
 * @param sums  [A + 1] to which the squares along every axis, and those of all numbers, are added
 */
function inAxes(
  values: Float32Array,
  axes: readonly Float64Array[],
  centre: Float64Array,
  sums: Float64Array,
): Float32Array {
  const dim = centre.length;
  const out = new Float32Array((values.length / dim) * axes.length);
  const point = new Float64Array(dim);
  for (let i = 0; i < values.length / dim; i++) {
    for (let d = 0; d < dim; d++) point[d] = values[i * dim + d]! - centre[d]!;
    sums[axes.length]! += dot(point, point);
    for (const [a, axis] of axes.entries()) {
      const along = dot(point, axis);
      sums[a]! += along * along;
      out[i * axes.length + a] = along;
    }
  }
  return out;
}
