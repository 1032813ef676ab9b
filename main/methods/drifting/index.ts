/** Drifting models: the push-forward evolves along the drift during training. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Generator } from '../../maths/sampleable.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { unpack } from '../../tensor/tree.ts';
import { type MethodContext, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, stepAlong } from '../optimisation.ts';
import { batchOf, groupDraws, plainDraws } from './batch.ts';
import { classGroups } from './class-groups.ts';
import { driftFeatures } from './features.ts';
import { driftGenerator } from './generator.ts';
import { goalsOf, lossKind } from './loss.ts';
import { type DriftingOptions, IMAGE_DEFAULTS, params } from './params.ts';
import { driftPictures } from './pictures.ts';
import { stepGradient } from './step.ts';

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
  usesEncoder: true,
  params,
  guidedAbove: { param: 'unconditional', value: 0 },
  imageDefaults: IMAGE_DEFAULTS,
  views: ['samples', 'drift'],
  bind(options, context) {
    const { sampleShape, totalSteps } = context;
    requireSense(options, context);
    const dim = sizeOf(sampleShape);
    const classes = options.conditional ? context.classes : 0;
    const generator = driftGenerator(options, sampleShape, classes);
    const { packing, noiseDim } = generator;
    const groups = options.conditional ? classGroups(options, dim, classes) : null;
    const kind = lossKind(options, sampleShape);
    const encoder = context.encoder ?? null;

    return {
      layout: networkLayout(packing),
      draws: groups === null ? plainDraws(options, sampleShape, noiseDim) : groupDraws(groups, noiseDim),
      init: (rng) => initNetwork(packing, generator.init(rng)),
      step(state, inputs, step) {
        const gradient = stepGradient(state['params']! as Tensor1D, {
          packing,
          microBatch: options.microBatch,
          ...batchOf(inputs, groups, dim),
          generate: (parameters, { noise, condition }) => generator.generate(parameters, noise, condition),
          features() {
            const known = encoder?.() ?? null;
            return (x) => driftFeatures(x, sampleShape, known, options);
          },
          goalsOf: (sets) => goalsOf(kind, options, sets),
        });
        return stepAlong(state, step, totalSteps, options, gradient);
      },
      sampledState: ['ema'],
      noiseShape: [noiseDim],
      nfePerCall: 1,
      standardNfe: 1,
      classes,
      sampleable(state): Generator {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        return {
          kind: 'generator',
          shape: sampleShape,
          noiseShape: [noiseDim],
          nfePerCall: 1,
          classes,
          generate: (noise, condition) =>
            tf.reshape(generator.generate(parameters, noise, condition), [noise.shape[0]!, ...sampleShape]),
        };
      },
      fields: driftPictures(kind, options, generator, sampleShape),
    };
  },
});

/** @throws WorkbenchError `config/wrong-value` for options that contradict the data or one another */
function requireSense(options: DriftingOptions, context: MethodContext): void {
  const refuse = (field: string, expected: string, found: string | number): never => {
    throw new WorkbenchError('config/wrong-value', `${field}: expected ${expected}, found ${found}`, {
      field,
    });
  };
  const { sampleShape, classes: known } = context;
  const { conditional, startCentre, unconditional, loss } = options;
  const dim = sizeOf(sampleShape);
  if (startCentre.length !== 0 && startCentre.length !== dim) {
    refuse('params.startCentre', `${dim} numbers or none`, startCentre.length);
  }
  if (conditional && known === 0) {
    refuse('params.conditional', 'off, for this data has neither classes nor known modes', 'on');
  }
  if (!conditional && unconditional > 0) {
    refuse('params.unconditional', '0 unless classes are learnt (conditional)', unconditional);
  }
  const isPlain = lossKind(options, sampleShape) === 'field';
  if (isPlain && unconditional > 0) {
    refuse('params.loss', 'normalised with unconditional negatives, which have weights', loss);
  }
  if (context.encoder === undefined || context.encoder === null) return;
  if (sampleShape.length !== 3) refuse('encoder', 'none for points, which are their own features', 'one');
  if (isPlain) refuse('params.loss', 'normalised with an encoder, whose features have no unit', loss);
  const { pixelTerm, locationTerms, pooledTerms, patch2Terms, patch4Terms } = options;
  if (![pixelTerm, locationTerms, pooledTerms, patch2Terms, patch4Terms].includes(true)) {
    refuse('params.pixelTerm', 'on where nothing else is compared', 'off');
  }
}
