/** Drifting models: the push-forward evolves along the drift during training. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Condition, Generator } from '../../maths/sampleable.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { unpack } from '../../tensor/tree.ts';
import { type Draw, type PointSource, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisedStep } from '../optimisation.ts';
import { SampleBank, SteppedBank } from './bank.ts';
import { type ClassGroups, classGroups } from './class-groups.ts';
import { driftField, driftFieldAt } from './field.ts';
import { driftGenerator } from './generator.ts';
import { type PointSets, driftingLoss } from './loss.ts';
import { type DriftingOptions, params } from './params.ts';

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
  bind(options, { sampleShape, totalSteps, classes: known }) {
    const dim = sizeOf(sampleShape);
    const { conditional, attraction, repulsion, temperature, kernel, normalise } = options;
    const refuse = (field: string, expected: string, found: string | number): never => {
      throw new WorkbenchError(
        'config/wrong-value',
        `params.${field}: expected ${expected}, found ${found}`,
        { field: `params.${field}` },
      );
    };
    if (options.startCentre.length !== 0 && options.startCentre.length !== dim) {
      refuse('startCentre', `${dim} numbers or none`, options.startCentre.length);
    }
    if (conditional && known === 0) {
      refuse('conditional', 'off, for this data has neither classes nor known modes', 'on');
    }
    if (!conditional && options.unconditional > 0) {
      refuse('unconditional', '0 unless classes are learnt (conditional)', options.unconditional);
    }
    const classes = conditional ? known : 0;
    const generator = driftGenerator(options, sampleShape, classes);
    const { packing, noiseDim } = generator;
    const groups = conditional ? classGroups(options, dim, classes) : null;
    const lossOf = driftingLoss(options, sampleShape);
    if (lossOf.kind === 'field' && options.unconditional > 0) {
      refuse('loss', 'normalised with unconditional negatives, which have weights', options.loss);
    }
    const fieldOptions = { temperature, kernel, normalise };

    /** What a step generates and compares, of one group for all without classes. */
    function setsOf(parameters: Record<string, Tensor>, inputs: Inputs): PointSets {
      const { noise, data, others } = inputs;
      const ofNoise = (z: Tensor, count: number): Tensor =>
        tf.reshape(
          generator.generate(parameters, z, groups === null ? undefined : conditionOf(groups, inputs, count)),
          [-1, count, dim],
        );
      const generated = groups?.generated ?? options.batch;
      const negatives = groups?.negatives ?? options.negatives;
      return {
        generated: ofNoise(noise!, generated),
        data: tf.reshape(data!, [groups?.count ?? 1, -1, dim]),
        others: others === undefined ? null : stopGradient(ofNoise(others, negatives)),
        ...(inputs['any'] === undefined
          ? {}
          : { any: tf.reshape(inputs['any'], [groups!.count, -1, dim]), alpha: inputs['alpha'] as Tensor1D }),
      };
    }

    return {
      layout: networkLayout(packing),
      draws: groups === null ? drawsOf(options, sampleShape, noiseDim) : groupDraws(groups, noiseDim),
      init: (rng) => initNetwork(packing, generator.init(rng)),
      step: (state, inputs, step) =>
        optimisedStep(state, packing, step, totalSteps, options, (parameters) =>
          lossOf.value(setsOf(parameters, inputs)),
        ),
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
      fields: {
        drift(state, noise, data, queries) {
          const parameters = unpack(state['ema']! as Tensor1D, packing);
          const samples = generator.generate(parameters, noise);
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

type Inputs = Readonly<Record<string, Tensor>>;

/** What `count` points of every class of a step are asked for, class after class. */
function conditionOf({ count: classes }: ClassGroups, { labels, alpha }: Inputs, count: number): Condition {
  const repeated = (x: Tensor): Tensor1D =>
    tf.reshape(tf.tile(tf.reshape(x, [classes, 1]), [1, count]), [-1]) as Tensor1D;
  return {
    label: repeated(labels!),
    ...(alpha === undefined ? {} : { guidance: repeated(alpha) }),
  };
}

function groupDraws(
  { count, generated, negatives, draws }: ClassGroups,
  noiseDim: number,
): Record<string, Draw> {
  const noiseOf = (points: number): Draw => ({ kind: 'normal', shape: [count * points, noiseDim] });
  return {
    noise: noiseOf(generated),
    ...draws,
    ...(negatives > 0 ? { others: noiseOf(negatives) } : {}),
  };
}

function drawsOf(
  options: DriftingOptions,
  sampleShape: readonly number[],
  noiseDim: number,
): Record<string, Draw> {
  const { batch, bank, negatives } = options;
  const positives = options.positives || batch;
  const dim = sizeOf(sampleShape);
  return {
    noise: { kind: 'normal', shape: [batch, noiseDim] },
    data:
      bank > 0
        ? {
            kind: 'made',
            shape: [positives, ...sampleShape],
            make: (source, rng) => positivesFromBank(source, rng, { ...options, positives, dim }),
          }
        : { kind: 'data', count: positives },
    ...(negatives > 0 ? { others: { kind: 'normal' as const, shape: [negatives, noiseDim] } } : {}),
  };
}

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
