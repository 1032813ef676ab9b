/** A texture of two floats per texel that holds a flat list of plane points, row after row. */
export interface PackedPoints {
  data: Float32Array<ArrayBuffer>;
  width: number;
  height: number;
}

/** Every WebGL2 device takes at least 2048; a fixed width keeps the shader's arithmetic simple. */
export const packedWidth = 2048;

/**
 * The first two coordinates of points as a texture; one-dimensional points lie on y = 0.
 *
 * @param values  flat row-major [count, dim], at least that long
 * @param reuse   a packing of the same size, overwritten
 */
export function packPoints(
  values: Float32Array,
  count: number,
  dim: number,
  reuse?: PackedPoints,
): PackedPoints {
  const height = Math.max(1, Math.ceil(count / packedWidth));
  const packed =
    reuse?.height === height
      ? reuse
      : { data: new Float32Array(packedWidth * height * 2), width: packedWidth, height };
  copyPlane(values, count, dim, packed.data);
  return packed;
}

/** Writes the first two coordinates of points into `target`, flat [count, 2]. */
export function copyPlane(values: Float32Array, count: number, dim: number, target: Float32Array): void {
  if (dim === 2) {
    target.set(values.subarray(0, count * 2));
    return;
  }
  for (let i = 0; i < count; i += 1) {
    target[i * 2] = values[i * dim] ?? 0;
    target[i * 2 + 1] = dim > 1 ? (values[i * dim + 1] ?? 0) : 0;
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
