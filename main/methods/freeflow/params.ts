/** What FreeFlow can be asked to do; README.md has the reason of every default. */
import { z } from 'zod';
import { conditioningParams, guidanceRangeParams } from '../conditioning.ts';
import { fromTeacherParam, imageNetworkParams, networkParams } from '../network-spec.ts';
import { optimisationParams } from '../optimisation.ts';

export const params = z.object({
  batch: z.int().min(4).max(65_536).default(512).meta({
    label: 'Batch',
    symbol: 'B',
    unit: 'noises',
    group: 'Distillation',
  }),
  loss: z.enum(['prediction', 'joint', 'correction']).default('prediction').meta({
    label: 'Loss',
    group: 'Distillation',
    help: 'Prediction alone, with a correction of its accumulated error, or the correction alone.',
  }),
  derivative: z.enum(['difference', 'jvp', 'discrete']).default('difference').meta({
    label: 'Derivative',
    group: 'Distillation',
    help: 'Of F in d: by a central difference, exactly, or by the step from d - h to d, which is cheapest and of first order in h.',
  }),
  differenceStep: z.number().gt(0).max(0.1).default(0.01).meta({
    label: 'Difference step',
    symbol: 'h',
    group: 'Distillation',
    help: 'Not for the exact derivative.',
  }),
  fullShare: z.number().min(0).max(1).default(0).meta({
    label: 'Share at full duration',
    group: 'Distillation',
    help: 'Of the batch, at d = 1 where one-step samples are; the rest is spread over d.',
  }),
  durationPower: z.number().gt(0).max(10).default(1).meta({
    label: 'Duration power',
    symbol: 'p',
    group: 'Distillation',
    help: 'Density of those d is p d^(p-1): 1 is uniform, above 1 leans to full duration, below 1 to short ones.',
  }),
  weightPower: z.number().min(0).max(2).default(0).meta({
    label: 'Weight power',
    symbol: 'k',
    group: 'Distillation',
    help: 'Weighs a sample by its squared error to the power -k; 0 weighs all alike.',
  }),
  weightFloor: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Weight floor',
    symbol: '\\epsilon',
    scale: 'log',
    group: 'Distillation',
  }),
  correctionShare: z.number().gt(0).lt(1).default(0.25).meta({
    label: 'Share of the correction',
    group: 'Correction',
    help: 'Of the batch, in the joint loss.',
  }),
  alpha: z.number().min(0).max(10).default(0.3).meta({
    label: 'Alpha',
    symbol: '\\alpha',
    group: 'Correction',
    help: 'Strength of the correction beside the prediction.',
  }),
  lambdaCap: z.number().gt(0).max(1000).default(10).meta({
    label: 'Lambda cap',
    group: 'Correction',
    help: 'Largest factor of the correction, which grows without bound where the student already has the law of the teacher.',
  }),
  noiseLogitMean: z.number().min(-5).max(5).default(0.8).meta({
    label: 'Noising logit mean',
    group: 'Correction',
    help: 'Times at which student samples are noised: the sigmoid of a normal of this mean.',
  }),
  noiseLogitStd: z.number().gt(0).max(10).default(1).meta({
    label: 'Noising logit std',
    group: 'Correction',
  }),
  noiseUniform: z.boolean().default(false).meta({
    label: 'Uniform noising times',
    group: 'Correction',
    help: 'In place of those of the logit.',
  }),
  correctionGuidanceLow: z.number().min(0).max(1).default(0).meta({
    label: 'Correction guidance from',
    group: 'Correction',
    help: 'In the correction the teacher is guided between these times alone, and only where it is guided at all.',
  }),
  correctionGuidanceHigh: z.number().min(0).max(1).default(0.7).meta({
    label: 'Correction guidance to',
    group: 'Correction',
  }),
  auxiliaryRate: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Auxiliary rate',
    scale: 'log',
    group: 'Correction',
    help: 'Learning rate of the network that knows the noising velocity of the student.',
  }),
  auxiliaryWarmUp: z.int().min(0).max(1_000_000).default(200).meta({
    label: 'Auxiliary warm-up',
    unit: 'steps',
    group: 'Correction',
    help: 'Steps before the correction begins, while the auxiliary network catches up.',
  }),
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z.int().min(1).max(16).default(3).meta({ label: 'Hidden layers', group: 'Network' }),
  inputScale: networkParams.inputScale,
  timeChannels: z.int().min(2).max(1024).multipleOf(2).default(16).meta({
    label: 'Duration channels',
    group: 'Network',
    help: 'Sines and cosines of d that the student reads.',
  }),
  timeScale: z.number().gt(0).max(10_000).default(4).meta({
    label: 'Duration scale',
    group: 'Network',
    help: 'Highest angular frequency of those. The loss differentiates in d: high frequencies make it noisy.',
  }),
  ...imageNetworkParams,
  fromTeacher: fromTeacherParam,
  ...conditioningParams,
  ...guidanceRangeParams,
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(2e-3),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

export type FreeflowOptions = z.output<typeof params>;
