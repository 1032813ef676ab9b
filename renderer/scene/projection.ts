import type { Size } from './camera.ts';
import { axesOf, isOrbit } from './orbit.ts';
import type { Camera } from './orbit.ts';

/** How the world comes onto the stage: one matrix for drawing, picking, selecting and exporting. */
export interface Projection {
  /** Clip space from world, 4 x 4, column-major. */
  readonly matrix: readonly number[];
  readonly size: Size;
}

/** What is farther than this from the point looked at, data units, may be cut off. */
const depthRange = 64;

export function projectionOf(camera: Camera, size: Size): Projection {
  const { x, y, unitsPerPx } = camera;
  const [z, distance] = isOrbit(camera) ? [camera.z, camera.distance] : [0, Infinity];
  const { right, up, back } = axesOf(isOrbit(camera) ? camera : { yaw: 0, pitch: 0 });
  const rows = [
    { along: right, scale: 2 / (size.width * unitsPerPx), constant: 0 },
    { along: up, scale: 2 / (size.height * unitsPerPx), constant: 0 },
    { along: back, scale: -1 / depthRange, constant: 0 },
    { along: back, scale: -1 / distance, constant: 1 },
  ].map(({ along, scale, constant }) => [
    along[0] * scale,
    along[1] * scale,
    along[2] * scale,
    constant - (along[0] * x + along[1] * y + along[2] * z) * scale,
  ]);
  return { matrix: [0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column] ?? 0)), size };
}

/** CSS pixels from the upper left corner, and depth: smaller is nearer. */
export function screenFromWorld(
  { matrix: m, size }: Projection,
  x: number,
  y: number,
  z: number,
): [px: number, py: number, depth: number] {
  const row = (i: number): number => m[i]! * x + m[4 + i]! * y + m[8 + i]! * z + m[12 + i]!;
  const w = row(3);
  return [((row(0) / w + 1) / 2) * size.width, ((1 - row(1) / w) / 2) * size.height, row(2) / w];
}

/** The projection that shows only the square of `sidePx` around a place, on all of its target. */
export function projectionAround(projection: Projection, px: number, py: number, sidePx: number): Projection {
  const { matrix: m, size } = projection;
  const centre = [(2 * px) / size.width - 1, 1 - (2 * py) / size.height];
  const scale = [size.width / sidePx, size.height / sidePx];
  const matrix = m.map((value, i) => {
    const row = i % 4;
    return row > 1 ? value : scale[row]! * (value - centre[row]! * m[i - row + 3]!);
  });
  return { matrix, size: { width: sidePx, height: sidePx } };
}
