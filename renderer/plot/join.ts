import type { Samples } from './curve.ts';

/**
 * Curves on one shared, increasing x, as uPlot has them. Where a curve has no record it is undefined
 * and its line goes on; where it has a gap, and up to its records on both sides of it, it is null.
 */
export interface JoinedCurves {
  x: Float64Array;
  ys: (number | null | undefined)[][];
}

/** Puts curves with different steps onto the union of their steps. */
export function joined(curves: readonly Samples[]): JoinedCurves {
  const total = curves.reduce((sum, curve) => sum + curve.x.length, 0);
  const all = new Float64Array(total);
  let filled = 0;
  for (const curve of curves) {
    all.set(curve.x, filled);
    filled += curve.x.length;
  }
  all.sort();
  const x = all.filter((step, index) => index === 0 || step !== all[index - 1]);
  return { x, ys: curves.map((curve) => aligned(curve, x)) };
}

function aligned(curve: Samples, x: Float64Array): (number | null | undefined)[] {
  const column = new Array<number | null | undefined>(x.length).fill(undefined);
  let at = 0;
  curve.x.forEach((step, index) => {
    while ((x[at] ?? Infinity) < step) at += 1;
    const value = curve.y[index] ?? NaN;
    column[at] = Number.isNaN(value) ? null : value;
  });
  // uPlot would end a line in the middle between two records of its own, where another curve has one.
  for (let i = 1; i < column.length; i += 1) {
    if (column[i] === undefined && column[i - 1] === null) column[i] = null;
  }
  for (let i = column.length - 2; i >= 0; i -= 1) {
    if (column[i] === undefined && column[i + 1] === null) column[i] = null;
  }
  return column;
}
