/** A person's own points as a dataset. */
import { z } from 'zod';
import { type Dataset, defineDataset } from '../dataset.ts';
import { standardised } from '../standardise.ts';
import { parseCsv } from './parse-csv.ts';
import { isNpy } from './npy-header.ts';
import { parseNpy } from './parse-npy.ts';
import { type Points, momentsOf } from './points.ts';

export { npyFromPoints } from './parse-npy.ts';
export type { Points } from './points.ts';

/**
 * Points of a CSV or NPY file, told apart by content, then by name. What is returned can be made a
 * dataset: at least two points that differ, in 1 to 3 dimensions.
 *
 * @param file  its name, for messages
 * @throws WorkbenchError `dataset/...` of the parsers, and of {@link momentsOf}
 */
export function pointsFromFile(file: string, bytes: Uint8Array): Points {
  const isNamedNpy = /\.npy$/i.test(file);
  const points = isNpy(bytes) || isNamedNpy ? parseNpy(file, bytes) : parseCsv(file, bytes);
  momentsOf(points, file);
  return points;
}

/**
 * Samples are rows drawn with replacement, as a bootstrap draws them, in units of the points' own
 * mean and spread.
 *
 * @throws WorkbenchError as {@link momentsOf}
 */
export function importedDataset(id: string, title: string, points: Points): Dataset {
  const { count, dim, values } = points;
  const { center, std } = momentsOf(points, title);
  const source = standardised({
    dim,
    center,
    std,
    sample(rng, drawn) {
      const out = new Float64Array(drawn * dim);
      for (let i = 0; i < drawn; i++) {
        const row = rng.int(count);
        for (let j = 0; j < dim; j++) out[i * dim + j] = values[row * dim + j]!;
      }
      return out;
    },
  });
  return defineDataset({
    id,
    title,
    summary: `${count} imported points in ${dim} ${dim === 1 ? 'dimension' : 'dimensions'}.`,
    dim,
    analytic: false,
    imported: true,
    params: z.strictObject({}),
    create: () => source,
  });
}
