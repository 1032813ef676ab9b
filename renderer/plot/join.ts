/** One curve on its own x. */
export interface Curve {
  x: Float64Array;
  y: Float64Array;
}

/** Curves on one shared, increasing x; a curve without a value at some x is null there. */
export interface JoinedCurves {
  x: Float64Array;
  ys: (number | null)[][];
}

/** Puts curves with different steps onto the union of their steps. */
export function joined(curves: readonly Curve[]): JoinedCurves {
  const steps = new Set<number>();
  for (const curve of curves) for (const step of curve.x) steps.add(step);
  const x = Float64Array.from(steps).sort();
  const position = new Map<number, number>();
  x.forEach((step, index) => position.set(step, index));
  const ys = curves.map((curve) => {
    const column = new Array<number | null>(x.length).fill(null);
    curve.x.forEach((step, index) => {
      const value = curve.y[index];
      const at = position.get(step);
      if (at !== undefined && value !== undefined && Number.isFinite(value)) column[at] = value;
    });
    return column;
  });
  return { x, ys };
}
