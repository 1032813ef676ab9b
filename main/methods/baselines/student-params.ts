/** What the networks here are chosen by, with one wording for all of them. */
import { z } from 'zod';
import { imageNetworkParams, networkParams } from '../network-spec.ts';
import { optimisationParams } from '../optimisation.ts';

export const batchParam = z.int().min(1).max(65_536).default(512).meta({
  label: 'Batch',
  symbol: 'B',
  unit: 'samples',
  group: 'Distillation',
});

/** The network of every student here. */
export const studentParams = {
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z.int().min(1).max(16).default(3).meta({ label: 'Hidden layers', group: 'Network' }),
  // Less than FreeFlow's: a student of two times has to hear them beside its x.
  inputScale: networkParams.inputScale.default(2),
  ...imageNetworkParams,
} as const;

/** Students that read times, and how they are trained. */
export const mapParams = {
  ...studentParams,
  timeChannels: z.int().min(2).max(1024).multipleOf(2).default(16).meta({
    label: 'Time channels',
    group: 'Network',
    help: 'Sines and cosines of each time that the student reads.',
  }),
  timeScale: z.number().gt(0).max(10_000).default(4).meta({
    label: 'Time scale',
    group: 'Network',
    help: 'Highest angular frequency of those. A loss that compares neighbouring times needs it low.',
  }),
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(3e-3),
  emaDecay: optimisationParams.emaDecay.default(0.99),
} as const;

const student = z.object(mapParams);
export type StudentParams = z.output<typeof student>;
