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
    let sum = 0;
    for (let d = 0; d < dim; d += 1) sum += (vectors[start + d] ?? 0) ** 2;
    longest = Math.max(longest, sum);
  }
  return Math.sqrt(longest);
}
