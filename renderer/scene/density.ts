/** A scalar over the square [-extent, extent] of the plane, on `side` x `side` equal cells. */
export interface PlaneGrid {
  /** Flat [side, side], row-major over y then x, both ascending; a value belongs to a cell's centre. */
  readonly values: Float32Array;
  readonly side: number;
  /** Data units. */
  readonly extent: number;
}

export interface DensityOptions {
  /** Cells along each axis. */
  side: number;
  /** Half the side of the square, data units. */
  extent: number;
  /** Standard deviation of the Gaussian kernel, data units; 0 for a plain histogram. */
  bandwidth: number;
}

/** Past so many standard deviations the kernel is left out; it is normalised over what is kept. */
const kernelReach = 4;

/**
 * Kernel density of plane points, by linear binning and a separable Gaussian: O(n + side^2).
 *
 *   p(x) = 1/n sum_i N(x; x_i, bandwidth^2)
 *
 * Its sum times the area of a cell is the share of the points inside the square, less what the
 * kernel carries over the border. Wand 1994, "Fast computation of multivariate kernel estimators".
 *
 * @param points  flat [count, 2], data units
 * @returns values per unit of area
 */
export function densityOf(points: Float32Array, count: number, options: DensityOptions): PlaneGrid {
  const { side, extent, bandwidth } = options;
  const cell = (2 * extent) / side;
  const binned = linearlyBinned(points, count, side, extent);
  const smooth = bandwidth > 0 ? blurred(binned, side, gaussianKernel(bandwidth / cell)) : binned;
  const perArea = count === 0 ? 0 : 1 / (count * cell * cell);
  return { values: smooth.map((mass) => mass * perArea), side, extent };
}

/** Weights of a Gaussian at whole cells from -r to r, of sum 1. @param sigma  cells */
export function gaussianKernel(sigma: number): Float32Array {
  const reach = Math.max(1, Math.ceil(kernelReach * sigma));
  const weights = Float32Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / sigma) ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** a - b, cell by cell. @throws Error if they lie on different grids */
export function differenceOf(a: PlaneGrid, b: PlaneGrid): PlaneGrid {
  if (a.side !== b.side || a.extent !== b.extent) {
    throw new Error(
      `Expected one grid, found ${a.side} cells over ${a.extent} and ${b.side} over ${b.extent}`,
    );
  }
  return { ...a, values: a.values.map((value, i) => value - (b.values[i] ?? 0)) };
}

/** The mass inside the square. */
export function massOf({ values, side, extent }: PlaneGrid): number {
  return values.reduce((sum, value) => sum + value, 0) * ((2 * extent) / side) ** 2;
}

/** The largest magnitude of any cell. */
export function peakOf(grid: PlaneGrid | null): number {
  let peak = 0;
  for (const value of grid?.values ?? []) peak = Math.max(peak, Math.abs(value));
  return peak;
}

/**
 * Densities whose superlevel sets hold the given shares of the mass: the borders of the smallest
 * regions with that much in them. Hyndman 1996, "Computing and graphing highest density regions".
 *
 * @param shares  of the mass inside the square, each in (0, 1)
 * @returns as many densities, in the order of `shares`
 */
export function levelsHolding({ values }: PlaneGrid, shares: readonly number[]): number[] {
  // Most cells of a density are empty, and sorting is what this costs.
  const ascending = values.filter((value) => value > 0).sort();
  let total = 0;
  for (const value of ascending) total += value;
  return shares.map((share) => {
    let held = 0;
    for (let i = ascending.length - 1; i >= 0; i -= 1) {
      held += ascending[i] ?? 0;
      if (held >= share * total) return ascending[i] ?? 0;
    }
    return 0;
  });
}

/**
 * Density of one coordinate.
 *
 * @param axis  0 for x, 1 for y
 * @returns [side], per data unit
 */
export function marginalOf({ values, side, extent }: PlaneGrid, axis: 0 | 1): Float32Array {
  const cell = (2 * extent) / side;
  const marginal = new Float32Array(side);
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side; column += 1) {
      const at = axis === 0 ? column : row;
      marginal[at] = (marginal[at] ?? 0) + (values[row * side + column] ?? 0) * cell;
    }
  }
  return marginal;
}

/** Every point shared out among the four nearest cells, so that the mean of the mass is that of the points. */
function linearlyBinned(points: Float32Array, count: number, side: number, extent: number): Float32Array {
  const mass = new Float32Array(side * side);
  const perUnit = side / (2 * extent);
  for (let i = 0; i < count; i += 1) {
    const x = points[2 * i] ?? NaN;
    const y = points[2 * i + 1] ?? NaN;
    if (!(Math.abs(x) <= extent && Math.abs(y) <= extent)) continue;
    const column = (x + extent) * perUnit - 0.5;
    const row = (y + extent) * perUnit - 0.5;
    const left = Math.floor(column);
    const low = Math.floor(row);
    const [right, high] = [column - left, row - low];
    add(mass, side, left, low, (1 - right) * (1 - high));
    add(mass, side, left + 1, low, right * (1 - high));
    add(mass, side, left, low + 1, (1 - right) * high);
    add(mass, side, left + 1, low + 1, right * high);
  }
  return mass;
}

/** Cells beyond the border stand for those along it: a point inside the square stays inside. */
function add(mass: Float32Array, side: number, column: number, row: number, amount: number): void {
  const index = clamped(row, side) * side + clamped(column, side);
  mass[index] = (mass[index] ?? 0) + amount;
}

function clamped(index: number, side: number): number {
  return Math.min(side - 1, Math.max(0, index));
}

/** Convolution along x, then along y; what leaves the square is lost. */
function blurred(mass: Float32Array, side: number, kernel: Float32Array): Float32Array {
  const reach = (kernel.length - 1) / 2;
  const along = new Float32Array(side * side);
  const out = new Float32Array(side * side);
  for (let row = 0; row < side; row += 1) {
    for (let from = 0; from < side; from += 1) {
      const amount = mass[row * side + from] ?? 0;
      if (amount === 0) continue;
      const last = Math.min(side - 1, from + reach);
      for (let to = Math.max(0, from - reach); to <= last; to += 1) {
        const index = row * side + to;
        along[index] = (along[index] ?? 0) + amount * (kernel[to - from + reach] ?? 0);
      }
    }
  }
  for (let from = 0; from < side; from += 1) {
    const last = Math.min(side - 1, from + reach);
    for (let to = Math.max(0, from - reach); to <= last; to += 1) {
      const weight = kernel[to - from + reach] ?? 0;
      for (let column = 0; column < side; column += 1) {
        const index = to * side + column;
        out[index] = (out[index] ?? 0) + weight * (along[from * side + column] ?? 0);
      }
    }
  }
  return out;
}
