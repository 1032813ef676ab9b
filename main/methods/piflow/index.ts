/** pi-Flow: one network call gives a policy, a velocity that needs no network, distilled by imitation. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { interpolate } from '../../maths/interpolant.ts';
import type { PolicySource } from '../../maths/policy/policy.ts';
import { timeFromRawTime } from '../../maths/policy/raw-time.ts';
import type { Condition, Policy } from '../../maths/sampleable.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { unpack } from '../../tensor/tree.ts';
import { conditionerOf, imageStudentDefaults } from '../conditioning.ts';
import { type Draw, type MethodContext, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisedStep } from '../optimisation.ts';
import { type ImitationOptions, imitateSegment, teacherShare } from './imitation.ts';
import { params } from './params.ts';
import { policyHead } from './policy-head.ts';
import { policyNetwork } from './policy-network.ts';

/** Half of a square, times the constant by which the released loss is rescaled; the paper has none. */
const LOSS_SCALE = 0.5 * 3;

export const piflow = defineMethod({
  id: 'piflow',
  title: 'pi-Flow',
  summary:
    'One network call gives a policy that integrates itself through the segment; it learns to imitate the teacher where it goes.',
  reference: 'Chen et al. pi-Flow: Policy-Based Few-Step Generation via Imitation Distillation. 2025.',
  equation:
    '\\mathcal L = \\mathbb E\\,\\tfrac12\\lVert \\pi_\\theta(x_t, t \\mid x_s, s) - v(x_t, t) \\rVert^2,\\quad x_t = x_s + \\int_s^t \\operatorname{sg}(\\pi_\\theta)\\,\\mathrm d\\tau',
  produces: 'policy',
  needsTeacher: true,
  params,
  imageDefaults: imageStudentDefaults,
  views: ['trajectories', 'velocity', 'samples'],
  bind(options, context: MethodContext) {
    const { sampleShape, totalSteps } = context;
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const { batch, components, nfe, states, shift, mixingSteps } = options;
    const conditioner = conditionerOf(options, context, batch);
    const { classes } = conditioner;
    const head = policyHead(options, dim);
    const network = policyNetwork(options, head, sampleShape, classes, context.teacherNetwork);
    const { packing, places } = network;

    const segment = 1 / nfe;
    const imitation: ImitationOptions = {
      states,
      segment,
      window: Math.min(options.window, segment),
      substeps: options.substeps,
      shift,
    };
    const isFromData = options.source === 'data' && nfe > 1;
    // From roll-outs every segment is imitated in each step, one after the other.
    const segments = isFromData ? 1 : nfe;
    const hasCuts = mixingSteps > 0 && states > 1;
    const hasDrops = options.policy === 'gm' && options.dropout > 0;

    /** What the network says at the source, [B, ...] by name; the names are those of the sampleable. */
    function outputOf(
      parameters: Record<string, Tensor>,
      { x, t }: PolicySource,
      condition: Condition | undefined,
    ): Record<string, Tensor> {
      return network.said(parameters, x, t, condition);
    }

    /** Where the first segment starts: raw times [B] and states [B, C, P]. */
    function firstSource({ noise, data, segment: which }: Inputs): { x: Tensor; from: Tensor1D } {
      const z = places.of(noise!);
      if (!isFromData) return { x: z, from: tf.ones([batch]) };
      const from = tf.div(tf.add(tf.floor(tf.mul(which!, nfe)), 1), nfe) as Tensor1D;
      const points = places.of(data!);
      return { x: interpolate(points, z, timeFromRawTime(from, shift)), from };
    }

    /** Noised data is asked for as what it is, where it is asked for a class at all. */
    function conditionOf({ asked, label }: Inputs): Condition | undefined {
      const condition = conditioner.condition(asked);
      if (condition === undefined || label === undefined) return condition;
      const isAny = tf.greaterEqual(condition.label, classes);
      return { ...condition, label: tf.where(isAny, condition.label, label) as Tensor1D };
    }

    return {
      layout: networkLayout(packing),
      draws: {
        noise: { kind: 'normal', shape: [batch, dim] },
        places: { kind: 'uniform', shape: [segments, batch, states] },
        ...(hasCuts ? { cuts: { kind: 'uniform', shape: [segments, batch, states - 1] } } : {}),
        ...(hasDrops ? { drops: { kind: 'uniform', shape: [segments, batch, components] } } : {}),
        ...(isFromData
          ? { data: { kind: 'data', count: batch }, segment: { kind: 'uniform', shape: [batch] } }
          : {}),
        ...(isFromData && classes > 0 ? { label: { kind: 'label', of: 'data' } } : {}),
        ...conditioner.draws,
      } satisfies Record<string, Draw>,
      init: (rng) => initNetwork(packing, network.init(rng)),
      step(state, inputs, step) {
        const condition = conditionOf(inputs);
        const field = conditioner.teacher();
        const teacher = (x: Tensor, t: Tensor1D): Tensor => {
          return stopGradient(places.of(field.velocity(places.samples(x), t, condition)));
        };
        const share = mixingSteps > 0 ? teacherShare(step, mixingSteps) : null;

        return optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          let loss: Tensor = tf.scalar(0);
          let { x, from } = firstSource(inputs);
          for (let s = 0; s < segments; s++) {
            const source: PolicySource = { x: stopGradient(x), t: timeFromRawTime(from, shift) };
            const output = outputOf(parameters, source, condition);
            const to = tf.maximum(tf.sub(from, segment), 0) as Tensor1D;
            const cuts = hasCuts ? ofSegment(inputs['cuts']!, s) : undefined;
            const imitated = imitateSegment(
              {
                source,
                policy: head.policy(output, source),
                explorer: head.explorer(
                  output,
                  source,
                  hasDrops ? ofSegment(inputs['drops']!, s) : undefined,
                ),
                from,
                to,
                places: ofSegment(inputs['places']!, s),
                ...(share === null ? {} : { mixing: { share, cuts } }),
                teacher,
              },
              imitation,
            );
            loss = tf.add(loss, tf.mul(imitated.loss, LOSS_SCALE / segments));
            // After the last segment nothing is left to start.
            if (s < segments - 1) x = imitated.arrival();
            from = to;
          }
          return {
            loss: loss as Scalar,
            ...(share === null ? {} : { report: { teacherShare: tf.clone(share) } }),
          };
        });
      },
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: nfe,
      classes,
      teacher: () => conditioner.teacher(),
      teacherNfe: conditioner.teacherNfe,
      sampleable(state): Policy {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        const sourceAt = (x: Tensor, t: Tensor1D): PolicySource => ({ x: places.of(x), t });
        const { tempered, weights } = head;
        return {
          kind: 'policy',
          shape: sampleShape,
          nfePerCall: 1,
          classes,
          shift,
          parameters: (xSrc, tSrc, condition) => outputOf(parameters, sourceAt(xSrc, tSrc), condition),
          velocity: (output, xSrc, tSrc, x, t) =>
            places.samples(head.policy(output, sourceAt(xSrc, tSrc))(places.of(x), t)),
          ...(tempered === undefined ? {} : { tempered }),
          ...(weights === undefined
            ? {}
            : {
                weights: (output, xSrc, tSrc, x, t) =>
                  weights(output, sourceAt(xSrc, tSrc), sourceAt(x, t).x, t),
              }),
        };
      },
    };
  },
});

type Inputs = Readonly<Record<string, Tensor>>;

/** [segments, B, n] to the [B, n] of one segment. */
function ofSegment(draws: Tensor, segment: number): Tensor {
  const [, rows, columns] = draws.shape as [number, number, number];
  return tf.squeeze(tf.slice(draws, [segment, 0, 0], [1, rows, columns]), [0]);
}
