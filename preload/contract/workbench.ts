import { z } from 'zod';
import { catalog, engineDescription, jsonSchema } from './catalog.ts';
import {
  checkpointFiles,
  checkpointListing,
  checkpointSource,
  exportedModel,
  importProgress,
  modelChange,
  modelSummary,
  recognitionOptions,
  tensorDifference,
  tensorSlice,
  tensorStatistics,
} from './checkpoints.ts';
import { imageImport, imageImportProgress } from './datasets.ts';
import {
  asked,
  byteArray,
  filmIndex,
  filmPage,
  pointSet,
  viewFrame,
  viewRequest,
  policySampling,
} from './frames.ts';
import {
  engineInstall,
  executorEntry,
  executorId,
  executorsState,
  installProgress,
  installedEngine,
} from './engines.ts';
import { evaluation, featureSpace, imageEvaluation } from './evaluation.ts';
import { reproductionEntry, reproductionSize } from './reproductions.ts';
import { datasetChoice, metricsBatch, runChange, runConfig, runSummary } from './runs.ts';

/**
 * The call table. A call has one reply; a stream has many, pulled by credits: the engine computes
 * the next value only when the listener has room for it, so a slow window never grows a queue.
 * Inputs are parsed on the serving side; outputs are typed by their schema and trusted.
 */
interface Entry<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  input: I;
  output: O;
}
function entry<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): Entry<I, O> {
  return { input, output };
}

const nothing = z.strictObject({});
const runId = z.strictObject({ run: z.string().min(1) });
const reproductionName = z.string().min(1);
const modelId = z.strictObject({ model: z.string().min(1) });

export const calls = {
  'engine.describe': entry(nothing, engineDescription),
  'catalog.get': entry(nothing, catalog),
  /** Form schema of a run: everything of `runConfig` that is not method or data parameters. */
  'catalog.runSchema': entry(nothing, jsonSchema),

  'datasets.sample': entry(
    z.strictObject({
      dataset: datasetChoice,
      count: z.int().min(1).max(200_000).default(2000),
      seed: z.int().nonnegative().default(0),
    }),
    pointSet,
  ),
  /** Stores a CSV or NPY file of points as a dataset of its own and returns its id. */
  'datasets.import': entry(
    z.strictObject({ fileName: z.string().min(1).max(255), bytes: byteArray }),
    z.object({ id: z.string(), count: z.int(), dim: z.int() }),
  ),

  /** Moves an imported or drawn dataset to the trash folder; runs that used it keep their results. */
  'datasets.remove': entry(z.strictObject({ id: z.string().min(1) }), z.object({ trashed: z.string() })),
  /** Brings a dataset back that `datasets.remove` moved away. */
  'datasets.restore': entry(z.strictObject({ trashed: z.string().min(1) }), z.object({ id: z.string() })),

  /** Trained runs that ship with the program. */
  'demos.list': entry(nothing, z.array(runSummary)),

  'runs.create': entry(z.strictObject({ config: runConfig }), runSummary),
  'runs.list': entry(nothing, z.array(runSummary)),
  'runs.get': entry(runId, runSummary),
  'runs.pause': entry(runId, runSummary),
  /**
   * Goes on from the newest checkpoint; on another executor where one is given, which the run then keeps
   * to: what it was configured with may be gone.
   */
  'runs.resume': entry(
    z.strictObject({ run: z.string().min(1), executor: runConfig.shape.executor.unwrap().optional() }),
    runSummary,
  ),
  'runs.stop': entry(runId, runSummary),
  'runs.rename': entry(z.strictObject({ run: z.string(), name: z.string().min(1).max(120) }), runSummary),
  /** Moves the run's folder to the trash folder of the data folder. */
  'runs.delete': entry(runId, z.object({ trashed: z.string() })),
  /** Brings a run back from the trash folder: what `runs.delete` answered, or its last segment. */
  'runs.restore': entry(z.strictObject({ trashed: z.string().min(1) }), runSummary),
  /** Replaces the tags of a run. */
  'runs.tag': entry(
    z.strictObject({ run: z.string(), tags: z.array(z.string().trim().min(1).max(40)).max(16) }),
    runSummary,
  ),
  'runs.metrics': entry(runId, metricsBatch),

  'film.index': entry(runId, filmIndex),
  /** At most `count` frames from index `from`: fewer where the film or 4 MiB end first. */
  'film.read': entry(
    z.strictObject({ run: z.string(), from: z.int().nonnegative(), count: z.int().min(1).max(64) }),
    filmPage,
  ),

  /** One view computed once, from the newest parameters or from a checkpoint. */
  'views.compute': entry(
    z.strictObject({ run: z.string(), view: viewRequest, step: z.int().nonnegative().optional() }),
    viewFrame,
  ),
  'runs.evaluate': entry(
    z.strictObject({
      run: z.string(),
      nfe: z.array(z.int().min(1).max(1000)).min(1).default([1]),
      count: z.int().min(10).max(50_000).default(2000),
      sampler: z.string().optional(),
      seed: z.int().nonnegative().default(0),
      ...asked,
      ...policySampling,
      ...imageEvaluation,
      /**
       * Inference-time scaling: of so many noises for each sample the student's best by the verifier, from
       * which the teacher starts with the rest of the NFE.
       */
      search: z
        .strictObject({
          candidates: z.int().min(1).max(1000),
          /** Log density of the data, for closed forms; nearness to fresh data; the class that is asked for. */
          verifier: z.enum(['density', 'nearness', 'class']),
        })
        .optional(),
    }),
    evaluation,
  ),
  /** Where images of a run can be compared: its pixels, encoders of such images, imported feature networks. */
  'runs.spaces': entry(runId, z.array(featureSpace)),

  /** What is in a checkpoint file and what it is; runs nothing that is in it. */
  'checkpoints.inspect': entry(
    z.strictObject({ source: checkpointSource, options: recognitionOptions.default({}) }),
    checkpointListing,
  ),
  /** A 2-D slice of a tensor: its last two dimensions, at `at` of those before. */
  'checkpoints.slice': entry(
    z.strictObject({
      source: checkpointSource,
      tensor: z.string(),
      at: z.array(z.int().nonnegative()).max(62).default([]),
      most: z.int().min(1).max(512).default(256),
    }),
    tensorSlice,
  ),
  'checkpoints.files': entry(nothing, checkpointFiles),

  /** Models that were imported from checkpoints. Their ids stand for runs in views, sampling and `teacher`. */
  'models.list': entry(nothing, z.array(modelSummary)),
  'models.rename': entry(
    z.strictObject({ model: z.string().min(1), name: z.string().trim().min(1).max(120) }),
    modelSummary,
  ),
  /** Moves it to the trash folder; students that learnt from it keep their copy. */
  'models.remove': entry(modelId, z.object({ trashed: z.string() })),
  'models.restore': entry(z.strictObject({ trashed: z.string().min(1) }), modelSummary),
  /** Writes the network of a run or an imported model to a file of the data folder, or to `out`. */
  'models.export': entry(
    z.strictObject({
      /** A run or a model. */
      run: z.string().min(1),
      format: z.enum(['safetensors', 'onnx']),
      /** Names of the parameters in a safetensors file; those of DiT and SiT where the network is theirs. */
      names: z.enum(['fewstep', 'original']).default('fewstep'),
      /** Samples per call of an ONNX file, and network calls of a policy in it. */
      batch: z.int().min(1).max(4096).default(1),
      nfe: z.int().min(1).max(1000).optional(),
      /** For the command line alone: where to write. */
      out: z.string().min(1).max(4096).optional(),
    }),
    exportedModel,
  ),

  /** Engines that were installed into the data folder. */
  'engines.list': entry(nothing, z.array(installedEngine)),
  'engines.remove': entry(
    z.strictObject({ engine: z.literal('tensorflow') }),
    z.object({ bytes: z.number() }),
  ),

  'reproductions.list': entry(nothing, z.array(reproductionEntry)),
  /** Starts one, or goes on where it was stopped; `again` measures everything anew. */
  'reproductions.start': entry(
    z.strictObject({ name: reproductionName, size: reproductionSize, again: z.boolean().default(false) }),
    reproductionEntry,
  ),
  /** Stops one at its next step; what was measured is kept. */
  'reproductions.stop': entry(z.strictObject({ name: reproductionName }), reproductionEntry),
  /** The figure of the last whole run. */
  'reproductions.figure': entry(
    z.strictObject({ name: reproductionName, size: reproductionSize }),
    z.object({ svg: z.string() }),
  ),
} as const satisfies Record<string, Entry>;

export const streams = {
  /** What the engine's process uses, every two seconds. */
  'engine.watch': entry(nothing, z.object({ memoryBytes: z.number() })),
  /** Every change of any run; begins with one value per known run. */
  'runs.watch': entry(nothing, runChange),
  /** Each reproduction as it is, then each that changes. */
  'reproductions.watch': entry(nothing, reproductionEntry),
  /** Scalars of a run: first everything so far, then what is new, batched while there is no credit. */
  'metrics.watch': entry(runId, metricsBatch),
  /** The film's index, again whenever a frame is added. */
  'film.watch': entry(runId, filmIndex),
  /** Statistics of tensors in the order asked, so many at once as are there; stop listening to cancel. */
  'checkpoints.statistics': entry(
    z.strictObject({ source: checkpointSource, tensors: z.array(z.string()).min(1).max(100_000) }),
    z.array(tensorStatistics),
  ),
  /** What changed from one checkpoint to another, tensor by tensor. */
  'checkpoints.compare': entry(
    z.strictObject({ source: checkpointSource, other: checkpointSource }),
    z.array(tensorDifference),
  ),
  /** Imports a recognised checkpoint; who stops listening cancels it, and nothing stays behind. */
  'checkpoints.import': entry(
    z.strictObject({
      source: checkpointSource,
      name: z.string().trim().min(1).max(120),
      options: recognitionOptions.default({}),
    }),
    importProgress,
  ),
  /** Imports images from disk as a data set; who stops listening cancels it, and nothing stays behind. */
  'datasets.importImages': entry(imageImport, imageImportProgress),
  /** Measures executors one after the other, some five seconds each: every one as it is measured. */
  'engines.measure': entry(
    z.strictObject({ executors: z.array(executorId).min(1).optional() }),
    executorEntry,
  ),
  /** What can compute here as it is, then whenever it changes. */
  'engines.watch': entry(nothing, executorsState),
  /** Fetches or builds an engine; who stops listening cancels it. What was downloaded is kept for another try. */
  'engines.install': entry(engineInstall, installProgress),
  /** Each imported model as it is, then each that changes. */
  'models.watch': entry(nothing, modelChange),
  /** A live view of a run: a new frame whenever the parameters have moved on and there is credit. */
  'views.watch': entry(z.strictObject({ run: z.string(), view: viewRequest }), viewFrame),
} as const satisfies Record<string, Entry>;

export type Calls = typeof calls;
export type Streams = typeof streams;
export type CallName = keyof Calls;
export type StreamName = keyof Streams;
export type CallInput<K extends CallName> = z.input<Calls[K]['input']>;
export type CallParsed<K extends CallName> = z.output<Calls[K]['input']>;
export type CallOutput<K extends CallName> = z.output<Calls[K]['output']>;
export type StreamInput<K extends StreamName> = z.input<Streams[K]['input']>;
export type StreamParsed<K extends StreamName> = z.output<Streams[K]['input']>;
export type StreamOutput<K extends StreamName> = z.output<Streams[K]['output']>;

/** The part of AbortSignal that a service needs; the contract has neither DOM nor Node types. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** What an engine implements. Inputs arrive parsed; a thrown WorkbenchError reaches the caller. */
export interface WorkbenchService {
  calls: {
    [K in CallName]: (input: CallParsed<K>, signal: CancelSignal) => Promise<CallOutput<K>>;
  };
  streams: {
    [K in StreamName]: (input: StreamParsed<K>, signal: CancelSignal) => AsyncIterable<StreamOutput<K>>;
  };
}

/** What a window, a CLI command or a test holds. */
export interface WorkbenchClient {
  call<K extends CallName>(name: K, input: CallInput<K>, signal?: CancelSignal): Promise<CallOutput<K>>;
  /**
   * Listens until the returned function is called. `onValue` may return a promise: the next value
   * is asked for only when it resolves, which is how a view paces the engine.
   */
  listen<K extends StreamName>(
    name: K,
    input: StreamInput<K>,
    onValue: (value: StreamOutput<K>) => void | Promise<void>,
    onEnd?: (error: Error | null) => void,
  ): () => void;
}
