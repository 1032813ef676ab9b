import { z } from 'zod';

export const reproductionSize = z.enum(['quick', 'full']);
export type ReproductionSize = z.infer<typeof reproductionSize>;

export const verdict = z.enum(['holds', 'does not hold', 'inconclusive']);
export type Verdict = z.infer<typeof verdict>;

const number = z.union([z.number(), z.nan()]);

/** One measure of one arm over the seeds. */
export const measured = z.object({
  mean: number,
  /** Of the mean. */
  standardError: number,
  /** In the order of the seeds. */
  values: z.array(number),
});
export type Measured = z.infer<typeof measured>;

/** One thing that was to be reached, apart from others that may be missed. */
export const aim = z.object({
  /** What is compared with the limit, e.g. `Distance of the student over that of its teacher`. */
  title: z.string(),
  /** e.g. `at most 1.06` */
  limit: z.string(),
  measured,
  outcome: verdict,
});
export type Aim = z.infer<typeof aim>;

/** What a reproduction found when it was run to its end. */
export const reproductionResult = z.object({
  verdict,
  seeds: z.array(z.int()),
  /** By arm, then by measure. */
  measured: z.record(z.string(), z.record(z.string(), measured)),
  /** Of a reproduction that judges line by line. */
  aims: z.array(aim).optional(),
  /** What is to be known with the numbers: how they were measured, and what was tried where an aim is missed. */
  notes: z.array(z.string()).optional(),
  /** On what it was computed. */
  devices: z.array(z.string()).optional(),
  /** When it ended, ISO 8601. */
  when: z.string(),
});
export type ReproductionResult = z.infer<typeof reproductionResult>;

/** What becomes of a reproduction in this engine. */
export const reproductionState = z.discriminatedUnion('status', [
  z.object({ status: z.literal('idle') }),
  /** Others have their turn before it. */
  z.object({ status: z.literal('waiting'), size: reproductionSize }),
  z.object({
    status: z.literal('running'),
    size: reproductionSize,
    /** What is measured now. */
    arm: z.string(),
    seed: z.int(),
    /** Experiments that are measured, of all. */
    done: z.int(),
    of: z.int(),
  }),
  z.object({
    status: z.literal('failed'),
    size: reproductionSize,
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);
export type ReproductionState = z.infer<typeof reproductionState>;

/** Of one size: how far it is, and what it found. */
const reproductionSizeEntry = z.object({
  seeds: z.array(z.int()),
  /** Experiments that are kept from an earlier start, of all; it goes on after them. */
  kept: z.int(),
  of: z.int(),
  /** Null if it was never run to its end here. */
  result: reproductionResult.nullable(),
});

/** A claim of a paper, its rule, and what came of it here. */
export const reproductionEntry = z.object({
  name: z.string(),
  claim: z.string(),
  /** Paper and place. */
  source: z.string(),
  /** In words, how the verdict follows from the numbers. */
  rule: z.string(),
  /** What is compared. */
  arms: z.array(z.string()),
  quick: reproductionSizeEntry,
  full: reproductionSizeEntry,
  state: reproductionState,
});
export type ReproductionEntry = z.infer<typeof reproductionEntry>;

/**
 * The colours of figures, which are drawn for white paper. A figure uses no others, so that a window can
 * put those of its theme in their place. Data colours are those of Okabe and Ito.
 */
export const figureColours = {
  paper: '#ffffff',
  ink: '#1a1a1a',
  soft: '#555555',
  grid: '#dddddd',
  data: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'],
} as const;
