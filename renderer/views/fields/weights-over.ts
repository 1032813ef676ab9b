/** How the components of one sample's policy share its way from noise to data. */
export interface WeightsOver {
  /** [T], from 1 down. */
  readonly times: Float32Array;
  /** Flat [T, K], rows summing to 1. */
  readonly values: Float32Array;
}

/** Weights at a time, [K], linear between those that are known and held beyond them. */
export function weightsAt({ times, values }: WeightsOver, t: number): Float32Array {
  const components = values.length / times.length;
  const after = times.findIndex((time) => time <= t);
  const high = after < 0 ? times.length - 1 : after;
  const low = Math.max(0, high - 1);
  const [from, to] = [times[low] ?? 1, times[high] ?? 0];
  const share = from === to ? 1 : Math.min(1, Math.max(0, (from - t) / (from - to)));
  return Float32Array.from({ length: components }, (_, k) => {
    const [a, b] = [values[low * components + k] ?? 0, values[high * components + k] ?? 0];
    return a + (b - a) * share;
  });
}

/** The components that weigh most anywhere on the way, heaviest first, at most `most`, in their own order. */
export function heaviestOf({ times, values }: WeightsOver, most: number): number[] {
  const components = values.length / times.length;
  const peaks = Array.from({ length: components }, (_, component) => {
    let peak = 0;
    for (let i = component; i < values.length; i += components) peak = Math.max(peak, values[i] ?? 0);
    return { component, peak };
  });
  return peaks
    .sort((a, b) => b.peak - a.peak)
    .slice(0, most)
    .map(({ component }) => component)
    .sort((a, b) => a - b);
}

/** One component's weight over time as an SVG area, noise on the left, in a box of `width` x `height`. */
export function weightArea(
  { times, values }: WeightsOver,
  component: number,
  width: number,
  height: number,
): string {
  const components = values.length / times.length;
  const line = Array.from(times, (t, i) => {
    const y = height * (1 - (values[i * components + component] ?? 0));
    return `L${((1 - t) * width).toFixed(1)} ${y.toFixed(1)}`;
  });
  const end = (1 - (times.at(-1) ?? 0)) * width;
  return `M0 ${height}${line.join('')}L${end.toFixed(1)} ${height}Z`;
}
