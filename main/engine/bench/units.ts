/** Measured numbers as people read them. */

export function teraFlops(flops: number): string {
  return (flops / 1e12).toPrecision(3);
}

/** Milliseconds, to ten microseconds. */
export function millis(ms: number): string {
  return ms.toFixed(2);
}

export function bytes(count: number): string {
  if (count < 1024) return `${Math.round(count)} B`;
  return count < 2 ** 20 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 2 ** 20).toFixed(1)} MiB`;
}
