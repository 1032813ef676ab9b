import type { PointSet } from '#contract/frames.ts';
import { extent, side } from './painter.ts';

/**
 * Points drawn from a painted density, each from the cell that holds it and evenly within it. The
 * same cells, count and seed give the same points.
 *
 * @param cells  side x side weights, row by row from the top
 * @returns points in [-extent, extent], y upwards; none if nothing is painted
 */
export function pointsFromDensity(cells: Uint8Array, count: number, seed: number): PointSet {
  const sums = new Float64Array(cells.length);
  let total = 0;
  for (let i = 0; i < cells.length; i += 1) sums[i] = total += cells[i] ?? 0;
  if (total === 0) return { count: 0, dim: 2, values: new Float32Array() };

  const random = mulberry32(seed);
  const values = new Float32Array(2 * count);
  const cellSize = (2 * extent) / side;
  for (let i = 0; i < count; i += 1) {
    const cell = firstAbove(sums, random() * total);
    values[2 * i] = ((cell % side) + random()) * cellSize - extent;
    values[2 * i + 1] = extent - (Math.floor(cell / side) + random()) * cellSize;
  }
  return { count, dim: 2, values };
}

/** Index of the first sum that is more than `value`: a cell without weight is never it. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Uniform numbers in [0, 1) by Tommy Ettinger's mulberry32, which passes gjrand: enough for a preview. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
