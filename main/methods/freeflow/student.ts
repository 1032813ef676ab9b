/** The student: a network for the average velocity F(z, d), read as the flow map z + d F(z, d). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition, FlowMap } from '../../maths/sampleable.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import type { Rng } from '../../tensor/rng.ts';
import { type Packing, packingOf, unpack } from '../../tensor/tree.ts';
import type { Conditioner } from '../conditioning.ts';
import type { HostState } from '../method.ts';
import { initNetwork } from '../optimisation.ts';
import { type AverageVelocity, flowMap } from './losses.ts';
import type { FreeflowOptions } from './params.ts';

export interface Student {
  readonly shape: MlpShape;
  readonly packing: Packing;
  init(rng: Rng): HostState;
  /** F of flat samples, [B, dim]. @param condition  of each of the B samples */
  averageVelocity(parameters: Record<string, Tensor>, condition?: Condition): AverageVelocity;
  /** @param parameters  packed */
  flowMap(parameters: Tensor1D): FlowMap;
}

export function studentOf(
  options: FreeflowOptions,
  sampleShape: readonly number[],
  conditioner: Conditioner,
): Student {
  const dim = sampleShape.reduce((product, n) => product * n, 1);
  const { width, depth, timeChannels, timeScale } = options;
  const { classes, readsGuidance } = conditioner;
  const shape: MlpShape = {
    inputs: dim,
    outputs: dim,
    width,
    depth,
    timeChannels,
    timeScale,
    classes,
    readsGuidance,
  };
  const packing = packingOf(mlpParameterShapes(shape));
  const averageVelocity: Student['averageVelocity'] = (parameters, condition) => (z, d) =>
    applyMlp(shape, parameters, z, d, condition);
  return {
    shape,
    packing,
    init: (rng) => initNetwork(packing, initMlp(shape, rng, { inputScale: options.inputScale })),
    averageVelocity,
    flowMap(packed) {
      const parameters = unpack(packed, packing);
      return {
        kind: 'flowMap',
        shape: sampleShape,
        nfePerCall: 1,
        classes,
        map(z, d, condition) {
          const batch = z.shape[0]!;
          const F = averageVelocity(parameters, conditioner.complete(condition, batch));
          return tf.reshape(flowMap(F, tf.reshape(z, [batch, dim]), d), [batch, ...sampleShape]);
        },
      };
    },
  };
}
