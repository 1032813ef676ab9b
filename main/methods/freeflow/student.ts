/** The student: a network for the average velocity F(z, d), read as the flow map z + d F(z, d). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Condition, FlowMap } from '../../maths/sampleable.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, unpack } from '../../tensor/tree.ts';
import type { Conditioner } from '../conditioning.ts';
import type { HostState, TrainedNetwork } from '../method.ts';
import type { NetworkSpec } from '../network-spec.ts';
import { sampleNetwork } from '../network.ts';
import { initNetwork } from '../optimisation.ts';
import { type AverageVelocity, flowMap } from './losses.ts';
import type { FreeflowOptions } from './params.ts';

export interface Student {
  readonly spec: NetworkSpec;
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
  teacher: TrainedNetwork | null | undefined,
): Student {
  const dim = sizeOf(sampleShape);
  const { width, depth, timeChannels, timeScale, inputScale } = options;
  const { classes, readsGuidance } = conditioner;
  const spec: NetworkSpec = {
    sampleShape,
    classes,
    readsGuidance,
    reads: 'duration',
    duration: { channels: timeChannels, scale: timeScale },
    isDataward: true,
    teacher: options.fromTeacher ? (teacher ?? null) : null,
    mlp: { width, depth, timeChannels, timeScale, inputScale },
  };
  const network = sampleNetwork(options, spec);
  const { packing } = network;
  const averageVelocity: Student['averageVelocity'] = (parameters, condition) => (z, d) =>
    network.apply(parameters, z, { d }, condition);
  return {
    spec,
    packing,
    init: (rng) => initNetwork(packing, network.init(rng)),
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
