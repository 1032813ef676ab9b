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
});
export type PointSet = z.infer<typeof pointSet>;

/**
 * What a live view asks the engine to compute from the newest parameters of a run.
 * - `samples`: generated points.
 * - `trajectories`: sampler paths from fixed noise.
 * - `drift`: generated points with the attract and repel parts of the drift V at each of them.
 * - `velocity`: the velocity field at time t on a grid.
 */
export const viewRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('samples'),
    count: z.int().min(1).max(100_000).default(2000),
    nfe: z.int().min(1).max(1000).default(1),
    seed: z.int().nonnegative().default(0),
  }),
  z.object({
    kind: z.literal('trajectories'),
    count: z.int().min(1).max(100_000).default(500),
    sampler: z.string().default('euler'),
    nfe: z.int().min(1).max(1000).default(32),
    seed: z.int().nonnegative().default(0),
  }),
  z.object({
    kind: z.literal('drift'),
    count: z.int().min(2).max(4096).default(256),
    seed: z.int().nonnegative().default(0),
  }),
  z.object({
    kind: z.literal('velocity'),
    t: z.number().min(0).max(1),
    grid: z.int().min(2).max(128).default(24),
    extent: z.number().positive().default(3),
  }),
]);
export type ViewRequest = z.input<typeof viewRequest>;
export type ParsedViewRequest = z.output<typeof viewRequest>;

/**
 * One computed view. Arrays, all Float32, B = count, T = recorded times, D = data dimension:
 * - `samples`: `points [B, D]`
 * - `trajectories`: `positions [B, T, D]`, `times [T]` (house time, from 1 down to 0)
 * - `drift`: `points [B, D]`, `attract [B, D]` (V+), `repel [B, D]` (V-); the drift is V+ - V-
 * - `velocity`: `points [G*G, D]`, `vectors [G*G, D]`, row-major over y then x
 */
export const viewFrame = z.object({
  run: z.string(),
  kind: z.enum(['samples', 'trajectories', 'drift', 'velocity']),
  /** Training step whose parameters (EMA) made this frame. */
  step: z.int().nonnegative(),
  /** Network evaluations per sample that it took. */
  nfe: z.number(),
  count: z.int(),
  dim: z.int(),
  arrays: z.record(z.string(), float32Array),
});
export type ViewFrame = z.infer<typeof viewFrame>;
