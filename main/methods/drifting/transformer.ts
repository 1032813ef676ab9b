/** The published generator of images: a transformer that reads noise of an image's shape, and styles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { Condition } from '../../maths/sampleable.ts';
import {
  type DriftTransformerShape,
  applyDriftTransformer,
  driftTransformerShapes,
  initDriftTransformer,
} from '../../models/dit/drift-transformer.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, packingOf } from '../../tensor/tree.ts';
import { chosenParts } from './choices.ts';
import type { DriftingOptions } from './params.ts';

/** A network from noise to flat samples. */
export interface NoiseNetwork {
  readonly packing: Packing;
  /** Numbers of noise of a sample. */
  readonly noiseDim: number;
  init(rng: Rng): Record<string, Float32Array>;
  /**
   * @param noise [B, noiseDim]  @param condition  names a class for every sample where there are classes
   * @returns [B, dim]
   */
  apply(parameters: Readonly<Record<string, Tensor>>, noise: Tensor, condition?: Condition): Tensor2D;
}

export type TransformerOptions = Pick<
  DriftingOptions,
  | 'patch'
  | 'ditWidth'
  | 'ditDepth'
  | 'heads'
  | 'mlpRatio'
  | 'contextTokens'
  | 'styleTokens'
  | 'styleCodebook'
  | 'startSpread'
  | 'startCentre'
>;

/**
 * Its noise is that of an image and then a number for each style, which chooses the entry.
 * @throws WorkbenchError `config/wrong-value` naming the parameter that does not fit
 */
export function transformerNetwork(
  options: TransformerOptions,
  sampleShape: readonly number[],
  classes: number,
  readsAlpha: boolean,
): NoiseNetwork {
  const shape = shapeOf(options, sampleShape, classes, readsAlpha);
  const { styleTokens, styleCodebook } = shape;
  const dim = sizeOf(sampleShape);
  return {
    packing: packingOf(driftTransformerShapes(shape)),
    noiseDim: dim + styleTokens,
    init: (rng) => initDriftTransformer(shape, rng, options.startSpread),
    apply(parameters, noise, condition) {
      const batch = noise.shape[0]!;
      const image = tf.reshape(tf.slice(noise, [0, 0], [batch, dim]), [batch, ...sampleShape]);
      const styles =
        styleTokens > 0 ? chosenParts(tf.slice(noise, [0, dim], [batch, styleTokens]), styleCodebook) : null;
      const labels = classes > 0 ? condition!.label : null;
      const alpha = readsAlpha ? (condition?.guidance ?? tf.ones([batch])) : null;
      const made = applyDriftTransformer(shape, parameters, image, labels, styles, alpha);
      return tf.reshape(made, [batch, dim]) as Tensor2D;
    },
  };
}

function shapeOf(
  options: TransformerOptions,
  sampleShape: readonly number[],
  classes: number,
  readsAlpha: boolean,
): DriftTransformerShape {
  const refuse = (field: string, expected: string, found: string | number): never => {
    throw new WorkbenchError('config/wrong-value', `params.${field}: expected ${expected}, found ${found}`, {
      field: `params.${field}`,
    });
  };
  const { patch, ditWidth, ditDepth, heads, startCentre, contextTokens, styleTokens, styleCodebook } =
    options;
  const [size, width, channels] = sampleShape as [number, number, number];
  if (sampleShape.length !== 3)
    refuse('network', 'auto, mlp or residual for points', 'dit, which needs images');
  if (size !== width) {
    refuse('network', `residual for images of ${size} by ${width}, which are no squares`, 'dit');
  }
  if (size % patch !== 0) refuse('patch', `a divisor of the images' side ${size}`, patch);
  if (ditWidth % (2 * heads) !== 0) {
    refuse('heads', `a divisor of half the transformer width ${ditWidth}`, heads);
  }
  if (startCentre.length > 0) refuse('startCentre', 'none for a transformer', startCentre.length);
  return {
    size,
    channels,
    patch,
    width: ditWidth,
    depth: ditDepth,
    heads,
    mlpRatio: options.mlpRatio,
    classes,
    contextTokens,
    styleTokens,
    styleCodebook,
    readsAlpha,
  };
}
