/** What can compute here: executors, their devices, how fast they were measured, and how to get more. */
import { z } from 'zod';

export const executorId = z.enum(['ort-cpu', 'ort-webgpu', 'tensorflow', 'reference']);
export type ExecutorId = z.infer<typeof executorId>;

/** What an executor runs on. */
export const executorDevice = z.object({
  /** As its maker names it, e.g. `NVIDIA GeForce RTX 4090`. */
  name: z.string(),
  /** Of the device itself; of the machine where the device has none of its own; null where nobody says. */
  memoryBytes: z.number().nullable(),
  /** E.g. `shader-f16`, `8 threads`, `CUDA 12.5`. */
  features: z.array(z.string()),
  /** A graphics device that the processor plays: right, and slow. */
  isSoftware: z.boolean(),
});
export type ExecutorDevice = z.infer<typeof executorDevice>;

/** A few seconds of a small training step, held against `ort-cpu`. */
export const executorScore = z.object({
  stepsPerSec: z.number(),
  seconds: z.number(),
  /** |a - b| / |b| of parameters and moments after one step, the largest of them. */
  difference: z.number(),
  /** Whether `difference` is within what executors may differ by. */
  agrees: z.boolean(),
  measuredAt: z.string(),
});
export type ExecutorScore = z.infer<typeof executorScore>;

export const executorEntry = z.object({
  id: executorId,
  available: z.boolean(),
  /** Why not, and how to get it; or what it runs on. */
  reason: z.string(),
  device: executorDevice.nullable(),
  /** Null until measured, see `engines.measure`. */
  score: executorScore.nullable(),
});
export type ExecutorEntry = z.infer<typeof executorEntry>;

/** Everything that can compute here, and what `auto` takes of it. */
export const executorsState = z.object({
  executors: z.array(executorEntry),
  /** The executor that `auto` takes now and the device under it, e.g. `ort-cpu` on `Intel Xeon`. */
  executor: executorId,
  device: z.string(),
  /** Why `auto` takes it, in words. */
  because: z.string(),
  /** The executor that is measured now, null for none. */
  measuring: executorId.nullable(),
});
export type ExecutorsState = z.infer<typeof executorsState>;

/** TensorFlow's library and the addon that binds it, as they lie in the data folder. */
export const installedEngine = z.object({
  id: z.literal('tensorflow'),
  kind: z.enum(['cpu', 'gpu']),
  /** Where libtensorflow came from. */
  from: z.enum(['package', 'wheel']),
  /** Of libtensorflow. */
  version: z.string(),
  folder: z.string(),
  bytes: z.number(),
  installedAt: z.string(),
});
export type InstalledEngine = z.infer<typeof installedEngine>;

export const engineInstall = z.strictObject({
  engine: z.literal('tensorflow'),
  kind: z.enum(['cpu', 'gpu']).default('cpu'),
  /** `auto` tries the package's own download first, then the wheel. */
  from: z.enum(['auto', 'package', 'wheel']).default('auto'),
});

export const installProgress = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('step'),
    step: z.enum(['check', 'download', 'unpack', 'headers', 'compile', 'verify', 'finish']),
    /** What is done now, in words. */
    message: z.string(),
    /** 0 to 1 within this step, null where nobody knows. */
    fraction: z.number().nullable(),
  }),
  z.object({ kind: z.literal('done'), engine: installedEngine }),
]);
export type InstallProgress = z.infer<typeof installProgress>;
