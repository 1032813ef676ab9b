import type { PlaneGrid } from '../../scene/density.ts';

/** a - b, element by element. */
export function difference(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, index) => value - (b[index] ?? 0));
}

export function negated(a: Float32Array): Float32Array {
  return a.map((value) => -value);
}

/** Length of the longest of some vectors, flat [count, dim]; 0 for none. */
export function longestOf(vectors: Float32Array, dim: number): number {
  let longest = 0;
  for (let start = 0; start + dim <= vectors.length; start += dim) {
    longest = Math.max(longest, squareOf(vectors, start, dim));
  }
  return Math.sqrt(longest);
}

/** Length of each of some vectors. @param vectors  flat [count, dim] @returns [count] */
export function lengthsOf(vectors: Float32Array, dim: number): Float32Array {
  return Float32Array.from({ length: Math.floor(vectors.length / dim) }, (_, i) =>
    Math.sqrt(squareOf(vectors, i * dim, dim)),
  );
}

function squareOf(vectors: Float32Array, start: number, dim: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d += 1) sum += (vectors[start + d] ?? 0) ** 2;
  return sum;
}

/**
 * Every `stride`-th node of a square grid along both axes, from the first on.
 *
 * @param values  flat [side * side, 2]
 */
export function everyNth(values: Float32Array, side: number, stride: number): Float32Array {
  if (stride === 1) return values;
  const kept = Math.floor((side - 1) / stride) + 1;
  const out = new Float32Array(kept * kept * 2);
  for (let row = 0; row < kept; row += 1) {
    for (let column = 0; column < kept; column += 1) {
      const from = 2 * (row * stride * side + column * stride);
      out.set(values.subarray(from, from + 2), 2 * (row * kept + column));
    }
  }
  return out;
}

/** Nodes of a grid over [-extent, extent] as cells that are centred on them, half a cell wider. */
export function cellsOfNodes(values: Float32Array, side: number, extent: number): PlaneGrid {
  return { values, side, extent: (extent * side) / (side - 1) };
}

/**
 * div v = dv_x/dx + dv_y/dy on a square grid, by central differences, one-sided along the border:
 * exact for linear fields.
 *
 * @param vectors  flat [side * side, 2] over [-extent, extent]
 * @returns [side * side]
 */
export function divergenceOf(vectors: Float32Array, side: number, extent: number): Float32Array {
  const spacing = (2 * extent) / (side - 1);
  const slope = (d: 0 | 1, index: number, at: number, step: number): number => {
    const [back, ahead] = [at > 0 ? 1 : 0, at < side - 1 ? 1 : 0];
    const rise =
      (vectors[2 * (index + ahead * step) + d] ?? 0) - (vectors[2 * (index - back * step) + d] ?? 0);
    return rise / ((back + ahead) * spacing);
  };
  return Float32Array.from({ length: side * side }, (_, i) => {
    return slope(0, i, i % side, 1) + slope(1, i, Math.floor(i / side), side);
  });
}
