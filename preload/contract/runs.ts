import { z } from 'zod';
import { executorId } from './engines.ts';
import { float64Array } from './frames.ts';

export const datasetChoice = z.strictObject({
  id: z.string().min(1),
  params: z.record(z.string(), z.unknown()).default({}),
});
export type DatasetChoice = z.infer<typeof datasetChoice>;

/** The data set of a run that needs none: it learns from an imported teacher, whose data nobody has. */
export const NO_DATASET = 'none';

/** Everything that decides a run's numbers. The same config and executor give the same run. */
export const runConfig = z.strictObject({
  name: z.string().max(120).optional().meta({ label: 'Name' }),
  method: z.string().min(1),
  params: z.record(z.string(), z.unknown()).default({}),
  dataset: datasetChoice,
  teacher: z.string().min(1).max(200).optional().meta({
    label: 'Teacher',
    help: 'For distillations: the run whose velocity is distilled, by its id, or "analytic" for the exact one of a Gaussian mixture.',
  }),
  encoder: z.string().min(1).max(200).optional().meta({
    label: 'Encoder',
    help: 'For methods that can learn in features: the run of an encoder, by its id; pixels if left out.',
  }),
  steps: z.int().min(1).max(100_000_000).default(2000).meta({ label: 'Training steps' }),
  seed: z
    .int()
    .min(0)
    .max(0xffffffff)
    .default(0)
    .meta({ label: 'Seed', help: 'The same seed and settings give the same run.' }),
  checkpointEvery: z.int().min(1).default(500).meta({ label: 'Checkpoint every', unit: 'steps' }),
  evalEvery: z.int().min(0).default(250).meta({
    label: 'Measure quality every',
    unit: 'steps',
    help: 'Against fresh data; 0 measures only at the end.',
  }),
  filmFrames: z.int().min(0).max(1000).default(48).meta({
    label: 'Film frames',
    help: 'Moments of training whose samples and paths are kept, to play training back; 0 keeps none.',
  }),
  executor: z
    .enum(['auto', ...executorId.options])
    .default('auto')
    .meta({ label: 'Executor', help: 'What computes; auto takes the fastest that agrees with the others.' }),
  precision: z.enum(['float32', 'float16']).optional().meta({
    label: 'Precision',
    help: 'Of matrix products and convolutions; parameters stay float32. float16 needs a GPU with shader-f16.',
  }),
});
export type RunConfig = z.infer<typeof runConfig>;
export type RunConfigInput = z.input<typeof runConfig>;

export const runStatus = z.enum([
  'queued',
  'running',
  'paused',
  'stopped', // a person stopped it; it can be resumed
  'interrupted', // the engine went away; it can be resumed
  'finished',
  'diverged', // NaN or Inf at `step`; the last good checkpoint stays
  'failed',
]);
export type RunStatus = z.infer<typeof runStatus>;

export const runSummary = z.object({
  id: z.string(),
  name: z.string(),
  /** Words a person gave it to find it by, in their order. */
  tags: z.array(z.string()),
  /** True for a run that ships with the program: it can be looked at and duplicated, not changed. */
  isDemo: z.boolean(),
  /** Classes that its samples can be asked for; 0 where there are none. */
  classes: z.int().nonnegative(),
  folder: z.string(),
  /** [H, W, C] of one sample where samples are images or latents; left out for points. */
  sampleShape: z.array(z.int()).optional(),
  config: runConfig,
  status: runStatus,
  step: z.int(),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** Why it stopped, for `diverged` and `failed`. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Newest value of every scalar. */
  latest: z.record(z.string(), z.union([z.number(), z.nan()])),
  /** Null unless running and measured. */
  stepsPerSec: z.number().nullable(),
  etaSecs: z.number().nullable(),
  /** Executor that trained the last step, null before the first. */
  executor: z.string().nullable(),
  /** What it runs on, null before the first step. */
  device: z.string().nullable(),
  /** Executors and devices in turn, each from the step after which it went on; one where it never changed. */
  trainedOn: z.array(z.object({ executor: z.string(), device: z.string(), fromStep: z.int() })),
});
export type RunSummary = z.infer<typeof runSummary>;

/** `ort-webgpu (NVIDIA H200) to step 40, then ort-cpu (AMD EPYC, 8 threads)` */
export function trainedOnText(history: RunSummary['trainedOn']): string {
  return history
    .map(({ executor, device }, i) => {
      const next = history[i + 1];
      return `${executor} (${device})${next === undefined ? '' : ` to step ${next.fromStep}`}`;
    })
    .join(', then ');
}

/** What `runs.watch` reports: a run as it is now, or that it is gone from the list. */
export const runChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), run: runSummary }),
  z.object({ kind: z.literal('removed'), id: z.string() }),
]);
export type RunChange = z.infer<typeof runChange>;

/** One scalar series as two exact-size arrays; a gap in `steps` is a gap in the plot. */
export const scalarSeries = z.object({
  name: z.string(),
  steps: float64Array,
  values: float64Array,
});
export type ScalarSeries = z.infer<typeof scalarSeries>;

/** New records of a run since the previous batch. */
export const metricsBatch = z.object({ run: z.string(), series: z.array(scalarSeries) });
export type MetricsBatch = z.infer<typeof metricsBatch>;
