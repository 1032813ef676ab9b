/**
 * Heights of a histogram's bars in [0, 1], the fullest 1; on a logarithmic scale a single value is seen too.
 */
export function barsOf(counts: Float64Array, scale: 'linear' | 'log'): Float64Array {
  const heights = scale === 'linear' ? counts : counts.map((count) => Math.log1p(count));
  const most = heights.reduce((greatest, each) => Math.max(greatest, each), 0);
  return heights.map((each) => (most > 0 ? each / most : 0));
}
