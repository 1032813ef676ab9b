import type { Layer, PathsLayer, PointsLayer } from './layers.ts';
import type { Vector3 } from './orbit.ts';
import { indexFromTime } from './packing.ts';
import { screenFromWorld } from './projection.ts';
import type { Projection } from './projection.ts';
import { depthFrom } from './space.ts';
import type { Space } from './space.ts';

/** What a picture is seen with. */
export interface Sight {
  readonly projection: Projection;
  readonly space: Space;
  /** Time of the stage. */
  readonly t: number;
}

/** Pixels of the stage. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Reads coordinates of all paths at a record, which may have a fraction. */
export function pathReader(
  layer: Pick<PathsLayer, 'positions' | 'times' | 'dim'>,
  record: number,
): (path: number, d: number) => number {
  const { positions, times, dim } = layer;
  const records = times.length;
  const before = Math.min(Math.floor(record), records - 1);
  const after = Math.min(before + 1, records - 1);
  const share = record - before;
  return (path, d) => {
    if (d >= dim) return 0;
    const from = positions[(path * records + before) * dim + d] ?? 0;
    const to = positions[(path * records + after) * dim + d] ?? 0;
    return from + (to - from) * share;
  };
}

/** As much of a layer as tells where its dots are. */
export type Dots =
  | Pick<PathsLayer, 'kind' | 'positions' | 'times' | 'count' | 'dim' | 't'>
  | Pick<PointsLayer, 'kind' | 'points' | 'count' | 'dim' | 't'>;

/** Where the dots of a layer's samples are: coordinates by number, and their time. */
function dotReader(layer: Dots, t: number): { read: (sample: number, d: number) => number; t: number } {
  if (layer.kind === 'paths') {
    const at = layer.t ?? t;
    return { read: pathReader(layer, indexFromTime(layer.times, at)), t: at };
  }
  const { points, dim } = layer;
  const read = (sample: number, d: number): number => (d < dim ? (points[sample * dim + d] ?? 0) : 0);
  return { read, t: layer.t ?? 0 };
}

/** Where the dot of a sample is: its position, all coordinates, and its time. */
export function samplePosition(layer: Dots, sample: number, t: number): { position: number[]; t: number } {
  const dots = dotReader(layer, t);
  return { position: Array.from({ length: layer.dim }, (_, d) => dots.read(sample, d)), t: dots.t };
}

/** Speed of a path where its dot is, data units per unit of time; null where nothing moves in time. */
export function sampleSpeed(layer: Dots, sample: number, t: number): number | null {
  if (layer.kind !== 'paths' || layer.times.length < 2) return null;
  const { times, dim } = layer;
  const before = Math.min(Math.floor(indexFromTime(times, layer.t ?? t)), times.length - 2);
  const [from, to] = [pathReader(layer, before), pathReader(layer, before + 1)];
  const elapsed = Math.abs((times[before + 1] ?? 0) - (times[before] ?? 0));
  return Math.hypot(...Array.from({ length: dim }, (_, d) => to(sample, d) - from(sample, d))) / elapsed;
}

/** The layers whose elements are samples. */
function sampleLayers(layers: readonly Layer[]): Dots[] {
  return layers.filter(
    (layer): layer is PathsLayer | PointsLayer =>
      layer.isSamples === true && (layer.kind === 'paths' || layer.kind === 'points'),
  );
}

/** Samples whose dots lie inside a box on the stage, ascending. */
export function samplesInside(layers: readonly Layer[], sight: Sight, box: Box): number[] {
  const found = new Set<number>();
  for (const layer of sampleLayers(layers)) {
    const { read, t } = dotReader(layer, sight.t);
    for (let sample = 0; sample < layer.count; sample += 1) {
      const world: Vector3 = [read(sample, 0), read(sample, 1), depthFrom(sight.space, read(sample, 2), t)];
      const [px, py] = screenFromWorld(sight.projection, ...world);
      if (px >= box.left && px <= box.right && py >= box.top && py <= box.bottom) found.add(sample);
    }
  }
  return [...found].sort((a, b) => a - b);
}
