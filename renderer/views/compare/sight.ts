import { panned, zoomed } from '../../scene/camera.ts';
import type { PlaneCamera, Size } from '../../scene/camera.ts';

/** Which square of the plane cells show, whatever their size: its middle and half its side, data units. */
export interface PlaneSight {
  readonly x: number;
  readonly y: number;
  readonly extent: number;
}

/** Nearly all of data with unit deviation, while nothing is known of it. */
const unknownExtent = 3;
/** A model strays a little farther than its data. */
const beyondData = 1.15;

/** All that data reach, around the origin. @param extents  half the sides of squares that hold each of them */
export function sightOver(extents: readonly number[]): PlaneSight {
  return { x: 0, y: 0, extent: extents.length === 0 ? unknownExtent : beyondData * Math.max(...extents) };
}

/** @param sidePx  of a square cell, CSS pixels */
export function cameraOf({ x, y, extent }: PlaneSight, sidePx: number): PlaneCamera {
  return { x, y, unitsPerPx: (2 * extent) / Math.max(1, sidePx) };
}

function sightOf({ x, y, unitsPerPx }: PlaneCamera, sidePx: number): PlaneSight {
  return { x, y, extent: (unitsPerPx * sidePx) / 2 };
}

/** The data under the pointer moves with it. */
export function sightPanned(sight: PlaneSight, sidePx: number, dxPx: number, dyPx: number): PlaneSight {
  return sightOf(panned(cameraOf(sight, sidePx), dxPx, dyPx), sidePx);
}

/** The place of a cell stays where it is. @param factor  above 1 shows more */
export function sightZoomed(
  sight: PlaneSight,
  sidePx: number,
  factor: number,
  [px, py]: readonly [number, number] = [sidePx / 2, sidePx / 2],
): PlaneSight {
  const size: Size = { width: sidePx, height: sidePx };
  return sightOf(zoomed(cameraOf(sight, sidePx), size, px, py, factor), sidePx);
}

/** How many points lie beyond the square. @param points  flat [count, 2] */
export function outsideCount(points: Float32Array, { x, y, extent }: PlaneSight): number {
  let count = 0;
  for (let i = 0; i + 1 < points.length; i += 2) {
    const isInside = Math.abs((points[i] ?? 0) - x) <= extent && Math.abs((points[i + 1] ?? 0) - y) <= extent;
    if (!isInside) count += 1;
  }
  return count;
}
