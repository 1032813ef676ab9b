/** Checkpoint files that a person brings: what is in them, what they are, and what can be done with them. */
import { z } from 'zod';
import { networkConfig, convention, pixelLayout, pixelRange } from './networks.ts';

const float32Array = z.instanceof(Float32Array) as z.ZodType<Float32Array>;
const float64Array = z.instanceof(Float64Array) as z.ZodType<Float64Array>;

/**
 * Where a checkpoint lies. A window never names a path of the person's machine: it holds a grant, an
 * opaque word that its host made for one file. A path is for the command line, and in server mode for
 * files under a folder that the server was told to show.
 */
export const checkpointSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grant'), grant: z.string().min(1).max(8192) }),
  z.strictObject({ kind: z.literal('path'), path: z.string().min(1).max(4096) }),
]);
export type CheckpointSource = z.infer<typeof checkpointSource>;

export const checkpointFormat = z.enum([
  'safetensors',
  'safetensors-sharded',
  'pytorch-zip',
  'pytorch-legacy',
  'npy',
  'npz',
  'fewstep-run',
  'onnx',
]);
export type CheckpointFormat = z.infer<typeof checkpointFormat>;

/** Something worth knowing that stops nothing. */
const note = z.object({ code: z.string(), message: z.string() });

export const tensorEntry = z.object({
  /** Keys of nested dicts joined by dots: `ema.blocks.0.attn.qkv.weight`. */
  name: z.string(),
  /** As torch names it: `float32`, `bfloat16`, `float8_e4m3fn`. */
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  /** Bytes of its elements, whether or not they are shared. */
  bytes: z.number(),
  /** The first tensor that lies in the same storage, if this one is not the first. */
  sharedWith: z.string().optional(),
});
export type TensorEntry = z.infer<typeof tensorEntry>;

/**
 * What was found at one place of a known layout:
 * - `matched`: there, with the shape that is expected
 * - `shape-mismatch`: there, with another shape
 * - `missing`: expected and not there
 * - `unused`: there, and not part of the network
 */
export const keyVerdict = z.object({
  key: z.string(),
  verdict: z.enum(['matched', 'shape-mismatch', 'missing', 'unused']),
  /** What becomes of it: our own parameter's name, for matched keys. */
  own: z.string().optional(),
  expected: z.array(z.int()).optional(),
  found: z.array(z.int()).optional(),
  /** Why an unused key is left out, where that is known: "projector of REPA". */
  why: z.string().optional(),
});
export type KeyVerdict = z.infer<typeof keyVerdict>;

export const checkpointKind = z.enum([
  'dit',
  'sit',
  'repa',
  'diffusers-dit',
  'piflow-teacher',
  'piflow-gm',
  'piflow-dx',
  'autoencoder-kl',
  'fewstep',
  'fewstep-run',
  'feature-network',
]);
export type CheckpointKind = z.infer<typeof checkpointKind>;

/** What a person says of a file where its shapes do not. */
export const recognitionOptions = z.strictObject({
  /** Which of several sets of weights; the EMA where there is one, if left out. `''` is the top level. */
  group: z.string().max(200).optional(),
  kind: checkpointKind.optional(),
  heads: z.int().min(1).max(256).optional(),
  convention: convention.optional(),
  /** Frequencies of the time embedding: exponent over half the channels (DiT), or over one less (diffusers). */
  timeDivisor: z.enum(['half', 'half-minus-one']).optional(),
  /** pi-Flow: components of a Gaussian mixture, or grid points of a DX policy. */
  components: z.int().min(1).max(1024).optional(),
  /** Network calls that a DX policy was made for. */
  nfe: z.int().min(1).max(1000).optional(),
  /** Factor by which an autoencoder's latents are scaled. */
  scalingFactor: z.number().positive().optional(),
  /** Group-norm groups of an autoencoder. */
  groups: z.int().min(1).max(512).optional(),
  /** Height and width of the image or latent, where no table of positions or ONNX input tells. */
  size: z.int().min(1).max(4096).optional(),
  /** Of an ONNX feature network: the numbers of its pixels, where its channels are, and the output to take. */
  pixelRange: pixelRange.optional(),
  pixelLayout: pixelLayout.optional(),
  output: z.string().min(1).max(200).optional(),
});
export type RecognitionOptions = z.infer<typeof recognitionOptions>;

export const recognition = z.object({
  kind: checkpointKind,
  /** "SiT-XL/2, 675 M parameters, 32 x 32 x 4 latents, 1000 classes". */
  title: z.string(),
  /** Prefix of the weights that are taken, e.g. `ema`; empty at the top level. */
  group: z.string(),
  config: networkConfig,
  /** How the network is asked; null for what is no velocity, e.g. an autoencoder. */
  convention: convention.nullable(),
  /** Kinds that the same keys and shapes could also be, e.g. SiT beside DiT: a person decides. */
  alternatives: z.array(checkpointKind),
  /** Options that shapes cannot tell, with what was assumed. */
  assumed: z.array(
    z.object({
      option: z.enum([
        'kind',
        'heads',
        'convention',
        'timeDivisor',
        'components',
        'nfe',
        'scalingFactor',
        'groups',
        'size',
        'pixelRange',
        'pixelLayout',
        'output',
      ]),
      value: z.union([z.string(), z.number()]),
      /** Why this value: "from the file's name", "1152 wide DiTs have heads of 72". */
      why: z.string(),
    }),
  ),
  keys: z.array(keyVerdict),
  /** What it can be used for here; null where it cannot be used as it is, and then `why` says why not. */
  use: z.enum(['teacher', 'student', 'autoencoder', 'features', 'run']).nullable(),
  why: z.string().optional(),
});
export type Recognition = z.infer<typeof recognition>;

export const checkpointListing = z.object({
  name: z.string(),
  format: checkpointFormat,
  /** Of the file, or of all shards. */
  fileBytes: z.number(),
  tensors: z.array(tensorEntry),
  parameters: z.number(),
  metadata: z.record(z.string(), z.string()),
  /** Plain values that lie beside the tensors, by their dotted keys: `args.model` is "SiT-XL/2". */
  facts: z.record(z.string(), z.string()),
  /** Full names of globals that a pickle names and that were left inert: nothing was called. */
  inert: z.array(z.string()),
  warnings: z.array(note),
  /** Sets of weights that lie side by side, such as `model` and `ema`. */
  groups: z.array(z.object({ prefix: z.string(), tensors: z.int(), parameters: z.number() })),
  recognised: recognition.nullable(),
  /** Of an unknown layout, the nearest known one and why it does not fit. */
  nearest: z.object({ kind: checkpointKind, why: z.string() }).nullable(),
  /** True if a strict import would take it; else `refusal` says why not. */
  importable: z.boolean(),
  refusal: note.nullable(),
});
export type CheckpointListing = z.infer<typeof checkpointListing>;

export const tensorStatistics = z.object({
  name: z.string(),
  count: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  std: z.number(),
  zeros: z.number(),
  nans: z.number(),
  infinities: z.number(),
  /** Finite values between `edges`, [64] counts and [65] edges; empty for tensors without finite values. */
  histogram: float64Array,
  edges: float64Array,
});
export type TensorStatistics = z.infer<typeof tensorStatistics>;

/** A 2-D slice of a tensor, thinned to at most `most` rows and columns by taking every nth. */
export const tensorSlice = z.object({
  name: z.string(),
  rows: z.int(),
  columns: z.int(),
  /** Rows and columns of the whole slice. */
  ofRows: z.int(),
  ofColumns: z.int(),
  values: float32Array,
});
export type TensorSlice = z.infer<typeof tensorSlice>;

export const tensorDifference = z.object({
  name: z.string(),
  change: z.enum(['added', 'removed', 'reshaped', 'retyped', 'changed', 'same']),
  /** ||b - a|| / ||a||, where both have the shape; infinite where a is zero. */
  relative: z.union([z.number(), z.nan(), z.literal(Infinity)]).optional(),
  before: tensorEntry.optional(),
  after: tensorEntry.optional(),
});
export type TensorDifference = z.infer<typeof tensorDifference>;

/** A model that was imported from a checkpoint. */
export const modelSummary = z.object({
  id: z.string(),
  name: z.string(),
  kind: checkpointKind,
  title: z.string(),
  use: z.enum(['teacher', 'student', 'autoencoder', 'features']),
  config: networkConfig,
  convention: convention.nullable(),
  /** Shape of one sample, [H, W, C]. */
  sampleShape: z.array(z.int()),
  classes: z.int(),
  parameters: z.number(),
  /** Bytes of its weights here. */
  bytes: z.number(),
  /** The file it came from, by name alone. */
  fileName: z.string(),
  createdAt: z.string(),
  folder: z.string(),
});
export type ModelSummary = z.infer<typeof modelSummary>;

/** What `models.export` wrote. */
export const exportedModel = z.object({
  file: z.string(),
  bytes: z.number(),
  format: z.enum(['safetensors', 'onnx']),
  /** Largest difference between the file, run back, and its source, over the output's largest magnitude. */
  verified: z.number().nullable(),
});
export type ExportedModel = z.infer<typeof exportedModel>;

/** How far an import has come, in bytes; the last one has the model. */
export const importProgress = z.object({
  done: z.number(),
  of: z.number(),
  model: modelSummary.nullable(),
});
export type ImportProgress = z.infer<typeof importProgress>;

/** What `models.watch` reports: a model as it is now, or that it is gone. */
export const modelChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), model: modelSummary }),
  z.object({ kind: z.literal('removed'), id: z.string() }),
]);
export type ModelChange = z.infer<typeof modelChange>;

/** Files under the folder that a server was told to show, by path; none on the desktop. */
export const checkpointFiles = z.object({
  folder: z.string().nullable(),
  files: z.array(z.object({ path: z.string(), name: z.string(), bytes: z.number() })),
});
