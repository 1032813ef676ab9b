/** What a dataset is: a described recipe, and the source of samples that it makes. */
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

/** [height, width, channels]: images are float32 with the channels last. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Samples with what they show. */
export interface Labelled {
  /** Flat [count * dim]. */
  readonly values: Float32Array;
  /** [count] classes, from 0 to `classes` - 1. */
  readonly labels: Int32Array;
}

/**
 * Samples in data units. Points have mean 0 and unit standard deviation, see standardise.ts; images lie in
 * their `range`, and their mean and spread are what they are.
 */
export interface DataSource {
  /** Numbers of one sample: the product of `shape`, for images. */
  readonly dim: number;
  /** Draws `count` samples, flat [count * dim]: a function of the cursor alone. */
  sample(rng: Rng, count: number): Float32Array;
  /** The law in closed form, in data units, where there is one. */
  readonly mixture?: GaussianMixture;
  readonly modes?: ModeMap;
  /** Of images; points have none. */
  readonly shape?: ImageShape;
  /** The least and the largest number of any sample, where they are known. */
  readonly range?: readonly [least: number, most: number];
  /** How many classes there are, where samples have labels. */
  readonly classes?: number;
  /** As `sample`, and the same values for the same cursor, with the labels beside. */
  labelled?(rng: Rng, count: number): Labelled;
  /** What training never draws: the rest of a finite set, the same law where every draw is new. */
  readonly holdout?: DataSource;
  /** Distinct samples, where there are finitely many. */
  readonly size?: number;
  /**
   * The distinct samples from `from` up to `to` at most, as they are: never mirrored, and noise replaced
   * by its mean. Labels are 0 where there are none. There is one where there is a `size`.
   */
  items?(from: number, to: number): Labelled;
  /** The same mirrored, where training draws those as well. */
  mirroredItems?(from: number, to: number): Labelled;
}

export interface Dataset<P extends z.ZodObject = z.ZodObject> {
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly summary: string;
  /** Of its sources as they come. */
  readonly dim: number;
  /** Of images as they come; points have none. */
  readonly shape?: ImageShape;
  /** How many classes its samples have, where they have labels. */
  readonly classes?: number;
  /** [classes] of what the classes are called, where they have names. */
  readonly classNames?: readonly string[];
  /** Distinct samples, held out or not, where there are finitely many. */
  readonly size?: number;
  /** The imported autoencoder whose latents the samples are, by its id. */
  readonly autoencoder?: string;
  /** True for a closed-form density: its sources have a `mixture`. */
  readonly analytic: boolean;
  /** True for points or images that a person brought. */
  readonly imported: boolean;
  /** Strict: an unknown field is an error. Each field says of itself what FieldMeta asks. */
  readonly params: P;
  create(params: z.output<P>): DataSource;
}

/** Types `create` by `params`, then forgets the type for the registry. */
export function defineDataset<P extends z.ZodObject>(dataset: Dataset<P>): Dataset {
  return dataset;
}
