/** FreeFlow: a flow map distilled from a teacher's velocity and the prior alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition, VelocityField } from '../../maths/sampleable.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { unpack } from '../../tensor/tree.ts';
import { conditionerOf, imageStudentDefaults } from '../conditioning.ts';
import { type MethodContext, defineMethod } from '../method.ts';
import { networkLayout, optimisedStep } from '../optimisation.ts';
import { auxiliaryOf } from './auxiliary.ts';
import {
  type AverageVelocity,
  type DatawardVelocity,
  correctionLoss,
  correctionWeight,
  flowMap,
  predictionLoss,
} from './losses.ts';
import { params } from './params.ts';
import { studentOf } from './student.ts';
import { durationsOf } from './times.ts';

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
  guidedAbove: { param: 'guidanceMax', value: 1 },
  imageDefaults: imageStudentDefaults,
  views: ['trajectories', 'velocity', 'samples'],
  bind(options, context: MethodContext) {
    const { sampleShape, totalSteps } = context;
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const { batch, loss: kind } = options;
    const hasCorrection = kind !== 'prediction';
    // The first part of a batch is for the prediction, the rest for the correction.
    const corrected = {
      prediction: 0,
      joint: Math.round(batch * options.correctionShare),
      correction: batch,
    }[kind];
    const predicted = batch - corrected;
    const full = Math.round(predicted * options.fullShare);

    const conditioner = conditionerOf(options, context, batch);
    const student = studentOf(options, sampleShape, conditioner, context.teacherNetwork);
    const auxiliary = auxiliaryOf(options, student.spec, corrected, totalSteps);

    const dataward =
      (field: VelocityField, condition: Condition | undefined): DatawardVelocity =>
      (x, t) =>
        tf.neg(tf.reshape(field.velocity(tf.reshape(x, [-1, ...sampleShape]), t, condition), [-1, dim]));

    /** Of the first part of the batch. */
    function prediction(parameters: Record<string, Tensor>, inputs: Inputs, asked: Condition | undefined) {
      const condition = sliced(asked, 0, predicted);
      return predictionLoss(
        student.averageVelocity(parameters, condition),
        dataward(conditioner.teacher(), condition),
        tf.slice(inputs['noise']!, [0, 0], [predicted, dim]),
        durationsOf(inputs['duration']!, { count: predicted, full, power: options.durationPower }),
        {
          derivative: options.derivative,
          h: options.differenceStep,
          k: options.weightPower,
          eps: options.weightFloor,
        },
      );
    }

    return {
      layout: { ...networkLayout(student.packing), ...(hasCorrection ? auxiliary.layout : {}) },
      draws: {
        noise: { kind: 'normal', shape: [batch, dim] },
        duration: { kind: 'uniform', shape: [Math.max(1, predicted)] },
        ...conditioner.draws,
        ...(hasCorrection ? auxiliary.draws : {}),
      },
      init: (rng) => ({ ...student.init(rng), ...(hasCorrection ? auxiliary.init(rng) : {}) }),
      step(state, inputs, step) {
        const asked = conditioner.condition(inputs['asked'], inputs['scale']);
        if (!hasCorrection) {
          return optimisedStep(state, student.packing, step, totalSteps, options, (parameters) => ({
            loss: prediction(parameters, inputs, asked).loss,
          }));
        }
        const condition = sliced(asked, predicted, corrected);
        const z = tf.slice(inputs['noise']!, [predicted, 0], [corrected, dim]);
        const d = tf.ones([corrected]) as Tensor1D;
        const fullF = (parameters: Record<string, Tensor>): ReturnType<AverageVelocity> =>
          student.averageVelocity(parameters, condition)(z, d);

        // The auxiliary network first: it learns the noising velocity of the student as it is.
        const current = unpack(state['params'] as Tensor1D, student.packing);
        const xhat = stopGradient(flowMap(() => fullF(current), z, d));
        const learnt = auxiliary.learn(state, xhat, auxiliary.noised(xhat, inputs, 0), condition, step);
        const { x, r } = auxiliary.noised(xhat, inputs, 1);
        const guided = conditioner.teacher({
          low: options.correctionGuidanceLow,
          high: options.correctionGuidanceHigh,
        });
        const difference = stopGradient(tf.sub(learnt.velocity(x, r), dataward(guided, condition)(x, r)));

        const result = optimisedStep(state, student.packing, step, totalSteps, options, (parameters) => {
          const correction = correctionLoss(fullF(parameters), difference);
          const isOn = tf.cast(tf.greater(step, options.auxiliaryWarmUp), 'float32');
          if (kind === 'correction') {
            return { loss: tf.mul(correction, tf.mul(isOn, options.alpha)) as Scalar };
          }
          const made = prediction(parameters, inputs, asked);
          const lambda = correctionWeight(made, difference, {
            alpha: options.alpha,
            cap: options.lambdaCap,
            eps: 1e-6,
          });
          const loss = tf.add(made.loss, tf.mul(correction, tf.mul(lambda, isOn))) as Scalar;
          return { loss, report: { prediction: made.loss, lambda } };
        });
        return {
          state: { ...result.state, ...learnt.state },
          scalars: { ...result.scalars, auxiliaryLoss: learnt.loss },
        };
      },
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      teacher: () => conditioner.teacher(),
      teacherNfe: conditioner.teacherNfe,
      classes: conditioner.classes,
      sampleable: (state) => student.flowMap(state['ema'] as Tensor1D),
    };
  },
});

type Inputs = Readonly<Record<string, Tensor>>;

/** The condition of `count` samples of a batch. */
function sliced(condition: Condition | undefined, start: number, count: number): Condition | undefined {
  if (condition === undefined) return undefined;
  const cut = (x: Tensor1D): Tensor1D => tf.slice(x, [start], [count]);
  const { label, guidance } = condition;
  return { label: cut(label), ...(guidance === undefined ? {} : { guidance: cut(guidance) }) };
}
