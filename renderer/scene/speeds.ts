/** Paths looked at to learn how fast they are; the rest are draws of the same. */
const measuredPaths = 1000;
/** Of all speeds, so many lie below the upper end of the colours: a few outliers do not dim the rest. */
const shareBelow = 0.98;

/**
 * Speed for the upper end of a colour map, data units per unit of time.
 *
 * @param positions  flat [count, T, dim]
 * @param times      [T]
 */
export function fastestOf(positions: Float32Array, times: Float32Array, count: number, dim: number): number {
  const records = times.length;
  const stride = Math.max(1, Math.ceil(count / measuredPaths));
  const speeds = new Float64Array(Math.ceil(count / stride) * Math.max(0, records - 1));
  let measured = 0;
  for (let path = 0; path < count; path += stride) {
    for (let k = 0; k + 1 < records; k += 1) {
      let squared = 0;
      for (let d = 0; d < dim; d += 1) {
        const at = (path * records + k) * dim + d;
        squared += ((positions[at + dim] ?? 0) - (positions[at] ?? 0)) ** 2;
      }
      const elapsed = Math.abs((times[k + 1] ?? 0) - (times[k] ?? 0));
      speeds[measured] = Math.sqrt(squared) / Math.max(1e-9, elapsed);
      measured += 1;
    }
  }
  speeds.sort();
  return speeds[Math.floor(shareBelow * (speeds.length - 1))] ?? 0;
}
