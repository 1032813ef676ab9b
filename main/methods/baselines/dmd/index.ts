/** Distribution matching distillation, in the form of DMD2: no regression on pairs, more updates of the fake score. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { interpolate, pathVelocity } from '../../../maths/interpolant.ts';
import type { Condition, Generator } from '../../../maths/sampleable.ts';
import { stopGradient } from '../../../tensor/ops.ts';
import { unpack } from '../../../tensor/tree.ts';
import { conditionerOf, conditioningParams, imageStudentDefaults } from '../../conditioning.ts';
import { type MethodContext, type State, defineMethod } from '../../method.ts';
import { type NetworkSpec, fromTeacherParam } from '../../network-spec.ts';
import { sampleNetwork } from '../../network.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../../optimisation.ts';
import { batchParam, studentParams } from '../student-params.ts';
import { type Velocity, matchingDirection, matchingLoss } from './losses.ts';

const params = z.object({
  batch: batchParam,
  normalise: z.enum(['meanAbs', 'none']).default('meanAbs').meta({
    label: 'Normalisation',
    group: 'Distillation',
    help: 'Of the difference of scores at each sample: by the error of the teacher’s own guess, or not at all.',
  }),
  timeLow: z.number().min(0).max(1).default(0.02).meta({
    label: 'Noising from',
    group: 'Distillation',
    help: 'Samples are noised to times drawn evenly between these two before their scores are compared.',
  }),
  timeHigh: z.number().min(0).max(1).default(0.98).meta({ label: 'Noising to', group: 'Distillation' }),
  fakeUpdates: z.int().min(1).max(5).default(1).meta({
    label: 'Fake updates',
    unit: 'per step',
    group: 'Fake score',
    help: 'Of the network that knows the noised law of the samples, for each one of the generator.',
  }),
  fakeRate: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Fake rate',
    scale: 'log',
    group: 'Fake score',
    help: 'Learning rate of that network.',
  }),
  ...conditioningParams,
  ...studentParams,
  fromTeacher: fromTeacherParam,
  inputScale: studentParams.inputScale.default(1),
  ...optimisationParams,
  learningRate: optimisationParams.learningRate.default(1e-3),
  warmUp: optimisationParams.warmUp.default(200),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

/** The fake network learns a velocity at all times, which needs the usual embedding. */
const FAKE_TIME = { timeChannels: 64, timeScale: 1000 } as const;

export const dmd = defineMethod({
  id: 'dmd',
  title: 'Distribution matching distillation',
  summary:
    'A one-step generator moved by the difference between the teacher’s score and that of its own samples.',
  reference:
    'Yin et al. One-step Diffusion with Distribution Matching Distillation. 2024; Improved Distribution Matching Distillation (DMD2). 2024.',
  equation:
    '\\nabla_\\theta\\mathcal L = \\mathbb E_{z,n,t}\\Bigl[w_t\\,(s_{\\mathrm{fake}}(x_t,t) - s_{\\mathrm{real}}(x_t,t))\\,\\tfrac{\\partial G_\\theta(z)}{\\partial\\theta}\\Bigr],\\quad x_t = (1-t)\\,G_\\theta(z) + t\\,n',
  produces: 'generator',
  needsTeacher: true,
  params,
  imageDefaults: imageStudentDefaults,
  views: ['samples'],
  bind(options, context: MethodContext) {
    const { sampleShape, totalSteps } = context;
    const { batch, fakeUpdates } = options;
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    // Classes are asked for by the batch of the generator and by that of every update of the fake network.
    const rounds = fakeUpdates + 1;
    const conditioner = conditionerOf(options, context, rounds * batch);
    const { classes } = conditioner;
    const { width, depth, inputScale } = options;
    const shared = {
      sampleShape,
      classes,
      teacher: options.fromTeacher ? (context.teacherNetwork ?? null) : null,
    };
    // G(z) = z - v(z, 1), where the generator starts from its teacher.
    const spec: NetworkSpec = {
      ...shared,
      reads: 'neither',
      isDataward: true,
      mlp: { width, depth, timeChannels: 0, inputScale },
    };
    const network = sampleNetwork(options, spec);
    const fakeNetwork = sampleNetwork(options, {
      ...shared,
      reads: 'time',
      mlp: { width, depth, ...FAKE_TIME },
    });
    const { packing } = network;
    const { packing: fakePacking } = fakeNetwork;

    const generated = (parameters: Record<string, Tensor>, z: Tensor, condition?: Condition): Tensor =>
      tf.add(z, network.apply(parameters, z, {}, condition));
    const fakeVelocity =
      (parameters: Record<string, Tensor>, condition?: Condition): Velocity =>
      (x, t) =>
        fakeNetwork.apply(parameters, x, { t }, condition);
    const teacherUnder = (condition?: Condition): Velocity => {
      const field = conditioner.teacher();
      return (x, t) =>
        tf.reshape(field.velocity(tf.reshape(x, [batch, ...sampleShape]), t, condition), [batch, dim]);
    };

    return {
      layout: { ...networkLayout(packing), ...prefixed(networkLayout(fakePacking)) },
      draws: {
        noise: { kind: 'normal', shape: [rounds, batch, dim] },
        noising: { kind: 'normal', shape: [rounds, batch, dim] },
        time: { kind: 'uniform', shape: [rounds, batch] },
        ...conditioner.draws,
      },
      init: (rng) => ({
        ...initNetwork(packing, network.init(rng)),
        ...prefixed(initNetwork(fakePacking, fakeNetwork.init(rng.at(1)))),
      }),
      step(state, { noise, noising, time, asked }, step) {
        const part = (x: Tensor, i: number): Tensor => tf.squeeze(tf.slice(x, i, 1), [0]);
        const conditionOf = (i: number): Condition | undefined => {
          const condition = conditioner.condition(asked);
          return condition && { label: tf.slice(condition.label, i * batch, batch) as Tensor1D };
        };
        const inputsOf = (i: number) => ({
          z: part(noise!, i),
          n: part(noising!, i),
          share: part(time!, i) as Tensor1D,
          condition: conditionOf(i),
        });

        // The fake network first: it learns the noised law of the generator as it is, at all times.
        const current = unpack(state['params'] as Tensor1D, packing);
        let fake = unprefixed(state);
        let fakeLoss!: Scalar;
        for (let i = 0; i < fakeUpdates; i++) {
          const { z, n, share: t, condition } = inputsOf(i);
          const samples = stopGradient(generated(current, z, condition));
          const count = tf.add(tf.mul(tf.sub(step, 1), fakeUpdates), i + 1) as Scalar;
          const result = optimisedStep(
            fake,
            fakePacking,
            count,
            totalSteps * fakeUpdates,
            { ...options, learningRate: options.fakeRate, warmUp: 0 },
            (parameters) => {
              const found = fakeVelocity(parameters, condition)(interpolate(samples, n, t), t);
              return { loss: tf.mean(tf.square(tf.sub(found, pathVelocity(samples, n)))) as Scalar };
            },
          );
          fake = result.state;
          fakeLoss = result.scalars['loss']!;
        }

        const known = unpack(fake['params'] as Tensor1D, fakePacking);
        const { z, n, share, condition } = inputsOf(fakeUpdates);
        const t = tf.add(tf.mul(share, options.timeHigh - options.timeLow), options.timeLow) as Tensor1D;
        const student = optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const samples = generated(parameters, z, condition);
          const direction = matchingDirection(
            { samples, noise: n, t },
            teacherUnder(condition),
            fakeVelocity(known, condition),
            options.normalise,
          );
          return { loss: matchingLoss(samples, direction) };
        });
        return {
          state: { ...student.state, ...prefixed(fake) },
          scalars: { ...student.scalars, fakeLoss },
        };
      },
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      teacher: () => conditioner.teacher(),
      teacherNfe: conditioner.teacherNfe,
      classes,
      sampleable(state): Generator {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        return {
          kind: 'generator',
          shape: sampleShape,
          noiseShape: sampleShape,
          nfePerCall: 1,
          classes,
          generate: (noise, condition) =>
            tf.reshape(generated(parameters, tf.reshape(noise, [-1, dim]), condition), noise.shape),
        };
      },
    };
  },
});

const PREFIX = 'fake-';

/** The fake network's state beside the generator's. */
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
