import { scaleLinear } from 'd3-scale';
import type { PlaneCamera, Size } from './camera.ts';
import { corners } from './orbit.ts';
import type { Vector3 } from './orbit.ts';
import { screenFromWorld } from './projection.ts';
import type { Projection } from './projection.ts';
import { boxOf, depthFrom } from './space.ts';
import type { Look, Space } from './space.ts';
import { ticksOf } from './ticks.ts';

/** Axes as they are drawn: below the data, its words above. Positions in CSS pixels. */
export interface Axes {
  readonly lines: readonly AxisLine[];
  readonly labels: readonly AxisLabel[];
}

interface AxisLine {
  /** `grid` and `zero` in the plane; `edge` of the box, `frame` of noise and data, `now` at the time shown. */
  readonly kind: 'grid' | 'zero' | 'edge' | 'frame' | 'now';
  readonly points: readonly (readonly [px: number, py: number])[];
}

interface AxisLabel {
  readonly px: number;
  readonly py: number;
  readonly text: string;
  readonly kind: 'tick' | 'name';
  readonly anchor: 'start' | 'middle';
  /** Written upwards. */
  readonly isUpright?: boolean;
}

/** What is written along the time axis; t = 1 is its far end. */
export interface TimeAxis {
  readonly ticks: readonly { readonly t: number; readonly text: string }[];
  readonly noise: string;
  readonly data: string;
}

export const samplerTimeAxis: TimeAxis = {
  ticks: [0.75, 0.5, 0.25].map((t) => ({ t, text: `t = ${t}` })),
  noise: 'noise, t = 1',
  data: 'data, t = 0',
};

/** Names of the axes where they are others than x, y and z. */
export type AxisNames = readonly string[];

/** Round numbers along the left and lower side, and a grid of squares; names beside them where there are some. */
export function planeAxes(camera: PlaneCamera, size: Size, [nameX, nameY]: AxisNames = []): Axes {
  const { x, y } = ticksOf(camera, size);
  const kind = (isZero: boolean) => (isZero ? 'zero' : 'grid');
  // Words keep off the corners, where the tools and other words are.
  const inX = x.filter(({ px }) => px > 44 && px < size.width - 150);
  const inY = y.filter(({ px }) => px > 48 && px < size.height - 28);
  return {
    lines: [
      ...x.map(({ px, isZero }): AxisLine => ({
        kind: kind(isZero),
        points: [
          [px, 0],
          [px, size.height],
        ],
      })),
      ...y.map(({ px, isZero }): AxisLine => ({
        kind: kind(isZero),
        points: [
          [0, px],
          [size.width, px],
        ],
      })),
    ],
    labels: [
      ...inX.map(({ px, label }): AxisLabel => ({
        px,
        py: size.height - 12,
        text: label,
        kind: 'tick',
        anchor: 'middle',
      })),
      ...inY.map(({ px, label }): AxisLabel => ({
        px: 10,
        py: px,
        text: label,
        kind: 'tick',
        anchor: 'start',
      })),
      ...(nameX === undefined
        ? []
        : [
            {
              px: size.width / 2,
              py: size.height - 30,
              text: nameX,
              kind: 'name' as const,
              anchor: 'middle' as const,
            },
          ]),
      ...(nameY === undefined
        ? []
        : [
            {
              px: 46,
              // Above the middle: what lies in the lower corner does not reach so far.
              py: 0.36 * size.height,
              text: nameY,
              kind: 'name' as const,
              anchor: 'middle' as const,
              isUpright: true,
            },
          ]),
    ],
  };
}

interface BoxSight {
  readonly look: Look;
  readonly projection: Projection;
  readonly space: Space;
  readonly extent: number;
  /** Time of the plane that is drawn as `now`. */
  readonly t: number;
  readonly time: TimeAxis;
  readonly names?: AxisNames | undefined;
}

/** The box around what is seen in space, with its axes along the edges that lie lowest or farthest left. */
export function boxAxes({ look, projection, space, extent, t, time, names }: BoxSight): Axes {
  const half = boxOf(space, extent);
  const onStage = (point: Vector3): [number, number] => {
    const [px, py] = screenFromWorld(projection, ...point);
    return [px, py];
  };
  const frameAt = (z: number): [number, number][] =>
    [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
      [-1, -1],
    ].map(([x = 0, y = 0]) => onStage([x * extent, y * extent, z]));
  const lines: AxisLine[] = [
    ...[
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([x = 0, y = 0]): AxisLine => ({
      kind: 'edge',
      points: [-1, 1].map((z) => onStage([x * extent, y * extent, z * half[2]])),
    })),
    { kind: 'frame', points: frameAt(-half[2]) },
    { kind: 'frame', points: frameAt(half[2]) },
  ];
  const isTimed = look !== 'orbit';
  if (isTimed) lines.push({ kind: 'now', points: frameAt(depthFrom(space, 0, t)) });
  const labels: AxisLabel[] = [];
  const centre = onStage([0, 0, 0]);
  for (const axis of [0, 1, 2] as const) {
    const edge = edgeFor(axis, half, onStage);
    if (edge === null) continue;
    const put = (
      share: number,
      text: string,
      kind: AxisLabel['kind'],
      awayPx: number,
      isUpright = false,
    ): void => {
      const point: [number, number, number] = [...edge.corner];
      point[axis] = share * half[axis];
      const [px, py] = awayFrom(centre, edge, onStage(point), awayPx);
      labels.push({ px, py, text, kind, anchor: 'middle', ...(isUpright ? { isUpright } : {}) });
    };
    if (axis === 2 && isTimed) {
      put(-1, time.noise, 'name', 22);
      put(1, time.data, 'name', 22);
      if (edge.lengthPx > 300) for (const tick of time.ticks) put(1 - 2 * tick.t, tick.text, 'tick', 18);
    } else {
      const name = names?.[axis];
      for (const value of roundTicks(extent)) {
        // A name takes the place of the number in the middle.
        if (value === 0 && name !== undefined) continue;
        put(value / extent, String(value).replace('-', '−'), 'tick', tickPx);
      }
      if (name === undefined) put(1.09, 'xyz'[axis] ?? '', 'name', tickPx);
      else {
        const { awayPx, isUpright } = besideNumbers(edge, name);
        put(0, name, 'name', awayPx, isUpright);
      }
    }
  }
  return { lines, labels };
}

function roundTicks(extent: number): number[] {
  return scaleLinear([-extent, extent], [0, 1])
    .ticks(4)
    .filter((value) => Math.abs(value) < extent);
}

interface Edge {
  /** Its end at the lower end of the axis. */
  corner: Vector3;
  lengthPx: number;
  /** Along the axis, on the stage, in the middle of the box. */
  along: readonly [number, number];
}

/** How far numbers lie from the edge. */
const tickPx = 14;
/** An axis that points at the eye is not written on. */
const shortestPx = 70;

/** Of the four edges along an axis, the lowest; where the axis is steep, the one farthest left. */
function edgeFor(axis: 0 | 1 | 2, half: Vector3, onStage: (point: Vector3) => [number, number]): Edge | null {
  const ends = (signs: Vector3): [Vector3, Vector3] => {
    const at = (sign: number): Vector3 => {
      const end: [number, number, number] = [signs[0] * half[0], signs[1] * half[1], signs[2] * half[2]];
      end[axis] = sign * half[axis];
      return end;
    };
    return [at(-1), at(1)];
  };
  const [start, end] = ends([0, 0, 0]).map(onStage) as [[number, number], [number, number]];
  const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
  const lengthPx = Math.hypot(dx, dy);
  if (lengthPx < shortestPx) return null;
  const along: [number, number] = [dx / lengthPx, dy / lengthPx];
  const isLevel = Math.abs(dx) >= Math.abs(dy);
  const sign = isLevel ? Math.sign(along[0]) : Math.sign(-along[1]);
  // Square to the axis: downwards, or to the left.
  const out: [number, number] = isLevel
    ? [-along[1] * sign, along[0] * sign]
    : [along[1] * sign, -along[0] * sign];
  let best: { corner: Vector3; score: number } | null = null;
  for (const signs of corners) {
    if (signs[axis] < 0) continue;
    const [from, to] = ends(signs);
    const [a, b] = [onStage(from), onStage(to)];
    const score = (a[0] + b[0]) * out[0] + (a[1] + b[1]) * out[1];
    if (best === null || score > best.score) best = { corner: from, score };
  }
  return best === null ? null : { corner: best.corner, lengthPx, along };
}

/** Words are wider than they are high. */
const widerBy = 1.4;

/** Where a name is clear of the numbers along its edge: level or upright, whichever lies closer. */
function besideNumbers({ along: [ax, ay] }: Edge, name: string): { awayPx: number; isUpright: boolean } {
  // Of the normal: how far a box reaches along it.
  const [nx, ny] = [Math.abs(ay), Math.abs(ax)];
  const reach = (halfWidth: number, halfHeight: number): number => halfWidth * nx + halfHeight * ny;
  const halfLength = 2.9 * name.length;
  const [level, upright] = [reach(halfLength, 7), reach(7, halfLength)];
  const numbers = reach(10, 7);
  const perPx = widerBy * nx * nx + ny * ny;
  return { awayPx: tickPx + (numbers + Math.min(level, upright)) / perPx, isUpright: upright < level };
}

/** Square to the edge, on the side away from the middle of the box. */
function awayFrom(
  centre: readonly [number, number],
  { along }: Edge,
  [px, py]: readonly [number, number],
  byPx: number,
): [number, number] {
  const across: [number, number] = [-along[1], along[0]];
  const side = (px - centre[0]) * across[0] + (py - centre[1]) * across[1] < 0 ? -1 : 1;
  return [px + side * across[0] * byPx * widerBy, py + side * across[1] * byPx];
}
