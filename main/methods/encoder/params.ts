/** What can be chosen of encoders; the README says why the defaults are what they are. */
import { z } from 'zod';
import { optimisationParams } from '../optimisation.ts';

export const params = z.object({
  task: z.enum(['auto', 'reconstruct', 'classify', 'both']).default('auto').meta({
    label: 'Task',
    group: 'Task',
    help: 'Fill in hidden squares of images (a masked autoencoder), tell classes apart, or the first and then both; auto is both where the data has classes.',
  }),
  maskSide: z.int().min(1).max(64).default(2).meta({
    label: 'Hidden squares',
    unit: 'pixels',
    group: 'Task',
    help: 'Side of the squares that are hidden; it must divide that of the images.',
  }),
  maskShare: z.number().gt(0).max(1).default(0.5).meta({
    label: 'Hidden share',
    group: 'Task',
    help: 'Chance of each square to be hidden.',
  }),
  classWeight: z.number().gt(0).max(100).default(0.5).meta({
    label: 'Class weight',
    symbol: '\\lambda',
    group: 'Task',
    help: 'Of the cross-entropy beside the reconstruction, once it has risen; for both tasks.',
  }),
  classShare: z.number().gt(0).max(1).default(0.8).meta({
    label: 'Class share',
    group: 'Task',
    help: 'Last share of the training in which classes are learnt too; in its first third their weight rises from 0. For both tasks.',
  }),
  labelSmoothing: z.number().min(0).lt(1).default(0).meta({
    label: 'Label smoothing',
    group: 'Task',
    help: 'Share of the target that goes to all classes alike.',
  }),
  width: z.int().min(4).max(4096).multipleOf(4).default(32).meta({
    label: 'Channels',
    symbol: 'C',
    group: 'Network',
    help: 'Of the first stage; each next has twice as many.',
  }),
  stages: z.array(z.int().min(1).max(64)).min(1).max(6).default([1, 1, 1]).meta({
    label: 'Stages',
    group: 'Network',
    help: 'Residual blocks of each stage; each but the first halves the image.',
  }),
  batch: z.int().min(1).max(65_536).default(64).meta({
    label: 'Batch',
    symbol: 'B',
    unit: 'images',
    group: 'Optimiser',
  }),
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(4e-3),
  warmUp: optimisationParams.warmUp.default(20),
  beta2: optimisationParams.beta2.default(0.95),
  weightDecay: optimisationParams.weightDecay.default(0.01),
  emaDecay: optimisationParams.emaDecay.default(0.98),
});

export type EncoderParams = z.output<typeof params>;
