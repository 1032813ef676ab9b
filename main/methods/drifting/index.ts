/** Drifting models in low dimension: the push-forward evolves along the drift during training. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import type { Generator } from '../../maths/sampleable.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { Rng } from '../../tensor/rng.ts';
import { packingOf, unpack } from '../../tensor/tree.ts';
import { type PointSource, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../optimisation.ts';
import { SampleBank, SteppedBank } from './bank.ts';
import { driftLoss } from './drift-loss.ts';
import { driftField, driftFieldAt } from './field.ts';

const params = z.object({
  batch: z.int().min(2).max(8192).default(512).meta({
    label: 'Batch',
    symbol: 'N',
    unit: 'points',
    group: 'Drift',
    help: 'Generated points and data points per step. The field is estimated on them, so more is better and slower.',
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
  loss: z.enum(['field', 'normalised']).default('field').meta({
    label: 'Loss',
    group: 'Drift',
    help: 'The plain field at one temperature, or the released loss that normalises distances and adds temperatures.',
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
  positives: z.int().min(0).max(8192).default(0).meta({
    label: 'Data points',
    symbol: 'N_p',
    unit: 'points',
    group: 'Drift',
    help: 'Per step; 0 takes as many as the batch.',
  }),
  bank: z.int().min(0).max(65_536).default(0).meta({
    label: 'Bank',
    unit: 'points',
    group: 'Drift',
    help: 'Newest data points kept, from which a step draws without repetition; 0 draws fresh ones.',
  }),
  fresh: z.int().min(1).max(8192).default(64).meta({
    label: 'Fresh points',
    unit: 'points',
    group: 'Drift',
    help: 'Data points that enter the bank at every step.',
  }),
  negatives: z.int().min(0).max(8192).default(0).meta({
    label: 'Negatives',
    symbol: 'N_n',
    unit: 'points',
    group: 'Drift',
    help: 'Generated points that repel, drawn apart from the batch; 0 takes the batch itself.',
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
  noiseDim: z
    .int()
    .min(1)
    .max(1024)
    .default(32)
    .meta({ label: 'Noise dimension', group: 'Network', help: 'Size of the Gaussian input.' }),
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z.int().min(1).max(16).default(3).meta({ label: 'Hidden layers', group: 'Network' }),
  ...optimisationParams,
  // The field is noisy and the target moves with the samples: a long average lags behind it. Over the
  // checkerboard (2000 steps) decay 0.99 gave a quarter of the energy distance of 0.999, and twice
  // the notebook's rate, decayed to zero, another half.
  learningRate: optimisationParams.learningRate.default(2e-3),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

export const drifting = defineMethod({
  id: 'drifting',
  title: 'Drifting model',
  summary:
    'A one-step generator that moves its samples along a field of attraction to data and repulsion among themselves.',
  reference: 'Deng et al. Generative Modeling via Drifting. 2026.',
  equation:
    '\\mathcal L = \\mathbb E\\,\\lVert x - \\operatorname{sg}(x + V_{p,q}(x)) \\rVert^2,\\quad V_{p,q} = V_p^+ - V_q^-',
  produces: 'generator',
  needsTeacher: false,
  params,
  views: ['samples', 'drift'],
  bind(options, { sampleShape, totalSteps }) {
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const shape: MlpShape = {
      inputs: options.noiseDim,
      outputs: dim,
      width: options.width,
      depth: options.depth,
      timeChannels: 0,
    };
    const packing = packingOf(mlpParameterShapes(shape));
    const { attraction, repulsion } = options;
    const { temperature, kernel, normalise } = options;
    const fieldOptions = { temperature, kernel, normalise };
    const positives = options.positives || options.batch;
    const hasOwnNegatives = options.negatives > 0;
    if (options.startCentre.length !== 0 && options.startCentre.length !== dim) {
      throw new WorkbenchError(
        'config/wrong-value',
        `params.startCentre: expected ${dim} numbers or none, found ${options.startCentre.length}`,
        { field: 'params.startCentre' },
      );
    }

    const lossOf = (
      x: Tensor2D,
      data: Tensor2D,
      others: Tensor2D | null,
    ): { loss: Scalar; report: Record<string, Scalar> } => {
      if (options.loss === 'normalised') {
        const one = (points: Tensor2D): Tensor3D => tf.expandDims(points, 0) as Tensor3D;
        const negatives = others === null ? null : one(others);
        const { loss, fieldSquares } = driftLoss(one(x), one(data), negatives, null, options);
        return {
          loss: tf.mean(loss) as Scalar,
          report: { drift: tf.sqrt(tf.addN([...fieldSquares])) as Scalar },
        };
      }
      const own = stopGradient(x);
      const { attract, repel } = driftField(own, data, others ?? own, {
        ...fieldOptions,
        maskSelf: others === null,
      });
      const drift = tf.sub(tf.mul(attract, attraction), tf.mul(repel, repulsion));
      const loss = tf.mean(tf.square(tf.sub(x, stopGradient(tf.add(own, drift))))) as Scalar;
      return { loss, report: { drift: tf.sqrt(tf.mean(tf.sum(tf.square(drift), 1))) as Scalar } };
    };

    return {
      layout: networkLayout(packing),
      draws: {
        noise: { kind: 'normal', shape: [options.batch, options.noiseDim] },
        data:
          options.bank > 0
            ? {
                kind: 'made',
                shape: [positives, ...sampleShape],
                make: (source, rng) => positivesFromBank(source, rng, { ...options, positives, dim }),
              }
            : { kind: 'data', count: positives },
        ...(hasOwnNegatives
          ? { others: { kind: 'normal' as const, shape: [options.negatives, options.noiseDim] } }
          : {}),
      },
      init(rng) {
        const parameters = initMlp(shape, rng, { lastGain: options.startSpread });
        // With biases of zero samples begin around the origin.
        parameters[`layers.${options.depth}.bias`]!.set(options.startCentre);
        return initNetwork(packing, parameters);
      },
      step: (state, { noise, data, others }, step) =>
        optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const flat = tf.reshape(data!, [positives, dim]) as Tensor2D;
          const negatives = others === undefined ? null : stopGradient(applyMlp(shape, parameters, others));
          return lossOf(applyMlp(shape, parameters, noise!), flat, negatives);
        }),
      sampledState: ['ema'],
      noiseShape: [options.noiseDim],
      nfePerCall: 1,
      standardNfe: 1,
      sampleable(state): Generator {
        const parameters = unpack(state['ema']! as tf.Tensor1D, packing);
        return {
          kind: 'generator',
          shape: sampleShape,
          noiseShape: [options.noiseDim],
          nfePerCall: 1,
          generate: (noise) =>
            tf.reshape(applyMlp(shape, parameters, noise), [noise.shape[0]!, ...sampleShape]),
        };
      },
      fields: {
        drift(state, noise, data, queries) {
          const parameters = unpack(state['ema']! as tf.Tensor1D, packing);
          const samples = applyMlp(shape, parameters, noise);
          const flat = tf.reshape(data, [data.shape[0]!, dim]) as Tensor2D;
          const parts: { attract: Tensor; repel: Tensor } =
            queries === null
              ? driftField(samples, flat, samples, { ...fieldOptions, maskSelf: true })
              : driftFieldAt(queries as Tensor2D, samples, flat, fieldOptions);
          return {
            samples,
            attract: tf.mul(parts.attract, attraction),
            repel: tf.mul(parts.repel, repulsion),
          };
        },
      },
    };
  },
});

/** Positives of every step from a bank that each step refreshes. */
function positivesFromBank(
  source: PointSource,
  rng: Rng,
  { bank, fresh, positives, dim }: { bank: number; fresh: number; positives: number; dim: number },
): (step: number) => Float32Array {
  const kept = new SteppedBank(
    () => new SampleBank({ capacity: bank, dim }),
    (step) => ({ points: source.sample(rng.at(step), fresh) }),
  );
  const choice = new Rng(rng.seed, `${rng.stream}/bank`);
  return (step) => kept.at(step).draw(choice.at(step), positives);
}
