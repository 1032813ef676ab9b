/** Which classes samples are asked for when they are compared with real images. */
import { Rng } from '../../tensor/rng.ts';
import type { Search } from '../views/noise-search.ts';

interface LabelRequest {
  readonly count: number;
  readonly seed: number;
  readonly label?: number | undefined;
  readonly search?: Search | undefined;
  /** Classes in the shares of the reference, or any: the null class. */
  readonly classes: 'reference' | 'any';
}

/**
 * A class for every sample, in the shares that the reference has them, in random order: the difference of
 * two sets should not be that of their classes, and a conditional model that is asked for none answers worse.
 *
 * @returns [count], or null where a class is asked for, or any, or where there are none
 */
export function labelsLike(
  { perClass }: { readonly perClass: Float64Array | null },
  classes: number,
  request: LabelRequest,
): Float32Array | null {
  const { count, seed, label, search } = request;
  if (label !== undefined || search !== undefined || classes === 0) return null;
  if (request.classes === 'any') return new Float32Array(count).fill(classes);
  if (perClass?.length !== classes) return null;
  const total = perClass.reduce((sum, each) => sum + each, 0);
  const labels = new Float32Array(count);
  let [at, sum] = [0, 0];
  for (const [index, each] of perClass.entries()) {
    sum += each;
    // To the nearest whole sample, all together as many as are asked for.
    for (const end = Math.round((count * sum) / total); at < end; at++) labels[at] = index;
  }
  const order = new Rng(seed, 'evaluation/labels').permutation(count);
  return Float32Array.from(order, (from) => labels[from]!);
}
