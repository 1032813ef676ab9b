/** What can be chosen of pi-Flow. The README says why the defaults are what they are. */
import { z } from 'zod';
import { conditioningParams } from '../conditioning.ts';
import { imageNetworkParams, networkParams } from '../network-spec.ts';
import { optimisationParams } from '../optimisation.ts';

export const params = z.object({
  batch: z.int().min(1).max(65_536).default(256).meta({
    label: 'Batch',
    symbol: 'B',
    unit: 'samples',
    group: 'Imitation',
  }),
  policy: z.enum(['gm', 'dx', 'dx-polynomial']).default('gm').meta({
    label: 'Policy',
    group: 'Policy',
    help: 'A Gaussian mixture, exact where the data is one, or data predictions: on a grid of times, or the coefficients of a polynomial in time.',
  }),
  components: z.int().min(1).max(64).default(8).meta({
    label: 'Components',
    symbol: 'K',
    group: 'Policy',
    help: 'Of the mixture, points of the grid, or coefficients of the polynomial.',
  }),
  dropout: z.number().min(0).lt(1).default(0).meta({
    label: 'Dropout',
    symbol: 'p',
    group: 'Policy',
    help: 'Chance that a component is left out of the policy that explores; for the mixture only.',
  }),
  headInit: z.enum(['auto', 'random', 'teacher']).default('auto').meta({
    label: 'Start from',
    group: 'Policy',
    help: 'Random numbers, or the network of a trained teacher where it has the sizes and classes of the student: every component then starts at its velocity. Automatic is the teacher for a transformer and random numbers for a plain network. From an exact teacher, random numbers.',
  }),
  nfe: z.int().min(1).max(32).default(1).meta({
    label: 'Network evaluations',
    unit: 'NFE',
    group: 'Imitation',
    help: 'Segments that the path is cut into; a sample takes as many network calls.',
  }),
  source: z.enum(['data', 'rollout']).default('rollout').meta({
    label: 'Segment starts',
    group: 'Imitation',
    help: 'From noised data, or from where the policy itself arrives, which needs no data. The same for one NFE.',
  }),
  states: z.int().min(1).max(8).default(2).meta({
    label: 'Imitated states',
    symbol: 'J',
    group: 'Imitation',
    help: 'States of a segment at which the policy is compared with the teacher.',
  }),
  window: z.number().min(0).max(0.5).default(0).meta({
    label: 'Window',
    symbol: '\\Delta\\tau',
    group: 'Imitation',
    help: 'Raw time over which the velocity of the policy is averaged, at most a segment; the grid policy needs one.',
  }),
  mixingSteps: z.int().min(0).max(1_000_000).default(0).meta({
    label: 'Trajectory mixing',
    unit: 'steps',
    group: 'Imitation',
    help: 'Steps over which the teacher hands the exploring over to the policy: all its at first, none of it after; 0 is off.',
  }),
  substeps: z.int().min(1).max(512).default(32).meta({
    label: 'Substeps in training',
    unit: 'per unit of raw time',
    group: 'Imitation',
  }),
  shift: z.number().gt(0).max(20).default(1).meta({ label: 'Shift', symbol: 'm', group: 'Imitation' }),
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z.int().min(1).max(16).default(3).meta({ label: 'Hidden layers', group: 'Network' }),
  inputScale: networkParams.inputScale,
  timeChannels: z.int().min(2).max(1024).multipleOf(2).default(64).meta({
    label: 'Time channels',
    group: 'Network',
  }),
  ...imageNetworkParams,
  ...conditioningParams,
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(2e-3),
  clip: optimisationParams.clip.default(1),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

export type PiflowOptions = z.output<typeof params>;
