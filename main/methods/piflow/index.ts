/** pi-Flow: one network call gives a policy, a velocity that needs no network, distilled by imitation. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { interpolate } from '../../maths/interpolant.ts';
import { dxPolicy } from '../../maths/policy/dx-policy.ts';
import { type GmData, gmDataFrom, gmDropout, gmPolicy } from '../../maths/policy/gm-policy.ts';
import type { PolicySource, PolicyVelocity } from '../../maths/policy/policy.ts';
import { timeFromRawTime } from '../../maths/policy/raw-time.ts';
import { type Leg, rollOut, rollOutStep, substepsOfLeg } from '../../maths/policy/roll-out.ts';
import type { Policy } from '../../maths/sampleable.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { repeat } from '../../tensor/repeat.ts';
import { packingOf, unpack } from '../../tensor/tree.ts';
import { type MethodContext, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../optimisation.ts';

const params = z.object({
  batch: z.int().min(1).max(65_536).default(512).meta({
    label: 'Batch',
    symbol: 'B',
    unit: 'samples',
    group: 'Imitation',
  }),
  policy: z.enum(['gm', 'dx']).default('gm').meta({
    label: 'Policy',
    group: 'Policy',
    help: 'A Gaussian mixture, exact where the data is one, or data predictions on a grid of times.',
  }),
  components: z.int().min(1).max(64).default(8).meta({
    label: 'Components',
    symbol: 'K',
    group: 'Policy',
    help: 'Of the mixture, or points of the grid.',
  }),
  dropout: z.number().min(0).lt(1).default(0).meta({
    label: 'Dropout',
    symbol: 'p',
    group: 'Policy',
    help: 'Chance that a component is left out of the policy that explores; for the mixture only.',
  }),
  nfe: z.int().min(1).max(32).default(1).meta({
    label: 'Network evaluations',
    unit: 'NFE',
    group: 'Imitation',
    help: 'Segments that the path is cut into; a sample takes as many network calls.',
  }),
  source: z.enum(['data', 'rollout']).default('rollout').meta({
    label: 'Segment starts',
    group: 'Imitation',
    help: 'From noised data, or from where the policy itself arrives, which needs no data. The same for one NFE.',
  }),
  states: z.int().min(1).max(8).default(2).meta({
    label: 'Imitated states',
    symbol: 'J',
    group: 'Imitation',
    help: 'States of a segment at which the policy is compared with the teacher.',
  }),
  window: z.number().min(0).max(0.5).default(0).meta({
    label: 'Window',
    symbol: '\\Delta\\tau',
    group: 'Imitation',
    help: 'Raw time over which the velocity of the policy is averaged; the grid policy needs one.',
  }),
  substeps: z.int().min(1).max(512).default(16).meta({
    label: 'Substeps in training',
    unit: 'per unit of raw time',
    group: 'Imitation',
  }),
  shift: z.number().gt(0).max(20).default(1).meta({ label: 'Shift', symbol: 'm', group: 'Imitation' }),
  width: z.int().min(1).max(4096).default(256).meta({ label: 'Width', group: 'Network' }),
  depth: z.int().min(1).max(16).default(3).meta({ label: 'Hidden layers', group: 'Network' }),
  timeChannels: z.int().min(2).max(1024).multipleOf(2).default(64).meta({
    label: 'Time channels',
    group: 'Network',
  }),
  ...optimisationParams,
  clip: optimisationParams.clip.default(50),
  emaDecay: optimisationParams.emaDecay.default(0.99),
});

/** Standard deviation of a mixture at the beginning, in velocity units. */
const FIRST_STD = 0.05;
/** Spread of the components' means at the beginning, so that they can part. */
const FIRST_SPREAD = 0.5;
/** The constant by which the released loss is rescaled; the paper has none. */
const LOSS_SCALE = 3;
/** Substeps of a window, each with a gradient. */
const WINDOW_STEPS = 4;

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
  views: ['trajectories', 'samples'],
  bind(options, { sampleShape, totalSteps, teacher }: MethodContext) {
    const dim = sampleShape.reduce((product, n) => product * n, 1);
    const { batch, components: K, nfe, states, shift } = options;
    const isMixture = options.policy === 'gm';
    const outputs = isMixture ? K * (dim + 1) + 1 : K * dim;
    const shape: MlpShape = {
      inputs: dim,
      outputs,
      width: options.width,
      depth: options.depth,
      timeChannels: options.timeChannels,
    };
    const packing = packingOf(mlpParameterShapes(shape));
    const segment = 1 / nfe;
    const isFromData = options.source === 'data' && nfe > 1;
    // From roll-outs every segment is imitated in each step, one after the other.
    const segments = isFromData ? 1 : nfe;

    /** What the network says at the source, [B, ...] by name; the names are those of the sampleable. */
    function outputOf(parameters: Record<string, Tensor>, { x, t }: PolicySource): Record<string, Tensor> {
      const raw = applyMlp(shape, parameters, tf.reshape(x, [-1, dim]), t);
      const count = raw.shape[0];
      const part = (from: number, size: number): Tensor => tf.slice(raw, [0, from], [count, size]);
      if (!isMixture) return { velocities: tf.reshape(raw, [count, K, dim, 1]) };
      return {
        means: tf.reshape(part(0, K * dim), [count, K, dim, 1]),
        logWeights: tf.reshape(part(K * dim, K), [count, K, 1, 1]),
        logStd: tf.reshape(part(K * (dim + 1), 1), [count, 1, 1, 1]),
      };
    }

    function mixtureFrom(output: Record<string, Tensor>, source: PolicySource): GmData {
      const { means, logWeights, logStd } = output;
      return gmDataFrom({ means: means!, logWeights: logWeights!, logStd: logStd! }, source);
    }

    function policyFrom(output: Record<string, Tensor>, source: PolicySource): PolicyVelocity {
      if (isMixture) return gmPolicy(mixtureFrom(output, source), source);
      return dxPolicy(output['velocities']!, source, { basis: 'grid', segment, shift });
    }

    /** The policy that explores: without gradient, some components dropped; named tensors, for a loop. */
    function exploring(output: Record<string, Tensor>, source: PolicySource, drops: Tensor | undefined) {
      const detached = Object.fromEntries(
        Object.entries(output).map(([name, tensor]) => [name, stopGradient(tensor)]),
      );
      const tensors: Record<string, Tensor> =
        isMixture && drops !== undefined
          ? { ...gmDropout(mixtureFrom(detached, source), drops, options.dropout) }
          : isMixture
            ? { ...mixtureFrom(detached, source) }
            : detached;
      const policy = (inside: Record<string, Tensor>, at: PolicySource): PolicyVelocity =>
        isMixture
          ? gmPolicy(inside as unknown as GmData, at)
          : dxPolicy(inside['velocities']!, at, { basis: 'grid', segment, shift });
      return { tensors, policy };
    }

    return {
      layout: networkLayout(packing),
      draws: {
        noise: { kind: 'normal', shape: [batch, dim] },
        places: { kind: 'uniform', shape: [segments, batch, states] },
        ...(isFromData
          ? {
              data: { kind: 'data' as const, count: batch },
              segment: { kind: 'uniform' as const, shape: [batch] },
            }
          : {}),
        ...(isMixture && options.dropout > 0
          ? { drops: { kind: 'uniform' as const, shape: [segments, batch, K] } }
          : {}),
      },
      init(rng) {
        const parameters = initMlp(shape, rng, { lastGain: 0.1 });
        const bias = parameters[`layers.${options.depth}.bias`]!;
        rng.at(1).fillNormal(bias);
        bias.forEach((value, i) => {
          const isMean = i < K * dim;
          const isStd = isMixture && i === outputs - 1;
          bias[i] = isStd ? Math.log(FIRST_STD) : isMean ? (isMixture ? FIRST_SPREAD : 0.05) * value : 0;
        });
        return initNetwork(packing, parameters);
      },
      step(state, { noise, places, data, segment: which, drops }, step) {
        const field = teacher!();
        const velocity = (x: Tensor, t: Tensor1D): Tensor =>
          stopGradient(
            tf.reshape(field.velocity(tf.reshape(x, [batch, ...sampleShape]), t), [batch, dim, 1]),
          );

        return optimisedStep(state, packing, step, totalSteps, options, (parameters) => {
          let loss: Tensor = tf.scalar(0);
          let x: Tensor = tf.reshape(noise!, [batch, dim, 1]);
          let from: Tensor1D = tf.ones([batch]);
          if (isFromData) {
            from = tf.div(tf.add(tf.floor(tf.mul(which!, nfe)), 1), nfe) as Tensor1D;
            const points = tf.reshape(data!, [batch, dim, 1]);
            x = interpolate(points, x, timeFromRawTime(from, shift));
          }
          for (let s = 0; s < segments; s++) {
            const source: PolicySource = { x: stopGradient(x), t: timeFromRawTime(from, shift) };
            const output = outputOf(parameters, source);
            const policy = policyFrom(output, source);
            const { tensors, policy: explorer } = exploring(
              output,
              source,
              drops && tf.squeeze(tf.slice(drops, [s, 0, 0], [1, batch, K]), [0]),
            );
            const to = tf.maximum(tf.sub(from, segment), 0) as Tensor1D;
            const taus = sortedPlaces(places!, s, from, tf.add(to, options.window) as Tensor1D);
            let tau = from;
            let at: Tensor = source.x;
            for (let j = 0; j <= states; j++) {
              const next = j < states ? taus[j]! : to;
              // Past the last state only the start of the next segment is wanted.
              if (j === states && s === segments - 1) break;
              at = travelled(tensors, explorer, source, at, tau, next);
              tau = next;
              if (j === states) break;
              const t = timeFromRawTime(tau, shift);
              const found = options.window > 0 ? windowVelocity(policy, at, tau) : policy(at, t);
              const square = tf.mean(tf.square(tf.sub(found, velocity(at, t))));
              loss = tf.add(loss, tf.mul(square, (0.5 * LOSS_SCALE) / (states * segments)));
            }
            x = at;
            from = to;
          }
          return { loss: loss as Scalar };
        });
      },
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: nfe,
      sampleable(state): Policy {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        const places3 = (x: Tensor): Tensor => tf.reshape(x, [-1, dim, 1]);
        return {
          kind: 'policy',
          shape: sampleShape,
          nfePerCall: 1,
          shift,
          parameters: (xSrc, tSrc) => outputOf(parameters, { x: places3(xSrc), t: tSrc }),
          velocity: (output, xSrc, tSrc, x, t) =>
            tf.reshape(policyFrom(output, { x: places3(xSrc), t: tSrc })(places3(x), t), x.shape),
        };
      },
    };

    /** J raw times of a segment for every sample, from the source downwards, [B] each. */
    function sortedPlaces(places: Tensor, s: number, from: Tensor1D, to: Tensor1D): Tensor1D[] {
      const drawn = Array.from({ length: states }, (_, j) =>
        tf.reshape(tf.slice(places, [s, 0, j], [1, batch, 1]), [batch]),
      );
      return descending(drawn).map((share) => tf.add(to, tf.mul(tf.sub(from, to), share)) as Tensor1D);
    }

    /** Where the exploring policy arrives, without gradient: a loop, for it may take many substeps. */
    function travelled(
      tensors: Record<string, Tensor>,
      explorer: (inside: Record<string, Tensor>, at: PolicySource) => PolicyVelocity,
      source: PolicySource,
      x: Tensor,
      from: Tensor1D,
      to: Tensor1D,
    ): Tensor {
      const substeps = substepsOfLeg(from, to, options.substeps);
      const most = Math.max(1, Math.ceil(options.substeps * segment));
      const outside = { ...tensors, sourceX: source.x, sourceT: source.t, from, to, substeps };
      return repeat(most, x, outside as Record<string, Tensor>, (state, inside, round) => {
        const { sourceX, sourceT, from: a, to: b, substeps: n, ...policyTensors } = inside;
        const policy = explorer(policyTensors, { x: sourceX!, t: sourceT as Tensor1D });
        const leg: Leg = { from: a as Tensor1D, to: b as Tensor1D, substeps: n as Tensor1D };
        return rollOutStep(policy, state, round, leg, shift);
      });
    }

    /** Average velocity over [tau - window, tau], by a roll-out that keeps its gradient. */
    function windowVelocity(policy: PolicyVelocity, x: Tensor, tau: Tensor1D): Tensor {
      const to = tf.maximum(tf.sub(tau, options.window), 0) as Tensor1D;
      const leg = { from: tau, to, substeps: tf.fill([batch], WINDOW_STEPS) as Tensor1D };
      const end = rollOut(policy, x, leg, shift, WINDOW_STEPS);
      const elapsed = tf.sub(timeFromRawTime(tau, shift), timeFromRawTime(to, shift));
      return tf.div(tf.sub(x, end), tf.reshape(tf.maximum(elapsed, 1e-6), [batch, 1, 1]));
    }
  },
});

/** The same numbers, largest first, for every sample: a sorting network of a few comparisons. */
function descending(values: readonly Tensor[]): Tensor[] {
  const sorted = [...values];
  for (let end = sorted.length - 1; end > 0; end--) {
    for (let i = 0; i < end; i++) {
      const [a, b] = [sorted[i]!, sorted[i + 1]!];
      sorted[i] = tf.maximum(a, b);
      sorted[i + 1] = tf.minimum(a, b);
    }
  }
  return sorted;
}
