import { z } from 'zod';
import { executorsState } from './engines.ts';

/** A JSON Schema object as zod emits it, with the `.meta()` of each field beside its type. */
export const jsonSchema = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof jsonSchema>;

/**
 * What a parameter says of itself with `.meta()`: it drives the form, the CLI flags and the docs.
 * Ranges, defaults and enumerations come from the schema itself.
 */
export interface FieldMeta {
  /** Sentence case, no colon: "Learning rate". */
  label: string;
  /** The paper's symbol, KaTeX source: "\\tau". */
  symbol?: string;
  /** Unit shown beside the number: "steps", "data std". */
  unit?: string;
  /** Slider and spinner behaviour. */
  scale?: 'linear' | 'log';
  /** Heading under which the form shows it. */
  group?: string;
  /** One sentence of help. */
  help?: string;
}

/** What a method learns; `features` are those of an encoder, which makes no samples. */
export const produces = z.enum(['velocity', 'flowMap', 'policy', 'generator', 'features']);
export type Produces = z.infer<typeof produces>;

export const methodEntry = z.object({
  id: z.string(),
  title: z.string(),
  /** One sentence on what it learns. */
  summary: z.string(),
  reference: z.string(),
  /** The training objective, KaTeX source. */
  equation: z.string(),
  produces,
  needsTeacher: z.boolean(),
  /** False for what stands for imported checkpoints: it can be looked at and learnt from, not trained. */
  isTrainable: z.boolean(),
  /** Whether a run may name an encoder (`encoder` of its config) whose features it learns in. */
  usesEncoder: z.boolean(),
  params: jsonSchema,
  /**
   * A number among its parameters, and above which its samples can be asked for a guidance scale; left out
   * where they never can. Velocities can always be guided.
   */
  guidedAbove: z.object({ param: z.string(), value: z.number() }).optional(),
  /**
   * Parameters whose standard differs where samples are images, and what it is there; `conditional` holds
   * where there are classes alone.
   */
  imageDefaults: z.record(z.string(), z.unknown()),
  /** View kinds of frames.ts that this method can feed. */
  views: z.array(z.string()),
});
export type MethodEntry = z.infer<typeof methodEntry>;

/** Whether samples can be asked for a guidance scale. @param params  of the run */
export function isGuidable(
  { produces: product, guidedAbove }: Pick<MethodEntry, 'produces' | 'guidedAbove'>,
  params: Readonly<Record<string, unknown>>,
): boolean {
  if (product === 'velocity') return true;
  return guidedAbove !== undefined && Number(params[guidedAbove.param]) > guidedAbove.value;
}

export const datasetEntry = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  dim: z.int(),
  /** [H, W, C] of one sample, for images as they come. */
  shape: z.array(z.int()).optional(),
  /** How many classes its samples have, where they have labels. */
  classes: z.int().optional(),
  /** What the classes are called, where they have names. */
  classNames: z.array(z.string()).optional(),
  /** Distinct samples, held out or not, where there are finitely many. */
  size: z.int().optional(),
  /** The imported autoencoder whose latents the samples are. */
  autoencoder: z.string().optional(),
  /** True for a closed-form density (mixtures), whose modes and velocity are known exactly. */
  analytic: z.boolean(),
  /** True for points or images that a person brought. */
  imported: z.boolean(),
  params: jsonSchema,
});
export type DatasetEntry = z.infer<typeof datasetEntry>;

const samplerEntry = z.object({
  id: z.string(),
  title: z.string(),
  order: z.number(),
  /** Velocity evaluations per step; 0 for adaptive. */
  evaluationsPerStep: z.int(),
  adaptive: z.boolean(),
});

export const catalog = z.object({
  methods: z.array(methodEntry),
  datasets: z.array(datasetEntry),
  samplers: z.array(samplerEntry),
  metrics: z.array(z.object({ id: z.string(), title: z.string(), betterWhen: z.enum(['lower', 'higher']) })),
});
export type Catalog = z.infer<typeof catalog>;

export const engineDescription = z.object({
  ...executorsState.shape,
  version: z.string(),
  versions: z.record(z.string(), z.string()),
  dataFolder: z.string(),
  pid: z.int(),
});
export type EngineDescription = z.infer<typeof engineDescription>;
