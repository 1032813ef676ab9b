/** A texture that holds a flat list of points, row after row. */
export interface TextureLayout {
  readonly width: number;
  readonly height: number;
  /** Floats of a texel: the first two coordinates, or three and one to spare. */
  readonly components: 2 | 4;
  /** Points that it holds: all, or as many as the device has room for. */
  readonly count: number;
}

/** Every WebGL 2 device takes at least this; longer rows are used only where more points need them. */
const narrowest = 2048;

/** @param largest  longest side of a texture that the device takes */
export function layoutOf(count: number, dim: number, largest: number): TextureLayout {
  const rowsAt = (width: number): number => Math.max(1, Math.ceil(count / width));
  let width = narrowest;
  while (rowsAt(width) > largest && width * 2 <= largest) width *= 2;
  const height = Math.min(largest, rowsAt(width));
  return { width, height, components: dim > 2 ? 4 : 2, count: Math.min(count, width * height) };
}

/**
 * Some rows of the texture of points. Where the points already lie as the texture wants them this is
 * a view of them, and nothing is copied.
 *
 * @param values  flat [count, dim]
 */
export function packedRows(
  values: Float32Array,
  dim: number,
  layout: TextureLayout,
  fromRow: number,
  rows: number,
): Float32Array {
  const { width, components } = layout;
  const first = fromRow * width;
  const last = first + rows * width;
  if (dim === components && last <= layout.count) return values.subarray(first * dim, last * dim);
  const packed = new Float32Array(rows * width * components);
  const count = Math.max(0, Math.min(last, layout.count) - first);
  copyCoordinates(values.subarray(first * dim, (first + count) * dim), count, dim, packed, components);
  return packed;
}

/** Writes the first coordinates of points, at most `components`; missing ones are 0. */
export function copyCoordinates(
  values: Float32Array,
  count: number,
  dim: number,
  target: Float32Array,
  components: number,
): void {
  if (dim === components) {
    target.set(values.subarray(0, count * dim));
    return;
  }
  const copied = Math.min(dim, components === 4 ? 3 : components);
  for (let i = 0; i < count; i += 1) {
    for (let d = 0; d < components; d += 1) {
      target[i * components + d] = d < copied ? (values[i * dim + d] ?? 0) : 0;
    }
  }
}

/**
 * Where a time lies among recorded times, as an index with a fraction.
 *
 * @param times  [T], from 1 down to 0, equal for all paths
 */
export function indexFromTime(times: Float32Array, t: number): number {
  const last = times.length - 1;
  if (last < 1 || t >= (times[0] ?? 1)) return 0;
  if (t <= (times[last] ?? 0)) return last;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) >= t) low = middle;
    else high = middle;
  }
  const from = times[low] ?? 1;
  const to = times[high] ?? 0;
  return from === to ? low : low + (from - t) / (from - to);
}
