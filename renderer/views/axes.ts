/** Which two coordinates of the data lie along x and y of a stage. */
export type Axes = readonly [number, number];

export const firstAxes: Axes = [0, 1];

/** The same array for the same points and axes, so that a stage uploads nothing twice. */
const known = new WeakMap<Float32Array, { key: string; plane: Float32Array }>();

/**
 * Two coordinates of points; a missing one is 0. What is flat already stays as it is.
 *
 * @param values  flat [count, dim]
 * @returns flat [count, 2]
 */
export function onPlane(values: Float32Array, dim: number, axes: Axes): Float32Array {
  if (dim === 2 && axes[0] === 0 && axes[1] === 1) return values;
  const key = `${dim} ${axes.join(' ')}`;
  const held = known.get(values);
  if (held?.key === key) return held.plane;
  const count = Math.floor(values.length / dim);
  const plane = new Float32Array(count * 2);
  for (let i = 0; i < count; i += 1) {
    axes.forEach((axis, d) => {
      if (axis < dim) plane[2 * i + d] = values[i * dim + axis] ?? 0;
    });
  }
  known.set(values, { key, plane });
  return plane;
}

/** The point of data space that lies at a place of the stage; coordinates that are not shown are 0. */
export function inDataSpace(x: number, y: number, dim: number, axes: Axes): number[] {
  const point = Array.from({ length: dim }, () => 0);
  if (axes[0] < dim) point[axes[0]] = x;
  if (axes[1] < dim) point[axes[1]] = y;
  return point;
}

/** How an axis is called: x, y and z where there are no more, else by number from 1. */
export function axisName(axis: number, dim: number): string {
  return dim <= 3 ? ('xyz'[axis] ?? `x${axis + 1}`) : `x${axis + 1}`;
}
