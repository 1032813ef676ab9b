import { z } from 'zod';

/**
 * Frames: a small header and typed arrays of exact size. Numbers that a view draws travel only like
 * this, never as JSON.
 *
 * Typed arrays may lie over any buffer: zod's own inference would insist on an ArrayBuffer.
 */
const float32Array = z.instanceof(Float32Array) as z.ZodType<Float32Array>;
export const float64Array = z.instanceof(Float64Array) as z.ZodType<Float64Array>;
export const byteArray = z.instanceof(Uint8Array) as z.ZodType<Uint8Array>;

/** Points in data space, flat row-major `[count, dim]`, data units (unit standard deviation). */
export const pointSet = z.object({
  count: z.int().nonnegative(),
  dim: z.int().positive(),
  values: float32Array,
  /** `[count]` where the data has known modes: the index of the mode that holds each point, -1 outside all. */
  modes: float32Array.optional(),
  /** [H, W, C] of images, whose numbers lie in [-1, 1] for the most part. */
  shape: z.array(z.int()).optional(),
  /** `[count]` classes, of data with labels. */
  labels: float32Array.optional(),
});
export type PointSet = z.infer<typeof pointSet>;

const count = (standard: number, most: number) => z.int().min(1).max(most).default(standard);
const seed = z.int().nonnegative().default(0);
const grid = z.int().min(2).max(128).default(24);
const extent = z.number().positive().default(3);
/**
 * What samples are asked for, of models with classes: all classes and no guidance unless said. Of points all
 * classes means any; images are dealt out over the classes, sample `index` of a seed being asked for class
 * `index` modulo their number.
 */
export const asked = {
  /** Index of a class. */
  label: z.int().nonnegative().optional(),
  /** Guidance scale w towards the class. */
  guidance: z.number().min(0).max(20).default(1),
  /** Guided between these times alone, both ends included (t = 1 is noise). */
  guidanceLow: z.number().min(0).max(1).default(0),
  guidanceHigh: z.number().min(0).max(1).default(1),
  /** Guides the first so many channels, as DiT and SiT do with 3 of their 4; all if left out. */
  guidanceChannels: z.int().min(1).max(4096).optional(),
};
/** Which of a policy: a student has one for every noise and for each of its network calls. */
const ofPolicy = {
  /** Network calls between noise and data; as many as the policy is made for, if left out. */
  nfe: z.int().min(1).max(1000).optional(),
  /** Index of the sample whose policy is looked at away from its own state. */
  source: z.int().min(0).max(99_999).default(0),
};
/** How a policy is sampled with several network calls. */
export const policySampling = {
  /** Below 1, all calls but the last are sharpened towards their likelier data. */
  temperature: z.number().gt(0).max(1).default(1),
  /** h of the flow-map sampler: how much of the noise each call but the last replaces by fresh noise. */
  stochasticity: z.number().min(0).max(10).default(0),
};
const noiseOfSample = z.strictObject({ seed: z.int().nonnegative(), index: z.int().min(0).max(99_999) });
/**
 * Noises that a person chose: sample `index` of a seed, or a place on the great circle from it to another
 * (slerp, `at` 0 to 1), which is as likely noise as both ends.
 */
const chosenNoise = noiseOfSample.extend({
  to: noiseOfSample.optional(),
  at: z.number().min(0).max(1).default(0),
});
export type ChosenNoise = z.input<typeof chosenNoise>;
/**
 * What samples start from in place of the noises of `seed`; as many as `count`, and with `byClass` as many as
 * there are in a row. What stochastic samplers draw on the way is that of the sample, of the first of a pair.
 */
const starts = z.array(chosenNoise).min(1).max(4096).optional();
/**
 * Samples in rows of one class each, for models with classes: `count` is divided among the classes, which
 * follow one another, and sample j of every class starts from noise j. In place of `label`. The frame has
 * as many samples as fill rows of the same length.
 */
const byClass = z.boolean().default(false);
/** Which plane or space paths are seen in. */
const projection = z.discriminatedUnion('kind', [
  /** The axes of greatest variance of all states of the paths. */
  z.strictObject({ kind: z.literal('pca'), axes: z.union([z.literal(2), z.literal(3)]).default(2) }),
  /**
   * From the end of one sample to that of another, for two pairs of samples of this view; the second
   * direction is made orthogonal to the first.
   */
  z.strictObject({
    kind: z.literal('samples'),
    pairs: z
      .array(z.strictObject({ from: z.int().min(0).max(99_999), to: z.int().min(0).max(99_999) }))
      .length(2),
  }),
  /** From the mean of the data of one class to that of another, twice. */
  z.strictObject({
    kind: z.literal('classes'),
    pairs: z.array(z.strictObject({ from: z.int().min(0), to: z.int().min(0) })).length(2),
  }),
]);
export type Projection = z.input<typeof projection>;
/** Beside what the student makes, where its teacher takes the same noise; for runs that have one. */
const withTeacher = z.boolean().default(false);

/**
 * What a view asks the engine to compute from the newest parameters of a run, or from a checkpoint.
 * Sample i of a seed starts from the same noise in every view, whatever the count.
 * - `samples`: generated points.
 * - `trajectories`: sampler paths from fixed noise.
 * - `drift`: the attract and repel parts of the drift V, at the generated points or on a grid.
 * - `velocity`: the velocity field at time t, on a grid or at draws of x_t = (1 - t) data + t noise. Of a
 *   flow map or a policy the samples are its own states at t, and its teacher's velocity comes with its own.
 * - `probe`: the field at one point, exactly: the velocity at time t, or the parts of the drift.
 * - `closeup`: everything about one sample: its way from noise, what data lie near it, what moves it.
 */
export const viewRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('samples'),
    count: count(2000, 100_000),
    sampler: z.string().default('euler'),
    nfe: z.int().min(1).max(1000).default(1),
    seed,
    ...asked,
    ...policySampling,
    starts,
    byClass,
    withTeacher,
    /** An imported autoencoder that decodes latents to images. */
    decoder: z.string().min(1).optional(),
  }),
  z.object({
    kind: z.literal('trajectories'),
    count: count(500, 100_000),
    sampler: z.string().default('euler'),
    nfe: z.int().min(1).max(1000).default(32),
    seed,
    ...asked,
    ...policySampling,
    byClass,
    withTeacher,
    /** Sends `positions` in these axes instead of all dimensions. */
    projection: projection.optional(),
  }),
  z.object({
    kind: z.literal('closeup'),
    start: chosenNoise,
    sampler: z.string().default('euler'),
    nfe: z.int().min(1).max(1000).default(1),
    ...asked,
    ...policySampling,
    withTeacher,
    /** Data that lie nearest to the sample. */
    nearest: z.int().min(0).max(64).default(8),
    /** Size of the sets that the drift is estimated on. */
    driftCount: z.int().min(2).max(4096).default(256),
    decoder: z.string().min(1).optional(),
  }),
  z.object({
    kind: z.literal('drift'),
    on: z.enum(['samples', 'grid']).default('samples'),
    count: z.int().min(2).max(4096).default(256),
    grid,
    extent,
    seed,
  }),
  z.object({
    kind: z.literal('velocity'),
    t: z.number().min(0).max(1),
    on: z.enum(['grid', 'samples']).default('grid'),
    count: count(512, 4096),
    grid,
    extent,
    seed,
    ...ofPolicy,
    /** A sample of a policy whose weights are asked for at times from 1 to 0 as well. */
    weightsOf: z.int().min(0).max(99_999).optional(),
  }),
  z.object({
    kind: z.literal('probe'),
    /** One number per data dimension. */
    point: z.array(z.number()).min(1).max(64),
    t: z.number().min(0).max(1).default(1),
    /** Size of the sets that the drift is estimated on. */
    count: z.int().min(2).max(4096).default(256),
    seed,
    ...ofPolicy,
  }),
]);
export type ViewRequest = z.input<typeof viewRequest>;
export type ParsedViewRequest = z.output<typeof viewRequest>;

/**
 * One computed view. Arrays, all Float32, B = count, T = recorded times, D = data dimension:
 * - `samples`: `points [B, D]`, and on request `teacher [B, D]`, where the teacher (RK4, 64 steps, of large networks 8) takes
 *   the same noise, and `images [B, H, W, 3]` in [-1, 1], the points decoded
 * - `trajectories`: `positions [B, T, D]`, `times [T]` (house time, from 1 down to 0), and on request
 *   `teacherPositions [B, U, D]`, `teacherTimes [U]`
 * - `drift`: `points [B, D]`, `attract [B, D]` (V+), `repel [B, D]` (V-); the drift is V+ - V-. On a
 *   grid B = G*G, row-major over y then x, with the generated points it stems from as
 *   `samples [N, D]` and the data as `data [N, D]`
 * - `velocity`: `points [B, D]`, `vectors [B, D]`; on a grid B = G*G, row-major over y then x. Of a student
 *   that has a teacher also `teacher [B, D]`, the teacher's velocity at the same points and time, and of a
 *   policy with components `weights [B, K]`, rows summing to 1. On samples, `vectors` are the generating
 *   velocity -d/dd f(z, d) of a flow map at its states f(z, 1 - t), or a policy at the states of its
 *   roll-out. On a grid they are the policy of the one sample `source`; a flow map that only starts from
 *   noise has no velocity at a point, and its frame no `vectors`. For `weightsOf` there are
 *   `weightTimes [T]`, descending, and `weightsOver [T, K]`. Policies are looked at from t = 1/1024 on
 * - `probe`: `points [1, D]` and `vectors [1, D]`, `teacher [1, D]`, `weights [1, K]` as on a grid, or
 *   `attract [1, D]` and `repel [1, D]`
 * - `closeup`: `noise [N]`, `states [T, D]` and `times [T]` of its way (noise first; of a generator the
 *   sample alone at t = 0), `predictions [T, D]`, the x0 that the model predicts at each state (x - t v; of a
 *   flow map where it maps to with what is left, which is f(z, 1) throughout for one that starts from noise
 *   only), on request `teacherStates [U, D]`, `teacherTimes [U]`; `nearest [K, D]` training data (of data without end, of 4096 draws), nearest
 *   first, with `nearestDistances [K]` (root mean square over the numbers of a sample) and `nearestLabels
 *   [K]` where there are some, and the same of the held-out data as `heldNearest...` where there are such
 *   data; `labels [1]` where images are dealt out over classes; `images [1, H, W, 3]`, the sample decoded; of
 *   a drifting model `attract [D]`, `repel [D]`, and the `attractors [K, D]`, `repellers [K, D]` that pull
 *   and push the most with their `attractorWeights [K]`, `repellerWeights [K]`, shares of all
 * With a `projection`, `positions [B, T, A]` and `teacherPositions [B, U, A]` are in axes, `axes [A, D]`
 * orthonormal, around `centre [D]`, the mean of all states; `explained [A]` is each axis' share of their
 * variance; `ends [B, D]` and `teacherEnds [B, D]` are what the paths end at; `dim` is A then.
 *
 * `samples` and `trajectories` have `labels [B]` where classes were asked for sample by sample (`byClass`, or
 * images that were dealt out over the classes), and `modes [B]` too where the data has known modes: the index of the
 * mode that holds the end point, -1 outside all.
 */
export const viewFrame = z.object({
  run: z.string(),
  kind: z.enum(['samples', 'trajectories', 'drift', 'velocity', 'probe', 'closeup']),
  /** Training step whose parameters (EMA) made this frame. */
  step: z.int().nonnegative(),
  /** Network evaluations per sample that it took. */
  nfe: z.number(),
  /** Wall time that it took to compute, milliseconds. */
  computeMs: z.number(),
  count: z.int(),
  dim: z.int(),
  /** [H, W, C] of one sample, where samples are images or latents. */
  shape: z.array(z.int()).optional(),
  /** [H, W, 3] of one of `images`. */
  imageShape: z.array(z.int()).optional(),
  arrays: z.record(z.string(), float32Array),
});
export type ViewFrame = z.infer<typeof viewFrame>;

/**
 * The film of a run: what it generated at moments of its training, kept on disk. Every frame has the
 * same noise (seed 0, the first `count` samples), the same times and the same size.
 */
export const filmIndex = z.object({
  run: z.string(),
  /** Training steps of the frames, ascending. */
  steps: float64Array,
  count: z.int().nonnegative(),
  dim: z.int().nonnegative(),
  /** [T] recorded sampler times, from 1 (noise) to 0 (data); `[0]` for a one-step generator. */
  times: float32Array,
  nfe: z.number(),
});
export type FilmIndex = z.infer<typeof filmIndex>;

/** Consecutive frames of a film: `positions [n, count, T, D]` of the frames from index `from`. */
export const filmPage = z.object({
  run: z.string(),
  from: z.int(),
  steps: float64Array,
  positions: float32Array,
  /** `[n, count]` where the data has known modes: the mode that holds each end point, -1 outside all. */
  modes: float32Array.optional(),
});
export type FilmPage = z.infer<typeof filmPage>;
