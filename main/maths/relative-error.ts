/** Largest absolute difference over the largest expected magnitude; infinite where lengths differ or a NaN is found. */
export function relativeError(expected: readonly number[], found: ArrayLike<number> | undefined): number {
  if (found?.length !== expected.length) return Infinity;
  const scale = Math.max(...expected.map(Math.abs), 1e-12);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)));
  return Number.isNaN(worst) ? Infinity : worst / scale;
}
