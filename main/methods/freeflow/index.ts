/** FreeFlow: a flow map distilled from a teacher's velocity and the prior alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { interpolate } from '../../maths/interpolant.ts';
import type { FlowMap } from '../../maths/sampleable.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { packingOf, unpack } from '../../tensor/tree.ts';
import { type MethodContext, type State, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../optimisation.ts';
import {
  type AverageVelocity,
  type DatawardVelocity,
  correctionLoss,
  correctionWeight,
  flowMap,
  predictionLoss,
} from './losses.ts';

const params = z.object({
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
  derivative: z.enum(['difference', 'jvp']).default('difference').meta({
    label: 'Derivative',
    group: 'Distillation',
    help: 'Of F in d: by a central difference, which is cheaper, or exactly.',
  }),
  differenceStep: z.number().gt(0).max(0.1).default(0.01).meta({
    label: 'Difference step',
    symbol: 'h',
    group: 'Distillation',
    help: 'For the difference only.',
  }),
  fullShare: z.number().min(0).max(1).default(0.25).meta({
    label: 'Share at full duration',
    group: 'Distillation',
    help: 'Of the batch, at d = 1 where one-step samples are; the rest is uniform in d.',
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
    help: 'Largest factor of the correction: before the auxiliary network knows anything it would be huge.',
  }),
  noiseLogitMean: z.number().min(-5).max(5).default(0.8).meta({
    label: 'Noising logit mean',
    group: 'Correction',
    help: 'Times at which student samples are noised: the sigmoid of a normal of this mean and std 1.',
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
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(1e-3),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

/** The auxiliary network learns a velocity at all times, which needs the usual embedding. */
const AUXILIARY_TIME = { timeChannels: 64, timeScale: 1000 } as const;

export const freeflow = defineMethod({
  id: 'freeflow',
  title: 'FreeFlow',
  summary:
    'A flow map from noise alone: it follows the teacher from its own states, so no data and no mismatch with data.',
  reference: 'Tong et al. Flow Map Distillation Without Data. 2025.',
  equation:
    '\\mathcal L = \\mathbb E_{z,d}\\,\\lVert F_\\theta(z,d) - \\operatorname{sg}\\bigl(u(f_\\theta(z,d),\\,1-d) - d\\,\\partial_d F_\\theta(z,d)\\bigr) \\rVert^2,\\quad f_\\theta(z,d) = z + d\\,F_\\theta(z,d)',
  produces: 'flowMap',
  needsTeacher: true,
  params,
  views: ['trajectories', 'samples'],
  bind(options, { sampleShape, totalSteps, teacher }: MethodContext) {
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const { width, depth, batch, loss: kind } = options;
    const shape: MlpShape = {
      inputs: dim,
      outputs: dim,
      width,
      depth,
      timeChannels: options.timeChannels,
      timeScale: options.timeScale,
    };
    const auxiliaryShape: MlpShape = { ...shape, ...AUXILIARY_TIME };
    const packing = packingOf(mlpParameterShapes(shape));
    const auxiliaryPacking = packingOf(mlpParameterShapes(auxiliaryShape));
    const hasCorrection = kind !== 'prediction';
    const corrected = {
      prediction: 0,
      joint: Math.round(batch * options.correctionShare),
      correction: batch,
    }[kind];
    const predicted = batch - corrected;
    const full = Math.round(predicted * options.fullShare);
    const derivative = { derivative: options.derivative, h: options.differenceStep } as const;

    const studentOf =
      (parameters: Record<string, Tensor>): AverageVelocity =>
      (noise, d) =>
        applyMlp(shape, parameters, noise, d);
    const datawardTeacher = (): DatawardVelocity => {
      const field = teacher!();
      return (x, t) => tf.neg(tf.reshape(field.velocity(tf.reshape(x, [-1, ...sampleShape]), t), [-1, dim]));
    };
    const noisingTimes = (normal: Tensor): Tensor1D =>
      tf.sigmoid(tf.add(normal, options.noiseLogitMean)) as Tensor1D;

    /** Prediction on the first part of the batch. */
    function prediction(F: AverageVelocity, noise: Tensor, uniform: Tensor) {
      const z = tf.slice(noise, [0, 0], [predicted, dim]);
      const drawn = tf.sub(1, tf.slice(uniform, [full], [predicted - full]));
      const d = tf.concat([tf.ones([full]), drawn], 0) as Tensor1D;
      return predictionLoss(F, datawardTeacher(), z, d, {
        ...derivative,
        k: options.weightPower,
        eps: options.weightFloor,
      });
    }

    return {
      layout: {
        ...networkLayout(packing),
        ...(hasCorrection ? prefixed(networkLayout(auxiliaryPacking)) : {}),
      },
      draws: {
        noise: { kind: 'normal', shape: [batch, dim] },
        duration: { kind: 'uniform', shape: [Math.max(1, predicted)] },
        ...(hasCorrection
          ? {
              noising: { kind: 'normal', shape: [2, corrected, dim] },
              noisingTime: { kind: 'normal', shape: [2, corrected] },
            }
          : {}),
      },
      init: (rng) => ({
        ...initNetwork(packing, initMlp(shape, rng)),
        ...(hasCorrection ? prefixed(initNetwork(auxiliaryPacking, initMlp(auxiliaryShape, rng))) : {}),
      }),
      step(state, { noise, duration, noising, noisingTime }, step) {
        if (!hasCorrection) {
          return optimisedStep(state, packing, step, totalSteps, options, (parameters) => ({
            loss: prediction(studentOf(parameters), noise!, duration!).loss,
          }));
        }
        // The auxiliary network first: it learns the noising velocity of the student as it is.
        const part = (x: Tensor, i: number): Tensor => tf.squeeze(tf.slice(x, i, 1), [0]);
        const ones = tf.ones([corrected]) as Tensor1D;
        const z = tf.slice(noise!, [predicted, 0], [corrected, dim]);
        const current = studentOf(unpack(state['params'] as Tensor1D, packing));
        const xhat = stopGradient(flowMap(current, z, ones));
        const auxiliary = optimisedStep(
          unprefixed(state),
          auxiliaryPacking,
          step,
          totalSteps,
          { ...options, learningRate: options.auxiliaryRate },
          (parameters) => {
            const n = part(noising!, 0);
            const r = noisingTimes(part(noisingTime!, 0));
            const found = applyMlp(auxiliaryShape, parameters, interpolate(xhat, n, r), r);
            return { loss: tf.mean(tf.square(tf.sub(found, tf.sub(xhat, n)))) as Scalar };
          },
        );
        const known = unpack(auxiliary.state['params'] as Tensor1D, auxiliaryPacking);
        const r = noisingTimes(part(noisingTime!, 1));
        const noised = interpolate(xhat, part(noising!, 1), r);
        const difference = stopGradient(
          tf.sub(applyMlp(auxiliaryShape, known, noised, r), datawardTeacher()(noised, r)),
        );

        const student = optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const F = studentOf(parameters);
          const correction = correctionLoss(F(z, ones), difference);
          const isOn = tf.cast(tf.greater(step, options.auxiliaryWarmUp), 'float32');
          if (kind === 'correction') {
            return { loss: tf.mul(correction, tf.mul(isOn, options.alpha)) as Scalar };
          }
          const made = prediction(F, noise!, duration!);
          const lambda = correctionWeight(made, difference, {
            alpha: options.alpha,
            cap: options.lambdaCap,
            eps: 1e-6,
          });
          const loss = tf.add(made.loss, tf.mul(correction, tf.mul(lambda, isOn))) as Scalar;
          return { loss, report: { prediction: made.loss, lambda } };
        });
        const auxiliaryLoss = auxiliary.scalars['loss']!;
        return {
          state: { ...student.state, ...prefixed(auxiliary.state) },
          scalars: { ...student.scalars, auxiliaryLoss },
        };
      },
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      sampleable(state): FlowMap {
        const F = studentOf(unpack(state['ema']! as Tensor1D, packing));
        return {
          kind: 'flowMap',
          shape: sampleShape,
          nfePerCall: 1,
          map: (noise, d) =>
            tf.reshape(flowMap(F, tf.reshape(noise, [-1, dim]), d), [noise.shape[0]!, ...sampleShape]),
        };
      },
    };
  },
});

const PREFIX = 'auxiliary-';

/** The auxiliary network's state beside the student's. */
function prefixed<T>(state: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [PREFIX + name, value]));
}

function unprefixed(state: State): State {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => [name.slice(PREFIX.length), value]),
  );
}
