/**
 * The student of flow-map distillation and MeanFlow: a network that gives the average velocity between
 * any two times, and so a flow map that can start anywhere.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../../maths/interpolant.ts';
import type { Condition, FlowMap } from '../../maths/sampleable.ts';
import type { NetworkSpec, SampleNetwork } from '../network-spec.ts';
import { sampleNetwork } from '../network.ts';
import type { AverageVelocity } from './identities.ts';
import type { StudentParams } from './student-params.ts';

type Sizes = Omit<StudentParams, 'inputScale'> & { readonly inputScale?: number };

/**
 * A network of (x, t, d). A plain one reads the embedding of d beside x.
 * @param teacher  what a transformer may start from
 * @param isSmoothInTime  for losses with d/dt in them
 */
export function twoTimeNetwork(
  options: Sizes,
  sampleShape: readonly number[],
  classes: number,
  { teacher = null, isSmoothInTime = false }: Pick<NetworkSpec, 'teacher' | 'isSmoothInTime'> = {},
): SampleNetwork {
  const { width, depth, timeChannels, timeScale, inputScale } = options;
  return sampleNetwork(options, {
    sampleShape,
    classes,
    reads: 'both',
    duration: { channels: timeChannels, scale: timeScale },
    teacher,
    isSmoothInTime,
    mlp: { width, depth, timeChannels, timeScale, ...(inputScale === undefined ? {} : { inputScale }) },
  });
}

/** U(x, t, d) of a network of {@link twoTimeNetwork}. */
export function averageVelocityOf(
  network: SampleNetwork,
  parameters: Readonly<Record<string, Tensor>>,
  condition?: Condition,
): AverageVelocity {
  return (x, t, d) => network.apply(parameters, x, { t, d }, condition);
}

/** x_s = x_t - d U(x_t, t, d), d = t - s: the state a duration d nearer to the data. */
export function arrival(U: AverageVelocity, x: Tensor, t: Tensor1D, d: Tensor1D): Tensor {
  return tf.sub(x, tf.mul(timeColumn(d, x.rank), U(x, t, d)));
}

/** The flow map of a trained network. */
export function twoTimeFlowMap(
  network: SampleNetwork,
  parameters: Readonly<Record<string, Tensor>>,
  sampleShape: readonly number[],
  classes: number,
): FlowMap {
  const jump = (x: Tensor, from: Tensor1D, to: Tensor1D, condition?: Condition): Tensor => {
    const flat = tf.reshape(x, [x.shape[0]!, -1]);
    const U = averageVelocityOf(network, parameters, condition);
    return tf.reshape(arrival(U, flat, from, tf.sub(from, to) as Tensor1D), x.shape);
  };
  return {
    kind: 'flowMap',
    shape: sampleShape,
    nfePerCall: 1,
    classes,
    map: (z, d, condition) => jump(z, tf.onesLike(d), tf.sub(1, d) as Tensor1D, condition),
    jump,
    chain: 'jump',
  };
}
