/** Points of a small line plot, at most this many along its width. */
const columns = 96;
/** Values that a column looks at, evenly spaced: a long series costs no more than a short one. */
const mostPerColumn = 64;

/**
 * A small plot of a whole series as an SVG path in a box of `width` x `height`; each column is the
 * mean of its part of the series. The height is logarithmic where every value is positive.
 */
export function sparklinePath(values: Float64Array, width: number, height: number): string {
  const means = columnMeans(values);
  if (means.length < 2) return '';
  const isLog = means.every((value) => value > 0);
  const heights = isLog ? means.map(Math.log) : means;
  const low = Math.min(...heights);
  const range = Math.max(...heights) - low || 1;
  return heights
    .map((value, index) => {
      const x = (index / (heights.length - 1)) * width;
      const y = height - ((value - low) / range) * height;
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

function columnMeans(values: Float64Array): number[] {
  const count = Math.min(columns, values.length);
  const means = Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * values.length) / count);
    const to = Math.floor(((column + 1) * values.length) / count);
    const stride = Math.ceil((to - from) / mostPerColumn);
    let sum = 0;
    let added = 0;
    for (let i = from; i < to; i += stride) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value)) continue;
      sum += value;
      added += 1;
    }
    return sum / added;
  });
  return means.filter(Number.isFinite);
}
