import type { Projection } from '#contract/frames.ts';

/** Which axes paths of images are seen in. */
export type ImageAxes = 'pca2' | 'pca3' | 'classes' | 'samples';

/** Twice from one to another: of samples by number, or of classes. */
export type Pairs = readonly [Pair, Pair];
export interface Pair {
  readonly from: number;
  readonly to: number;
}

/** Pairs along which two axes can lie at all: of three classes at least. */
export const leastPicked = 3;

export interface ChosenAxes {
  readonly imageAxes: ImageAxes;
  readonly classPairs: Pairs;
  /** Null until three samples have been picked. */
  readonly samplePairs: Pairs | null;
}

/** What is asked of the engine: principal axes where what was chosen cannot be had. */
export function projectionOf(
  { imageAxes, classPairs, samplePairs }: ChosenAxes,
  { count, classes }: { count: number; classes: number },
): Projection {
  const fits = (pairs: Pairs | null, below: number): pairs is Pairs =>
    pairs !== null && pairs.every(({ from, to }) => from !== to && Math.max(from, to) < below);
  if (imageAxes === 'classes' && fits(classPairs, classes))
    return { kind: 'classes', pairs: [...classPairs] };
  if (imageAxes === 'samples' && fits(samplePairs, count))
    return { kind: 'samples', pairs: [...samplePairs] };
  return { kind: 'pca', axes: imageAxes === 'pca3' ? 3 : 2 };
}

/** From the first that was picked to the second, and to the third or, of four, from the third to the fourth. */
export function pairsOfPicked(picked: Iterable<number>): Pairs | null {
  const [first, second, third, fourth] = picked;
  if (first === undefined || second === undefined || third === undefined) return null;
  const other = fourth === undefined ? { from: first, to: third } : { from: third, to: fourth };
  return [{ from: first, to: second }, other];
}

/** What the axes of a projection are called. */
export function titlesOf(projection: Projection): string[] {
  if (projection.kind === 'pca') return ['PC 1', 'PC 2', 'PC 3'];
  const what = projection.kind === 'classes' ? 'Class' : 'Sample';
  return projection.pairs.map(({ from, to }, i) => {
    const title = `${what} ${from} → ${to}`;
    return i === 0 ? title : `${title}, across the first`;
  });
}
