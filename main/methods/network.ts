/**
 * The network of a velocity, flow map or generator, whatever it is made of: a plain network (MLP) for
 * points, a diffusion transformer (DiT) for images. Methods see flat samples in and flat samples out.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes, timeEmbedding } from '../models/mlp/mlp.ts';
import { sizeOf } from '../tensor/shape.ts';
import { packingOf } from '../tensor/tree.ts';
import { ditNetwork } from './dit-network.ts';
import type { ImageNetworkOptions, NetworkSpec, SampleNetwork } from './network-spec.ts';

/**
 * The network that the options mean for samples of this shape.
 * @throws WorkbenchError `config/wrong-value` where a transformer does not fit the samples
 */
export function sampleNetwork(options: ImageNetworkOptions, spec: NetworkSpec): SampleNetwork {
  return networkKind(options, spec.sampleShape) === 'dit' ? ditNetwork(options, spec) : mlpNetwork(spec);
}

/** @throws WorkbenchError `config/wrong-value` for a transformer of points */
export function networkKind(
  { network }: Pick<ImageNetworkOptions, 'network'>,
  sampleShape: readonly number[],
): 'mlp' | 'dit' {
  const isImage = sampleShape.length === 3;
  if (network === 'auto') return isImage ? 'dit' : 'mlp';
  if (network === 'dit' && !isImage) {
    throw new WorkbenchError(
      'config/wrong-value',
      `params.network: expected auto or mlp for points, found dit, which needs images`,
      { field: 'params.network' },
    );
  }
  return network;
}

function mlpNetwork({ sampleShape, classes, readsGuidance = false, reads, mlp }: NetworkSpec): SampleNetwork {
  const dim = sizeOf(sampleShape);
  const { inputScale, ...sizes } = mlp;
  const shape: MlpShape = {
    inputs: reads === 'both' ? dim + sizes.timeChannels : dim,
    outputs: dim,
    ...sizes,
    classes,
    readsGuidance,
  };
  return {
    packing: packingOf(mlpParameterShapes(shape)),
    init: (rng) => initMlp(shape, rng, inputScale === undefined ? {} : { inputScale }),
    apply(parameters, x, { t, d }, condition) {
      if (reads !== 'both') return applyMlp(shape, parameters, x, t ?? d, condition);
      const duration = timeEmbedding(d!, shape.timeChannels, shape.timeScale);
      return applyMlp(shape, parameters, tf.concat([x, duration], 1), t!, condition);
    },
    trained: (parameters) => ({ shape, parameters }),
  };
}
