/** What can be chosen of Drifting models; the README says why the defaults are what they are. */
import { z } from 'zod';
import { imageNetworkParams } from '../network-spec.ts';
import { optimisationParams } from '../optimisation.ts';

export const params = z.object({
  batch: z.int().min(2).max(8192).default(512).meta({
    label: 'Batch',
    symbol: 'N',
    unit: 'samples',
    group: 'Drift',
    help: 'Generated samples and data samples per step. The field is estimated on them, so more is better and slower.',
  }),
  temperature: z.number().gt(0).max(100).default(0.086).meta({
    label: 'Temperature',
    symbol: '\\tau',
    unit: 'data std',
    scale: 'log',
    group: 'Drift',
    help: 'Reach of the kernel. It must reach across the gaps between modes.',
  }),
  kernel: z.enum(['laplace', 'gaussian']).default('laplace').meta({
    label: 'Kernel',
    group: 'Drift',
    help: 'Falls with the distance, or with its square. For the plain field.',
  }),
  loss: z.enum(['auto', 'field', 'normalised']).default('auto').meta({
    label: 'Loss',
    group: 'Drift',
    help: 'The plain field at one temperature, as for points in the plane, or the released loss that normalises distances and adds temperatures, as for images.',
  }),
  temperatures: z.array(z.number().gt(0)).min(1).max(8).default([0.02, 0.05, 0.2]).meta({
    label: 'Temperatures',
    symbol: 'R',
    unit: 'mean distance',
    group: 'Drift',
    help: 'For the normalised loss only.',
  }),
  affinityFloor: z.number().min(0).max(1).default(1e-12).meta({
    label: 'Affinity floor',
    scale: 'log',
    group: 'Drift',
    help: 'For the normalised loss only. The released code has 1e-6, which needs an encoder.',
  }),
  microBatch: z.int().min(0).max(8192).default(0).meta({
    label: 'Micro-batch',
    unit: 'samples',
    group: 'Drift',
    help: 'Samples whose gradient is held in memory at a time; 0 for all. The step is the same, and takes longer.',
  }),
  positives: z.int().min(0).max(8192).default(0).meta({
    label: 'Data samples',
    symbol: 'N_p',
    unit: 'samples',
    group: 'Drift',
    help: 'Per step; 0 takes as many as the batch.',
  }),
  bank: z.int().min(0).max(65_536).default(0).meta({
    label: 'Bank',
    unit: 'samples',
    group: 'Drift',
    help: 'Newest data samples kept, from which a step draws without repetition; 0 draws fresh ones.',
  }),
  fresh: z.int().min(1).max(8192).default(64).meta({
    label: 'Fresh samples',
    unit: 'samples',
    group: 'Drift',
    help: 'Data samples that enter the bank at every step.',
  }),
  negatives: z.int().min(0).max(8192).default(0).meta({
    label: 'Negatives',
    symbol: 'N_n',
    unit: 'samples',
    group: 'Drift',
    help: 'Generated samples that repel, drawn apart from the batch; 0 takes the batch itself.',
  }),
  attraction: z.number().min(0).max(10).default(1).meta({
    label: 'Attraction',
    group: 'Drift',
    help: 'Factor of the pull towards data. The field vanishes at the data only where both factors are alike.',
  }),
  repulsion: z.number().min(0).max(10).default(1).meta({
    label: 'Repulsion',
    group: 'Drift',
    help: 'Factor of the push among generated points; 0 leaves attraction alone, which collapses.',
  }),
  normalise: z.enum(['both', 'targets', 'each', 'none']).default('both').meta({
    label: 'Kernel normalisation',
    group: 'Drift',
    help: 'Over targets and generated points; over targets alone, all of them or data and negatives each; or not at all. For the plain field.',
  }),
  pixelTerm: z.boolean().default(true).meta({
    label: 'Compare pixels',
    group: 'Features',
    help: 'Beside what the encoder sees. Without an encoder pixels are all there is.',
  }),
  locationTerms: z.boolean().default(true).meta({
    label: 'Compare places',
    group: 'Features',
    help: 'Every place of every map of the encoder, on its own.',
  }),
  pooledTerms: z.boolean().default(true).meta({
    label: 'Compare whole maps',
    group: 'Features',
    help: 'Mean and standard deviation over each map of the encoder, and the size of each channel of the image.',
  }),
  patch2Terms: z.boolean().default(true).meta({
    label: 'Compare patches of 2',
    group: 'Features',
    help: 'Means and standard deviations over 2 by 2 places of each map of the encoder.',
  }),
  patch4Terms: z.boolean().default(true).meta({
    label: 'Compare patches of 4',
    group: 'Features',
    help: 'Over 4 by 4 places.',
  }),
  conditional: z.boolean().default(false).meta({
    label: 'Learn classes',
    group: 'Classes',
    help: 'Every class drifts towards its own data, where the data has classes or modes. The batch is shared among them.',
  }),
  groups: z.int().min(0).max(8192).default(0).meta({
    label: 'Classes per step',
    symbol: 'N_c',
    group: 'Classes',
    help: 'Drawn anew for every step; 0 takes all.',
  }),
  unconditional: z.int().min(0).max(8192).default(0).meta({
    label: 'Unconditional negatives',
    group: 'Classes',
    help: 'Data points of any class that repel each class, as strongly as its guidance says, which the generator then reads; 0 learns no guidance.',
  }),
  alphaPower: z.number().min(0).max(20).default(3).meta({
    label: 'Guidance power',
    group: 'Classes',
    help: 'Guidance scales from 1 to 4 are learnt with a density that falls with this power.',
  }),
  unguidedShare: z.number().min(0).max(1).default(0).meta({
    label: 'Unguided share',
    group: 'Classes',
    help: 'Of the classes, learnt at scale 1.',
  }),
  startCentre: z.array(z.number()).max(64).default([]).meta({
    label: 'Start at',
    unit: 'data std',
    group: 'Network',
    help: 'Where samples lie before training, one number per dimension; empty for where the network puts them.',
  }),
  startSpread: z.number().min(0).max(100).default(1).meta({
    label: 'Start spread',
    group: 'Network',
    help: 'Factor of the spread of samples before training; near 0 they are all in one place.',
  }),
  network: z.enum(['auto', 'mlp', 'residual', 'dit']).default('auto').meta({
    label: 'Network',
    group: 'Network',
    help: 'Plain layers, as for points; blocks of two that add to what they read, as for images; or a transformer of patches.',
  }),
  noiseDim: z
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .meta({ label: 'Noise dimension', group: 'Network', help: 'Size of the Gaussian input.' }),
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .meta({ label: 'Hidden layers', group: 'Network', help: 'Or blocks.' }),
  patch: imageNetworkParams.patch,
  ditWidth: imageNetworkParams.ditWidth,
  ditDepth: imageNetworkParams.ditDepth,
  heads: imageNetworkParams.heads,
  mlpRatio: imageNetworkParams.mlpRatio,
  contextTokens: z.int().min(0).max(256).default(4).meta({
    label: 'Context tokens',
    group: 'Transformer',
    help: 'Tokens of class, styles and guidance that are read beside those of the image.',
  }),
  styleTokens: z.int().min(0).max(256).default(8).meta({
    label: 'Styles',
    group: 'Transformer',
    help: 'Random choices that a sample is made of beside its noise; 0 for none.',
  }),
  styleCodebook: z.int().min(1).max(1024).default(16).meta({
    label: 'Entries of a style',
    group: 'Transformer',
    help: 'What each choice is among.',
  }),
  ...optimisationParams,
  // The field is noisy and the target moves with the samples: a long average lags behind it. Over the
  // checkerboard (2000 steps) decay 0.99 gave a quarter of the energy distance of 0.999, and twice
  // the notebook's rate, decayed to zero, another half.
  learningRate: optimisationParams.learningRate.default(2e-3),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

export type DriftingOptions = z.output<typeof params>;

/**
 * Digits, 1500 steps: residual blocks on pixels, every class of ten with 64 samples of its own. The README
 * has the measurements.
 */
export const IMAGE_DEFAULTS = {
  batch: 640,
  // Where there are more classes, each still has as many samples as it takes.
  groups: 10,
  width: 512,
  conditional: true,
  learningRate: 1e-3,
  clip: 2,
} as const;
