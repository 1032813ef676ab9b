/**
 * The student of flow-map distillation and MeanFlow: a network that gives the average velocity between
 * any two times, and so a flow map that can start anywhere.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from '../../maths/interpolant.ts';
import type { Condition, FlowMap } from '../../maths/sampleable.ts';
import { type MlpShape, applyMlp, timeEmbedding } from '../../models/mlp/mlp.ts';
import type { AverageVelocity } from './identities.ts';
import type { StudentParams } from './student-params.ts';

/** Shape of a network of (x, t, d): the embedding of d is read beside x, that of t by the network itself. */
export function twoTimeShape(dim: number, params: StudentParams, classes: number): MlpShape {
  return {
    inputs: dim + params.timeChannels,
    outputs: dim,
    width: params.width,
    depth: params.depth,
    timeChannels: params.timeChannels,
    timeScale: params.timeScale,
    classes,
  };
}

/** U(x, t, d) of a network of {@link twoTimeShape}. */
export function averageVelocityOf(
  shape: MlpShape,
  parameters: Readonly<Record<string, Tensor>>,
  condition?: Condition,
): AverageVelocity {
  return (x, t, d) => {
    const duration = timeEmbedding(d, shape.timeChannels, shape.timeScale);
    return applyMlp(shape, parameters, tf.concat([x, duration], 1), t, condition);
  };
}

/** x_s = x_t - d U(x_t, t, d), d = t - s: the state a duration d nearer to the data. */
export function arrival(U: AverageVelocity, x: Tensor, t: Tensor1D, d: Tensor1D): Tensor {
  return tf.sub(x, tf.mul(timeColumn(d, x.rank), U(x, t, d)));
}

/** The flow map of a trained network. */
export function twoTimeFlowMap(
  shape: MlpShape,
  parameters: Readonly<Record<string, Tensor>>,
  sampleShape: readonly number[],
  classes: number,
): FlowMap {
  const jump = (x: Tensor, from: Tensor1D, to: Tensor1D, condition?: Condition): Tensor => {
    const flat = tf.reshape(x, [x.shape[0]!, -1]);
    const U = averageVelocityOf(shape, parameters, condition);
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
