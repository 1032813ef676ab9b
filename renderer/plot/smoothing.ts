/**
 * Exponential moving average with its bias removed: s_k = w s_{k-1} + (1 - w) y_k, divided by
 * 1 - w^k, so that the first points are not pulled to zero. A gap (NaN) stays a gap and is not
 * averaged over.
 *
 * @param weight  in [0, 1); 0 returns the values
 */
export function smoothed(values: Float64Array, weight: number): Float64Array {
  const result = new Float64Array(values.length);
  let average = 0;
  let remaining = 1;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) {
      result[i] = NaN;
      continue;
    }
    average = weight * average + (1 - weight) * value;
    remaining *= weight;
    result[i] = average / (1 - remaining);
  }
  return result;
}
