/** Points of a small line plot, at most this many along its width. */
const columns = 96;

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
  const finite = values.filter(Number.isFinite);
  const count = Math.min(columns, finite.length);
  return Array.from({ length: count }, (_, column) => {
    const part = finite.subarray(
      Math.floor((column * finite.length) / count),
      Math.floor(((column + 1) * finite.length) / count),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
