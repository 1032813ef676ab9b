/** Consistency distillation of a flow-matching teacher. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { interpolate, timeColumn } from '../../../maths/interpolant.ts';
import type { Condition, FlowMap } from '../../../maths/sampleable.ts';
import { stopGradient } from '../../../tensor/ops.ts';
import { unpack } from '../../../tensor/tree.ts';
import { conditionerOf, conditioningParams, imageStudentDefaults } from '../../conditioning.ts';
import { type MethodContext, defineMethod } from '../../method.ts';
import { fromTeacherParam } from '../../network-spec.ts';
import { sampleNetwork } from '../../network.ts';
import { initNetwork, networkLayout, optimisedStep } from '../../optimisation.ts';
import { labelDraws, labelled } from '../labels.ts';
import { batchParam, mapParams } from '../student-params.ts';
import { consistencyLoss, consistencyOf, gridSize, gridTimes, teacherStep } from './losses.ts';

const params = z.object({
  batch: batchParam,
  solver: z.enum(['heun', 'euler']).default('heun').meta({
    label: 'Teacher step',
    group: 'Distillation',
    help: 'From one time of the grid to the next: two evaluations of the teacher, or one.',
  }),
  firstGrid: z.int().min(1).max(4096).default(64).meta({
    label: 'First grid',
    unit: 'steps',
    group: 'Distillation',
    help: 'Steps from noise to data at the start; doubled in equal stages up to the last grid.',
  }),
  lastGrid: z.int().min(1).max(4096).default(64).meta({
    label: 'Last grid',
    symbol: 'N',
    unit: 'steps',
    group: 'Distillation',
    help: 'Fine grids err less by step, but what is learnt near the data takes more steps to reach noise.',
  }),
  target: z.enum(['online', 'average']).default('online').meta({
    label: 'Target network',
    group: 'Distillation',
    help: 'Whose f is the target: the student’s own as it is, or its moving average.',
  }),
  distance: z.enum(['squared', 'huber']).default('squared').meta({
    label: 'Distance',
    group: 'Distillation',
    help: 'Of f to its target; the pseudo-Huber distance heeds outliers less.',
  }),
  ...conditioningParams,
  ...mapParams,
  fromTeacher: fromTeacherParam,
});

export const consistency = defineMethod({
  id: 'consistency',
  title: 'Consistency distillation',
  summary:
    'The end of the teacher’s path from any of its points: the same from all of them, and so in one step.',
  reference:
    'Song et al. Consistency Models. 2023; grid and distance of Song & Dhariwal. Improved Techniques for Training Consistency Models. 2023.',
  equation:
    '\\mathcal L = \\mathbb E_{x_0,n,t}\\,\\lVert f_\\theta(x_t,t) - \\operatorname{sg}\\,f_{\\theta^-}(\\hat x_{t-h},\\,t-h) \\rVert^2,\\quad f_\\theta(x,t) = x - t\\,U_\\theta(x,t)',
  produces: 'flowMap',
  needsTeacher: true,
  params,
  imageDefaults: imageStudentDefaults,
  views: ['trajectories', 'velocity', 'samples'],
  bind(options, context: MethodContext) {
    const { sampleShape, totalSteps } = context;
    const { batch } = options;
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const conditioner = conditionerOf(options, context, batch);
    const { classes } = conditioner;
    const { width, depth, timeChannels, timeScale, inputScale } = options;
    const network = sampleNetwork(options, {
      sampleShape,
      classes,
      reads: 'time',
      teacher: options.fromTeacher ? (context.teacherNetwork ?? null) : null,
      mlp: { width, depth, timeChannels, timeScale, inputScale },
    });
    const { packing } = network;

    const studentOf = (parameters: Record<string, Tensor>, condition?: Condition) =>
      consistencyOf((x, t) => network.apply(parameters, x, { t }, condition));

    return {
      layout: networkLayout(packing),
      draws: {
        data: { kind: 'data', count: batch },
        noise: { kind: 'normal', shape: [batch, dim] },
        time: { kind: 'uniform', shape: [batch] },
        ...labelDraws(conditioner),
      },
      init: (rng) => initNetwork(packing, network.init(rng)),
      step: (state, { data, noise, time, asked, label }, step) =>
        optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const grid = gridSize(step, totalSteps, { first: options.firstGrid, last: options.lastGrid });
          const t = gridTimes(time!, grid);
          const h = tf.div(tf.ones([batch]), grid) as Tensor1D;
          const condition = labelled(conditioner, asked, label);
          const field = conditioner.teacher();
          const velocity = (x: Tensor, at: Tensor1D): Tensor =>
            tf.reshape(field.velocity(tf.reshape(x, [batch, ...sampleShape]), at, condition), [batch, dim]);

          const x = interpolate(tf.reshape(data!, [batch, dim]), noise!, t);
          // Rounding may leave t - h a little below 0, where the teacher may not be asked.
          const next = tf.maximum(tf.sub(t, h), 0) as Tensor1D;
          const nearer = stopGradient(
            teacherStep(velocity, x, t, tf.sub(t, next) as Tensor1D, options.solver),
          );
          const average = unpack(state['ema'] as Tensor1D, packing);
          const target = studentOf(options.target === 'online' ? parameters : average, condition);
          const loss = consistencyLoss(
            studentOf(parameters, condition)(x, t),
            target(nearer, next),
            options.distance,
          );
          return { loss, report: { grid } };
        }),
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      teacher: () => conditioner.teacher(),
      teacherNfe: conditioner.teacherNfe,
      classes,
      chain: 'renoise',
      sampleable(state): FlowMap {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        /**
         * To the data; to a time between, the point there on the straight line through x and its end. That
         * is no point of the teacher's path, but shows where a sample is going.
         */
        const jump = (x: Tensor, from: Tensor1D, to: Tensor1D, condition?: Condition): Tensor => {
          const flat = tf.reshape(x, [x.shape[0]!, dim]);
          const end = studentOf(parameters, condition)(flat, from);
          const left = timeColumn(tf.div(to, tf.maximum(from, 1e-6)) as Tensor1D, 2);
          return tf.reshape(tf.add(end, tf.mul(left, tf.sub(flat, end))), x.shape);
        };
        return {
          kind: 'flowMap',
          shape: sampleShape,
          nfePerCall: 1,
          classes,
          map: (noise, d, condition) => jump(noise, tf.onesLike(d), tf.sub(1, d) as Tensor1D, condition),
          jump,
          chain: 'renoise',
        };
      },
    };
  },
});
