/** Where the data of each class lie on average. */
import { WorkbenchError } from '#contract/errors.ts';
import type { DataSource } from '../../datasets/index.ts';
import { Rng } from '../../tensor/rng.ts';

/** Draws of data without end, and of such whose classes are the modes that they lie in. */
const DRAWS = 8192;
/** Samples read before others have their turn. */
const AT_ONCE = 4096;

/**
 * [classes][D]: of all distinct samples where there are such, else of as many draws, always the same. The
 * classes of data with known modes and no labels are those.
 *
 * @returns null for data with neither; a class of which there was no sample has no mean
 * @throws WorkbenchError `sampler/cancelled`
 */
export async function classMeans(
  source: DataSource,
  signal?: { readonly aborted: boolean },
): Promise<(Float64Array | null)[] | null> {
  const { dim, classes = source.modes?.count ?? 0 } = source;
  if (classes === 0) return null;
  const size = source.classes === undefined ? DRAWS : (source.size ?? DRAWS);
  const sums = Array.from({ length: classes }, () => new Float64Array(dim));
  const counts = new Float64Array(classes);
  for (let from = 0; from < size; from += AT_ONCE) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true)
      throw new WorkbenchError('sampler/cancelled', 'cancelled among the classes');
    const { values, labels } = read(source, from, Math.min(size, from + AT_ONCE));
    for (let i = 0; i < values.length / dim; i++) {
      const label = labels[i]!;
      if (label < 0) continue;
      counts[label]! += 1;
      const sum = sums[label]!;
      for (let d = 0; d < dim; d++) sum[d]! += values[i * dim + d]!;
    }
  }
  return sums.map((sum, label) => (counts[label]! > 0 ? sum.map((each) => each / counts[label]!) : null));
}

function read(
  source: DataSource,
  from: number,
  to: number,
): { values: Float32Array; labels: ArrayLike<number> } {
  const rng = new Rng(0, 'class means').at(from);
  if (source.classes !== undefined) {
    return source.items?.(from, to) ?? source.labelled!(rng, to - from);
  }
  const values = source.sample(rng, to - from);
  const { dim, modes } = source;
  const labels = Float64Array.from({ length: to - from }, (_, i) => modes!.modeOf(values, i * dim));
  return { values, labels };
}
