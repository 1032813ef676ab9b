/** Writes the vector at (x, y) into `out` [2]; false where there is none. */
export type PlaneField = (x: number, y: number, out: Float64Array) => boolean;

/** Vectors at the nodes of a square grid over [-extent, extent], borders included. */
export interface VectorGrid {
  /** Flat [side * side, 2], row-major over y then x, both ascending. */
  readonly vectors: Float32Array;
  readonly side: number;
  readonly extent: number;
}

export interface Streamlines {
  /** Flat [n, 2], line after line, in the direction of the field. */
  readonly points: Float32Array;
  /** [n] magnitude of the field at the points. */
  readonly speeds: Float32Array;
  /** [lines + 1]: line i has the points from starts[i] up to starts[i + 1]. */
  readonly starts: Uint32Array;
}

interface StreamlineOptions {
  /** Cells along each axis of which no two lines share one. */
  cells: number;
  /** Magnitude below which the field has no direction. */
  slowest: number;
  /** Shortest line that is kept, data units. */
  shortest?: number;
}

/** Between the nodes the field is bilinear. */
export function bilinearField({ vectors, side, extent }: VectorGrid): PlaneField {
  const perUnit = (side - 1) / (2 * extent);
  // A step that ends on the border must not miss it by a rounding error.
  const slack = 1e-9 * extent;
  return (x, y, out) => {
    if (!(Math.abs(x) <= extent + slack && Math.abs(y) <= extent + slack)) return false;
    const column = Math.min(side - 1, Math.max(0, (x + extent) * perUnit));
    const row = Math.min(side - 1, Math.max(0, (y + extent) * perUnit));
    const left = Math.min(side - 2, Math.floor(column));
    const low = Math.min(side - 2, Math.floor(row));
    const [right, high] = [column - left, row - low];
    const at = 2 * (low * side + left);
    for (let d = 0; d < 2; d += 1) {
      const below = (vectors[at + d] ?? 0) * (1 - right) + (vectors[at + 2 + d] ?? 0) * right;
      const over = at + 2 * side + d;
      const above = (vectors[over] ?? 0) * (1 - right) + (vectors[over + 2] ?? 0) * right;
      out[d] = below * (1 - high) + above * high;
    }
    return true;
  };
}

interface TraceOptions {
  /** Arc length of one step, data units. */
  step: number;
  steps: number;
  /** Magnitude below which the field has no direction. */
  slowest: number;
  /** Called before a point is taken; false ends the line there. */
  accepts?: (x: number, y: number) => boolean;
}

/**
 * Follows dx/ds = v / |v| from a point by the classical Runge-Kutta method of order 4, so that points
 * lie evenly along the line however fast the field is. Ends at the border of the field, where it is
 * too slow, or where `accepts` says so.
 *
 * @param sign  1 with the field, -1 against it
 * @returns flat [n, 2], the starting point left out
 */
export function traced(
  field: PlaneField,
  x: number,
  y: number,
  sign: 1 | -1,
  options: TraceOptions,
): number[] {
  const { step, steps, slowest, accepts } = options;
  const slopes = [0, 1, 2, 3].map(() => new Float64Array(2));
  const [k1, k2, k3, k4] = slopes as [Float64Array, Float64Array, Float64Array, Float64Array];
  const direction = (px: number, py: number, out: Float64Array): boolean => {
    if (!field(px, py, out)) return false;
    const [vx = 0, vy = 0] = out;
    const speed = Math.hypot(vx, vy);
    if (!(speed > slowest)) return false;
    out[0] = (sign * vx) / speed;
    out[1] = (sign * vy) / speed;
    return true;
  };

  const points: number[] = [];
  let [px, py] = [x, y];
  for (let taken = 0; taken < steps; taken += 1) {
    const half = step / 2;
    const isInside =
      direction(px, py, k1) &&
      direction(px + half * k1[0]!, py + half * k1[1]!, k2) &&
      direction(px + half * k2[0]!, py + half * k2[1]!, k3) &&
      direction(px + step * k3[0]!, py + step * k3[1]!, k4);
    if (!isInside) break;
    px += (step / 6) * (k1[0]! + 2 * k2[0]! + 2 * k3[0]! + k4[0]!);
    py += (step / 6) * (k1[1]! + 2 * k2[1]! + 2 * k3[1]! + k4[1]!);
    if (accepts !== undefined && !accepts(px, py)) break;
    points.push(px, py);
  }
  return points;
}

/**
 * Lines along a field, evenly spread: each is followed both ways from a seed and ends where it would
 * enter a cell that another line, or its own past, goes through. The same field gives the same lines.
 */
export function streamlinesOf(
  grid: VectorGrid,
  { cells, slowest, shortest }: StreamlineOptions,
): Streamlines {
  const { extent } = grid;
  const field = bilinearField(grid);
  const cell = (2 * extent) / cells;
  const least = shortest ?? 2 * cell;
  const step = Math.min(cell / 4, extent / (grid.side - 1));
  const steps = Math.ceil((8 * extent) / step);
  const owners = new Int32Array(cells * cells).fill(-1);
  const cellOf = (x: number, y: number): number => {
    const column = Math.min(cells - 1, Math.max(0, Math.floor((x + extent) / cell)));
    const row = Math.min(cells - 1, Math.max(0, Math.floor((y + extent) / cell)));
    return row * cells + column;
  };

  const points: number[] = [];
  const starts = [0];
  for (const seed of spreadOrder(cells * cells)) {
    if (owners[seed] !== -1) continue;
    const x = -extent + ((seed % cells) + 0.5) * cell;
    const y = -extent + (Math.floor(seed / cells) + 0.5) * cell;
    const line = starts.length - 1;
    const visited = [seed];
    owners[seed] = line;
    /** One way along the line; leaving a cell closes it, also to the line itself. */
    const way = (sign: 1 | -1): number[] => {
      let current = seed;
      return traced(field, x, y, sign, {
        step,
        steps,
        slowest,
        accepts: (px, py) => {
          const next = cellOf(px, py);
          if (next === current) return true;
          if (owners[next] !== -1) return false;
          owners[next] = line;
          visited.push(next);
          current = next;
          return true;
        },
      });
    };
    const ahead = way(1);
    const behind = way(-1);
    const count = (ahead.length + behind.length) / 2;
    if (count * step < least) {
      for (const each of visited) owners[each] = -1;
      continue;
    }
    for (let i = behind.length - 2; i >= 0; i -= 2) points.push(behind[i]!, behind[i + 1]!);
    points.push(x, y, ...ahead);
    starts.push(points.length / 2);
  }
  return {
    points: Float32Array.from(points),
    speeds: speedsAt(field, points),
    starts: Uint32Array.from(starts),
  };
}

function speedsAt(field: PlaneField, points: readonly number[]): Float32Array {
  const vector = new Float64Array(2);
  return Float32Array.from({ length: points.length / 2 }, (_, i) =>
    field(points[2 * i] ?? NaN, points[2 * i + 1] ?? NaN, vector) ? Math.hypot(vector[0]!, vector[1]!) : 0,
  );
}

/** Every index below `count` once, neighbours far apart in time: multiples of a golden-section stride. */
function spreadOrder(count: number): number[] {
  let stride = Math.max(1, Math.round(count * 0.618034));
  while (greatestCommonDivisor(stride, count) !== 1) stride += 1;
  return Array.from({ length: count }, (_, i) => (i * stride) % count);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Streamlines as pieces to draw, and a head in the middle of each line that shows its direction.
 *
 * @returns `pieces` flat [m, 4]: both ends; `values` [m, 2]: speed at both ends; `heads` flat
 *   [lines, 4]: place and direction; `headValues` [lines]
 */
export function piecesOf({ points, speeds, starts }: Streamlines): {
  pieces: Float32Array;
  values: Float32Array;
  heads: Float32Array;
  headValues: Float32Array;
} {
  const lines = starts.length - 1;
  const count = speeds.length - lines;
  const pieces = new Float32Array(count * 4);
  const values = new Float32Array(count * 2);
  const heads = new Float32Array(lines * 4);
  const headValues = new Float32Array(lines);
  let piece = 0;
  for (let line = 0; line < lines; line += 1) {
    const [start, end] = [starts[line] ?? 0, starts[line + 1] ?? 0];
    for (let i = start; i + 1 < end; i += 1) {
      pieces.set(points.subarray(2 * i, 2 * i + 4), 4 * piece);
      values.set(speeds.subarray(i, i + 2), 2 * piece);
      piece += 1;
    }
    const middle = Math.max(start, ((start + end) >> 1) - 1);
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.subarray(2 * middle, 2 * middle + 4);
    heads.set([x1, y1, x1 - x0, y1 - y0], 4 * line);
    headValues[line] = speeds[middle + 1] ?? 0;
  }
  return { pieces, values, heads, headValues };
}
