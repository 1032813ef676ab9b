/** The generator of a Drifting model: noise, and the class and guidance where it is asked for them, to samples. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import {
  type ResidualMlpShape,
  applyResidualMlp,
  initResidualMlp,
  residualMlpShapes,
} from '../../models/mlp/residual-mlp.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, packingOf } from '../../tensor/tree.ts';
import { chosenParts } from './choices.ts';
import type { DriftingOptions } from './params.ts';
import { type NoiseNetwork, type TransformerOptions, transformerNetwork } from './transformer.ts';

export interface DriftGenerator {
  readonly packing: Packing;
  /** Numbers of noise of a sample. */
  readonly noiseDim: number;
  init(rng: Rng): Record<string, Float32Array>;
  /**
   * @param noise [B, noiseDim]
   * @param condition  a class for each sample; where there are classes and none is asked for, the last
   *   number of the noise chooses one, so that samples of any class are of all in equal shares
   * @returns [B, dim]
   */
  generate(parameters: Readonly<Record<string, Tensor>>, noise: Tensor, condition?: Condition): Tensor2D;
}

type GeneratorOptions = TransformerOptions &
  Pick<DriftingOptions, 'network' | 'noiseDim' | 'width' | 'depth' | 'startCentre' | 'unconditional'>;

/**
 * @param classes  0 for a generator that is not asked for any
 * @throws WorkbenchError `config/wrong-value` where a transformer does not fit the samples
 */
export function driftGenerator(
  options: GeneratorOptions,
  sampleShape: readonly number[],
  classes: number,
): DriftGenerator {
  const readsGuidance = classes > 0 && options.unconditional > 0;
  const network =
    options.network === 'dit'
      ? transformerNetwork(options, sampleShape, classes, readsGuidance)
      : layeredNetwork(options, sampleShape, classes, readsGuidance);
  const { packing, noiseDim, init } = network;
  return {
    packing,
    noiseDim: classes > 0 ? noiseDim + 1 : noiseDim,
    init,
    generate(parameters, noise, condition) {
      if (classes === 0) return network.apply(parameters, noise);
      const batch = noise.shape[0]!;
      const own = tf.slice(noise, [0, 0], [batch, noiseDim]);
      const last = tf.slice(noise, [0, noiseDim], [batch, 1]);
      return network.apply(parameters, own, completed(last, classes, condition));
    },
  };
}

/** Plain layers or residual blocks. */
function layeredNetwork(
  { network, noiseDim, width, depth, startSpread, startCentre }: GeneratorOptions,
  sampleShape: readonly number[],
  classes: number,
  readsGuidance: boolean,
): NoiseNetwork {
  const isResidual = network === 'residual' || (network === 'auto' && sampleShape.length === 3);
  const shape: ResidualMlpShape = {
    inputs: noiseDim,
    outputs: sizeOf(sampleShape),
    width,
    depth,
    classes,
    readsGuidance,
  };
  const plain = { ...shape, timeChannels: 0 };
  return {
    packing: packingOf(isResidual ? residualMlpShapes(shape) : mlpParameterShapes(plain)),
    noiseDim,
    init(rng) {
      const parameters = isResidual
        ? initResidualMlp(shape, rng, startSpread)
        : initMlp(plain, rng, { lastGain: startSpread });
      // With biases of zero samples begin around the origin.
      parameters[isResidual ? 'output.bias' : `layers.${depth}.bias`]!.set(startCentre);
      return parameters;
    },
    apply: (parameters, noise, condition) =>
      isResidual
        ? applyResidualMlp(shape, parameters, noise, condition)
        : applyMlp(plain, parameters, noise, undefined, condition),
  };
}

/**
 * The condition with a class for every sample, that of the noise where none or any is asked for.
 * @param noise [B, 1]
 */
function completed(noise: Tensor, classes: number, condition: Condition | undefined): Condition {
  const chosen = tf.reshape(chosenParts(noise, classes), [-1]) as Tensor1D;
  if (condition === undefined) return { label: chosen };
  const isAny = tf.greaterEqual(condition.label, classes);
  return { ...condition, label: tf.where(isAny, chosen, condition.label) as Tensor1D };
}
