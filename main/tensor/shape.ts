/** Arithmetic on static shapes, NumPy conventions. */

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function shapesEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Shape of a broadcast pair; throws a RangeError naming both shapes if they do not fit. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(`cannot broadcast [${a.join(', ')}] with [${b.join(', ')}]`);
    }
    return m === 1 ? n : m;
  });
}

/** Axes as non-negative sorted numbers; undefined or null means all. */
export function normalizedAxes(axes: unknown, rank: number): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, i) => i);
  const list = Array.isArray(axes) ? (axes as number[]) : [axes as number];
  return list.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}
