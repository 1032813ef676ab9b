/** The network of pi-Flow: at a source it says what the policy of the segment is. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { DitConfig } from '#contract/networks.ts';
import type { Condition } from '../../maths/sampleable.ts';
import { ditShapes } from '../../models/dit/dit-shapes.ts';
import { applyDitGrid, applyDitMixture } from '../../models/dit/image-dit.ts';
import { MANNERS } from '../../models/imported/conventions.ts';
import { labelsOf } from '../../models/imported/labels.ts';
import { type MlpShape, applyMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, packingOf } from '../../tensor/tree.ts';
import { ditPlan } from '../dit-network.ts';
import type { TrainedNetwork } from '../method.ts';
import { networkKind } from '../network.ts';
import { ditOfTeacher, fittingTeacher, networkOfTeacher, randomNetwork } from './head-init.ts';
import type { PiflowOptions } from './params.ts';
import { type Places, onePlace, pixels } from './places.ts';
import type { PolicyHead } from './policy-head.ts';

type Named = Record<string, Tensor>;

export interface PolicyNetwork {
  readonly packing: Packing;
  /** What it takes for a place: a whole point, or a pixel. */
  readonly places: Places;
  init(rng: Rng): Record<string, Float32Array>;
  /** Parameters of the policy, [B, ...] each. @param x [B, C, P]  @param t [B] */
  said(parameters: Readonly<Named>, x: Tensor, t: Tensor1D, condition: Condition | undefined): Named;
}

/** @param teacher  what it starts from, where the options say so and it fits */
export function policyNetwork(
  options: PiflowOptions,
  head: PolicyHead,
  sampleShape: readonly number[],
  classes: number,
  teacher: TrainedNetwork | null | undefined,
): PolicyNetwork {
  const kind = networkKind(options, sampleShape);
  const { headInit } = options;
  const known = headInit === 'teacher' || (headInit === 'auto' && kind === 'dit') ? teacher : null;
  return kind === 'dit'
    ? ditPolicyNetwork(options, sampleShape, classes, known)
    : mlpPolicyNetwork(options, head, sampleShape, classes, known);
}

function mlpPolicyNetwork(
  { width, depth, timeChannels, inputScale }: PiflowOptions,
  head: PolicyHead,
  sampleShape: readonly number[],
  classes: number,
  teacher: TrainedNetwork | null | undefined,
): PolicyNetwork {
  const dim = sizeOf(sampleShape);
  const shape: MlpShape = { inputs: dim, outputs: head.outputs, width, depth, timeChannels, classes };
  const first = fittingTeacher(shape, teacher);
  return {
    packing: packingOf(mlpParameterShapes(shape)),
    places: onePlace(sampleShape),
    init: (rng) =>
      first === null
        ? randomNetwork(shape, head, rng, inputScale)
        : networkOfTeacher(shape, head, first, rng),
    said: (parameters, x, t, condition) =>
      head.read(applyMlp(shape, parameters, tf.reshape(x, [-1, dim]), t, condition)),
  };
}

function ditPolicyNetwork(
  options: PiflowOptions,
  sampleShape: readonly number[],
  classes: number,
  teacher: TrainedNetwork | null | undefined,
): PolicyNetwork {
  const { policy, components, nfe } = options;
  const headOf = ({ width }: DitConfig): DitConfig['head'] =>
    policy === 'gm'
      ? { kind: 'gm', components, logStdWidth: width }
      : { kind: 'dx', points: components, nfe };
  const plan = ditPlan(options, { sampleShape, classes, teacher }, headOf);
  const { config, convention } = plan;
  const { fed, sign } = MANNERS[convention];
  const house = (velocities: Tensor): Tensor => (sign === 1 ? velocities : tf.neg(velocities));
  const places = pixels(sampleShape);
  return {
    packing: packingOf(ditShapes(config)),
    places,
    init: (rng) => ditOfTeacher(plan, rng),
    said(parameters, x, t, condition): Named {
      const images = places.samples(x);
      const labels = labelsOf(config, condition, images.shape[0]!);
      if (policy !== 'gm') {
        return { velocities: house(applyDitGrid(config, parameters, images, fed(t), labels)) };
      }
      const said = applyDitMixture(config, parameters, images, fed(t), labels);
      return { ...said, means: house(said.means) };
    },
  };
}
