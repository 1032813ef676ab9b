/** Samples of a data set as a window shows them. */
import { WorkbenchError } from '#contract/errors.ts';
import type { PointSet } from '#contract/frames.ts';
import type { DataSource } from '../../datasets/index.ts';
import { Rng } from '../../tensor/rng.ts';
import { modesOf } from '../views/views.ts';

/** Numbers of one answer: 128 MiB, 10,000 images of 58 x 58 in colour. */
const MOST_NUMBERS = 2 ** 25;

/**
 * @throws WorkbenchError `dataset/too-many-samples` for more numbers than one answer may carry
 */
export function pointsOf(source: DataSource, count: number, seed: number): PointSet {
  const { dim, shape } = source;
  if (count * dim > MOST_NUMBERS) {
    throw new WorkbenchError(
      'dataset/too-many-samples',
      `count: expected at most ${Math.floor(MOST_NUMBERS / dim)} samples of ${dim} numbers, found ${count}`,
      { field: 'count' },
    );
  }
  const rng = new Rng(seed, 'view/data');
  if (shape === undefined) {
    const values = source.sample(rng, count);
    return { count, dim, values, ...modesOf(source, values) };
  }
  const { values, labels } = source.labelled?.(rng, count) ?? { values: source.sample(rng, count) };
  return { count, dim, values, shape: [...shape], ...(labels && { labels: Float32Array.from(labels) }) };
}
