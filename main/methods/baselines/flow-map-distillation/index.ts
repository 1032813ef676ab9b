/** Flow-map distillation from data: FreeFlow's student and teacher, but states made of noised data. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { interpolate } from '../../../maths/interpolant.ts';
import type { Condition } from '../../../maths/sampleable.ts';
import { stopGradient } from '../../../tensor/ops.ts';
import { unpack } from '../../../tensor/tree.ts';
import { conditionerOf, conditioningParams, imageStudentDefaults } from '../../conditioning.ts';
import { type MethodContext, defineMethod } from '../../method.ts';
import { fromTeacherParam } from '../../network-spec.ts';
import { initNetwork, networkLayout, optimisedStep } from '../../optimisation.ts';
import { type Velocity, atArrival, atStart, regressionLoss } from '../identities.ts';
import { labelDraws, labelled } from '../labels.ts';
import { batchParam, mapParams } from '../student-params.ts';
import { averageVelocityOf, twoTimeFlowMap, twoTimeNetwork } from '../two-time-map.ts';

const params = z.object({
  batch: batchParam,
  identity: z.enum(['arrival', 'start']).default('arrival').meta({
    label: 'Teacher asked at',
    group: 'Distillation',
    help: 'Where the student arrives, or at the noised data where it starts, as MeanFlow does; a transformer then begins from random numbers unless its teacher is fed t itself.',
  }),
  fullShare: z.number().min(0).max(1).default(0).meta({
    label: 'Share from noise to data',
    group: 'Distillation',
    help: 'Of the batch, at t = 1 over the whole way, where one-step samples are; the rest is between two times.',
  }),
  weightPower: z.number().min(0).max(2).default(0).meta({
    label: 'Weight power',
    symbol: 'p',
    group: 'Distillation',
    help: 'Weighs a sample by its squared error to the power -p; 0 weighs all alike.',
  }),
  weightFloor: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Weight floor',
    symbol: '\\epsilon',
    scale: 'log',
    group: 'Distillation',
  }),
  ...conditioningParams,
  ...mapParams,
  fromTeacher: fromTeacherParam,
});

export const flowMapDistillation = defineMethod({
  id: 'flow-map-distillation',
  title: 'Flow-map distillation from data',
  summary:
    'A flow map between any two times that follows a teacher from noised data: FreeFlow’s student, taught the usual way.',
  reference:
    'Boffi et al. Flow Map Matching. 2024; Sabour et al. Align Your Flow. 2025; as compared with in Tong et al. Flow Map Distillation Without Data. 2025.',
  equation:
    '\\mathcal L = \\mathbb E_{x_0,n,t,d}\\,\\lVert U_\\theta(x_t,t,d) - \\operatorname{sg}\\bigl(v(X_\\theta,\\,t-d) - d\\,\\partial_d U_\\theta\\bigr) \\rVert^2,\\quad X_\\theta = x_t - d\\,U_\\theta(x_t,t,d),\\quad x_t = (1-t)\\,x_0 + t\\,n',
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
    const start = options.fromTeacher ? context.teacherNetwork : null;
    const network = twoTimeNetwork(options, sampleShape, classes, {
      teacher: start,
      isSmoothInTime: options.identity === 'start',
    });
    const { packing } = network;
    const full = Math.round(batch * options.fullShare);

    const teacherUnder = (condition: Condition | undefined): Velocity => {
      const field = conditioner.teacher();
      return (x, t) => {
        const there = field.velocity(tf.reshape(x, [-1, ...sampleShape]), t, condition);
        return stopGradient(tf.reshape(there, [-1, dim]));
      };
    };
    /** t and d = t - s of every sample: from noise to data first, then uniform over t > s. */
    const timesOf = (pair: Tensor): { t: Tensor1D; d: Tensor1D } => {
      const drawn = tf.slice(pair, [0, full], [2, batch - full]);
      const [later, earlier] = [tf.max(drawn, 0), tf.min(drawn, 0)];
      const ones = tf.ones([full]);
      return {
        t: tf.concat([ones, later], 0) as Tensor1D,
        d: tf.concat([ones, tf.sub(later, earlier)], 0) as Tensor1D,
      };
    };

    return {
      layout: networkLayout(packing),
      draws: {
        data: { kind: 'data', count: batch },
        noise: { kind: 'normal', shape: [batch, dim] },
        times: { kind: 'uniform', shape: [2, batch] },
        ...labelDraws(conditioner),
      },
      init: (rng) => initNetwork(packing, network.init(rng)),
      step: (state, { data, noise, times, asked, label }, step) =>
        optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const { t, d } = timesOf(times!);
          const x = interpolate(tf.reshape(data!, [batch, dim]), noise!, t);
          const condition = labelled(conditioner, asked, label);
          const U = averageVelocityOf(network, parameters, condition);
          const v = teacherUnder(condition);
          const regression =
            options.identity === 'arrival' ? atArrival(U, v, x, t, d) : atStart(U, v(x, t), x, t, d);
          const { loss, error } = regressionLoss(regression, {
            p: options.weightPower,
            eps: options.weightFloor,
          });
          return { loss, report: { error } };
        }),
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      teacher: () => conditioner.teacher(),
      teacherNfe: conditioner.teacherNfe,
      classes,
      chain: 'jump',
      sampleable: (state) =>
        twoTimeFlowMap(network, unpack(state['ema']! as Tensor1D, packing), sampleShape, classes),
    };
  },
});
