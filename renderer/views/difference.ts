/** How far samples lie from where something else takes the same noise. */
export interface Difference {
  /** Flat [count, dim]: the other ends. */
  readonly to: Float32Array;
  /** [count] distance to them, data units. */
  readonly lengths: Float32Array;
  /** Root mean square per coordinate, data units: what metrics call the distance to the teacher. */
  readonly rms: number;
}

/** Each made once: drawings tell them apart by identity. */
const made = new WeakMap<Float32Array, WeakMap<Float32Array, Difference>>();

/**
 * Sample by sample.
 *
 * @param points, to  flat [count, dim]; sample i of both starts from the same noise
 * @returns null where they are not as many
 */
export function differenceOf(points: Float32Array, to: Float32Array, dim: number): Difference | null {
  if (points.length !== to.length || points.length === 0) return null;
  let known = made.get(points);
  if (known === undefined) {
    known = new WeakMap();
    made.set(points, known);
  }
  let difference = known.get(to);
  if (difference === undefined) {
    difference = computed(points, to, dim);
    known.set(to, difference);
  }
  return difference;
}

function computed(points: Float32Array, to: Float32Array, dim: number): Difference {
  const lengths = new Float32Array(points.length / dim);
  let total = 0;
  for (let i = 0; i < lengths.length; i += 1) {
    let squared = 0;
    for (let d = 0; d < dim; d += 1) squared += ((points[i * dim + d] ?? 0) - (to[i * dim + d] ?? 0)) ** 2;
    lengths[i] = Math.sqrt(squared);
    total += squared;
  }
  return { to, lengths, rms: Math.sqrt(total / points.length) };
}

/** Of all lengths, so many lie below the upper end of the colours: a few strays do not dim the rest. */
const shareBelow = 0.98;

/** Length at the upper end of the colours, the same for all cells; 0 without differences. */
export function largestOf(differences: readonly Difference[]): number {
  const all = new Float32Array(differences.reduce((sum, { lengths }) => sum + lengths.length, 0));
  let at = 0;
  for (const { lengths } of differences) {
    all.set(lengths, at);
    at += lengths.length;
  }
  all.sort();
  return all[Math.floor(shareBelow * (all.length - 1))] ?? 0;
}
