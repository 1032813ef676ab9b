/** What a dataset is: a described recipe, and the source of points that it makes. */
import type { z } from 'zod';
import type { GaussianMixture } from '../maths/gaussian-mixture.ts';
import type { Rng } from '../tensor/rng.ts';

/** Where the mass of the data sits, for counting which parts a generator reaches. */
export interface ModeMap {
  readonly count: number;
  /** Index of the mode that holds the point at `offset` of flat points, or -1 outside all. */
  modeOf(points: ArrayLike<number>, offset: number): number;
  /** [count] share of the data inside each mode; the sum is below 1 where noise leaks out. */
  readonly shares: Float64Array;
}

/** Points in data units: mean 0 and unit standard deviation, see standardise.ts. */
export interface DataSource {
  readonly dim: number;
  /** Draws `count` points, flat [count * dim]: a function of the cursor alone. */
  sample(rng: Rng, count: number): Float32Array;
  /** The law in closed form, in data units, where there is one. */
  readonly mixture?: GaussianMixture;
  readonly modes?: ModeMap;
}

export interface Dataset<P extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  readonly dim: number;
  /** True for a closed-form density: its sources have a `mixture`. */
  readonly analytic: boolean;
  /** True for points that a person brought. */
  readonly imported: boolean;
  /** Strict: an unknown field is an error. Each field says of itself what FieldMeta asks. */
  readonly params: P;
  create(params: z.output<P>): DataSource;
}

/** Types `create` by `params`, then forgets the type for the registry. */
export function defineDataset<P extends z.ZodObject>(dataset: Dataset<P>): Dataset {
  return dataset;
}
