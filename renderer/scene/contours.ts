import type { PlaneGrid } from './density.ts';

/**
 * Lines of equal value, by marching squares between the centres of the cells: along every edge the
 * value is taken as linear; a saddle is cut by the mean of its corners.
 *
 * @returns flat [count, 4]: x and y of both ends of every piece, data units
 */
export function contoursOf({ values, side, extent }: PlaneGrid, level: number): Float32Array {
  const pieces: number[] = [];
  const cell = (2 * extent) / side;
  const first = -extent + cell / 2;
  for (let row = 0; row + 1 < side; row += 1) {
    for (let column = 0; column + 1 < side; column += 1) {
      const at = row * side + column;
      const a = (values[at] ?? 0) - level;
      const b = (values[at + 1] ?? 0) - level;
      const c = (values[at + side + 1] ?? 0) - level;
      const d = (values[at + side] ?? 0) - level;
      // Nearly every square lies on one side of the level.
      const isIn = a >= 0;
      if (b >= 0 === isIn && c >= 0 === isIn && d >= 0 === isIn) continue;
      const corners: Corners = [a, b, c, d];
      for (const [from, to] of crossings(corners)) {
        for (const edge of [from, to]) {
          const [x, y] = crossingOf(corners, edge);
          pieces.push(first + (column + x) * cell, first + (row + y) * cell);
        }
      }
    }
  }
  return Float32Array.from(pieces);
}

type Corners = readonly [number, number, number, number];

/** Corners lie counter-clockwise from the lower left; edge i runs from corner i to the next. */
const cornerPlaces = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
] as const;

/** Pairs of edges that a line joins inside one square. */
function crossings(corners: Corners): (readonly [number, number])[] {
  const isIn = corners.map((value) => value >= 0);
  const crossed = [0, 1, 2, 3].filter((edge) => isIn[edge] !== isIn[(edge + 1) % 4]);
  const [a, b, c, d] = crossed;
  if (a === undefined || b === undefined) return [];
  if (c === undefined || d === undefined) return [[a, b]];
  const isCentreIn = corners[0] + corners[1] + corners[2] + corners[3] >= 0;
  // The lines go round those corners that differ from the centre.
  return isCentreIn === isIn[0]
    ? [
        [0, 1],
        [2, 3],
      ]
    : [
        [3, 0],
        [1, 2],
      ];
}

function crossingOf(corners: Corners, edge: number): [number, number] {
  const next = (edge + 1) % 4;
  const [low, high] = [corners[edge] ?? 0, corners[next] ?? 0];
  const share = low / (low - high);
  const [fromX, fromY] = cornerPlaces[edge] ?? [0, 0];
  const [toX, toY] = cornerPlaces[next] ?? [0, 0];
  return [fromX + share * (toX - fromX), fromY + share * (toY - fromY)];
}
