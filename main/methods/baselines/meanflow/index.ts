/** MeanFlow: the average velocity between two times, learnt from data without a teacher. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { interpolate, pathVelocity } from '../../../maths/interpolant.ts';
import { unpack } from '../../../tensor/tree.ts';
import { dataClassesOf, dataClassParams } from '../../data-classes.ts';
import { defineMethod } from '../../method.ts';
import { initNetwork, networkLayout, optimisedStep } from '../../optimisation.ts';
import { type AverageVelocity, atStart, regressionLoss } from '../identities.ts';
import { batchParam, mapParams } from '../student-params.ts';
import { averageVelocityOf, twoTimeFlowMap, twoTimeNetwork } from '../two-time-map.ts';

const params = z.object({
  batch: batchParam.meta({
    label: 'Batch',
    symbol: 'B',
    unit: 'samples',
    group: 'MeanFlow',
  }),
  instantShare: z.number().min(0).max(1).default(0.5).meta({
    label: 'Share of single times',
    group: 'MeanFlow',
    help: 'Of the batch, with both times the same: plain flow matching, which anchors the rest.',
  }),
  times: z.enum(['uniform', 'logit-normal']).default('uniform').meta({
    label: 'Times',
    group: 'MeanFlow',
    help: 'How both are drawn; the later one is where the path is met.',
  }),
  logitMean: z.number().min(-5).max(5).default(-0.4).meta({
    label: 'Logit mean',
    symbol: '\\mu',
    group: 'MeanFlow',
    help: 'For the logit-normal times: the sigmoid of a normal of this mean and std 1.',
  }),
  weightPower: z.number().min(0).max(2).default(0).meta({
    label: 'Weight power',
    symbol: 'p',
    group: 'MeanFlow',
    help: 'Weighs a sample by its squared error to the power -p; 0 weighs all alike.',
  }),
  weightFloor: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Weight floor',
    symbol: 'c',
    scale: 'log',
    group: 'MeanFlow',
  }),
  ...dataClassParams,
  guidance: z.number().min(0).max(20).default(1).meta({
    label: 'Guidance',
    symbol: 'w',
    group: 'Classes',
    help: 'Scale at which the velocity that is averaged is guided towards the class, by the student itself; samples then have it at one evaluation a step. 1 is none.',
  }),
  ...mapParams,
});

export const meanflow = defineMethod({
  id: 'meanflow',
  title: 'MeanFlow',
  summary:
    'A flow map from data alone: the average velocity between two times, from an identity that it obeys.',
  reference: 'Geng et al. Mean Flows for One-step Generative Modeling. 2025.',
  equation:
    '\\mathcal L = \\mathbb E\\,\\bigl\\lVert u_\\theta(x_t,t,r) - \\operatorname{sg}\\bigl(v - (t-r)\\,(v\\,\\partial_x u_\\theta + \\partial_t u_\\theta)\\bigr) \\bigr\\rVert^2,\\quad v = n - x_0',
  produces: 'flowMap',
  needsTeacher: false,
  params,
  imageDefaults: { batch: 128, learningRate: 1e-3, conditional: true },
  views: ['trajectories', 'velocity', 'samples'],
  bind(options, { sampleShape, totalSteps, classes: known }) {
    const { batch, guidance } = options;
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const learnt = dataClassesOf(options, known, batch);
    const { classes } = learnt;
    if (guidance !== 1 && classes === 0) {
      throw new WorkbenchError(
        'config/wrong-value',
        `params.guidance: expected 1 unless classes are learnt (conditional), found ${guidance}`,
        { field: 'params.guidance' },
      );
    }
    const network = twoTimeNetwork(options, sampleShape, classes, { isSmoothInTime: true });
    const { packing } = network;
    const instant = Math.round(batch * options.instantShare);
    const isUniform = options.times === 'uniform';

    /** t and d = t - r of every sample, the first ones with d = 0. */
    const timesOf = (pair: Tensor): { t: Tensor1D; d: Tensor1D } => {
      const drawn = isUniform ? pair : tf.sigmoid(tf.add(pair, options.logitMean));
      const [later, earlier] = [tf.max(drawn, 0), tf.min(drawn, 0)];
      // A single time is one of the pair, not the later one: its law is that of the draw.
      const single = tf.reshape(tf.slice(drawn, [0, 0], [1, instant]), [instant]);
      const between = batch - instant;
      return {
        t: tf.concat([single, tf.slice(later, [instant], [between])], 0) as Tensor1D,
        d: tf.concat(
          [tf.zeros([instant]), tf.slice(tf.sub(later, earlier), [instant], [between])],
          0,
        ) as Tensor1D,
      };
    };

    /** w v + (1 - w) u(x, t, t) of any class: v of single paths, guided away from what the student makes of all. */
    const guided = (v: Tensor, label: Tensor1D, average: AverageVelocity, x: Tensor, t: Tensor1D): Tensor => {
      const free = average(x, t, tf.zerosLike(t));
      const isAny = tf.reshape(tf.greaterEqual(label, classes), [batch, 1]);
      return tf.where(isAny, v, tf.add(free, tf.mul(tf.sub(v, free), guidance)));
    };

    return {
      layout: networkLayout(packing),
      draws: {
        data: { kind: 'data', count: batch },
        noise: { kind: 'normal', shape: [batch, dim] },
        pair: { kind: isUniform ? 'uniform' : 'normal', shape: [2, batch] },
        ...learnt.draws,
      },
      init: (rng) => initNetwork(packing, network.init(rng)),
      step: (state, { data, noise, pair, label, drop }, step) =>
        optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          const { t, d } = timesOf(pair!);
          const x0 = tf.reshape(data!, [batch, dim]);
          const x = interpolate(x0, noise!, t);
          const along = pathVelocity(x0, noise!);
          const condition = learnt.condition(label, drop);
          const v =
            condition === undefined || guidance === 1
              ? along
              : guided(along, condition.label, averageVelocityOf(network, parameters), x, t);
          const regression = atStart(averageVelocityOf(network, parameters, condition), v, x, t, d);
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
      classes,
      chain: 'jump',
      sampleable: (state) =>
        twoTimeFlowMap(network, unpack(state['ema']! as Tensor1D, packing), sampleShape, classes),
    };
  },
});
