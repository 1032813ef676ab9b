/** An encoder of images: a masked autoencoder, a classifier, or the first and then both. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { FeatureMap } from '../../maths/sampleable.ts';
import {
  type EncoderShape,
  encoderShapes,
  initEncoder,
  pooledWidth,
} from '../../models/encoder/encoder-shapes.ts';
import { classLogits, decodeImages, encodeImages, pooled } from '../../models/encoder/encoder.ts';
import { hiddenError, hiddenPlaces, squaresOf, withHidden } from '../../models/encoder/masking.ts';
import { stopGradient } from '../../tensor/ops.ts';
import { packingOf, unpack } from '../../tensor/tree.ts';
import { type Draw, type MethodContext, defineMethod } from '../method.ts';
import { initNetwork, networkLayout, optimisedStep } from '../optimisation.ts';
import { classWeightAt, correctOf, crossEntropy } from './losses.ts';
import { type EncoderParams, params } from './params.ts';

type Parameters = Readonly<Record<string, Tensor>>;

export const encoder = defineMethod({
  id: 'encoder',
  title: 'Feature encoder',
  summary:
    'Features of images: a convolutional network that fills in hidden squares, tells classes apart, or both.',
  reference:
    'Deng et al. Generative Modeling via Drifting. 2026; He et al. Masked Autoencoders Are Scalable Vision Learners. 2022.',
  equation:
    '\\begin{gathered} \\mathcal L = \\mathbb E\\,\\lVert m \\odot (\\hat x - x) \\rVert^2 / \\lVert m \\rVert_1 - \\lambda \\log p_\\theta(y \\mid x) \\\\ \\hat x = g_\\theta(f_\\theta((1 - m) \\odot x)) \\end{gathered}',
  produces: 'features',
  needsTeacher: false,
  params,
  views: [],
  bind(options, context) {
    const { sampleShape } = context;
    const { reconstructs, classes } = tasksOf(options, context);
    const shape: EncoderShape = {
      channels: sampleShape[2]!,
      width: options.width,
      stages: options.stages,
      classes,
      hasDecoder: reconstructs,
    };
    const packing = packingOf(encoderShapes(shape));
    const { batch, maskSide, maskShare } = options;
    const squares = squaresOf(sampleShape, maskSide);
    const isBoth = reconstructs && classes > 0;
    const draws: Record<string, Draw> = {
      data: { kind: 'data', count: batch },
      ...(reconstructs ? { hide: { kind: 'uniform' as const, shape: [batch, squares] } } : {}),
      ...(classes > 0 ? { label: { kind: 'label' as const, of: 'data' } } : {}),
    };

    /** One pass of the network for both tasks: classes are told from what is not hidden. */
    function lossOf(
      parameters: Parameters,
      { data, hide, label }: Readonly<Record<string, Tensor>>,
      step: Scalar,
    ): { loss: Scalar; report: Record<string, Scalar> } {
      const hidden = reconstructs ? hiddenPlaces(hide!, sampleShape, maskSide, maskShare) : null;
      const encoded = encodeImages(shape, parameters, hidden === null ? data! : withHidden(data!, hidden));
      const terms: Scalar[] = [];
      const report: Record<string, Scalar> = {};
      if (hidden !== null) {
        const { sum, count } = hiddenError(decodeImages(shape, parameters, encoded), data!, hidden);
        const loss = tf.div(tf.sum(sum), tf.maximum(tf.sum(count), 1)) as Scalar;
        terms.push(loss);
        report['reconstructionLoss'] = stopGradient(loss);
      }
      if (classes > 0) {
        const logits = classLogits(parameters, pooled(encoded));
        const loss = tf.mean(crossEntropy(logits, label!, options.labelSmoothing)) as Scalar;
        const weight = isBoth
          ? classWeightAt(step, context.totalSteps, options.classWeight, options.classShare)
          : tf.scalar(1);
        terms.push(tf.mul(loss, weight));
        report['classLoss'] = stopGradient(loss);
        report['trainingAccuracy'] = tf.mean(correctOf(stopGradient(logits), label!)) as Scalar;
      }
      return { loss: tf.addN(terms) as Scalar, report };
    }

    return {
      layout: networkLayout(packing),
      draws,
      init: (rng) => initNetwork(packing, initEncoder(shape, rng)),
      step: (state, inputs, step) =>
        optimisedStep(state, packing, step, context.totalSteps, options, (parameters) =>
          lossOf(parameters, inputs, step),
        ),
      sampledState: ['ema'],
      noiseShape: sampleShape,
      nfePerCall: 1,
      standardNfe: 1,
      classes,
      sampleable(state): FeatureMap {
        const parameters = unpack(state['ema']! as Tensor1D, packing);
        return {
          kind: 'features',
          shape: sampleShape,
          nfePerCall: 1,
          classes,
          width: pooledWidth(shape),
          maps: (x) => encodeImages(shape, parameters, x).maps,
          vector: (x) => pooled(encodeImages(shape, parameters, x)),
          ...(classes > 0 && {
            logits: (x: Tensor) => classLogits(parameters, pooled(encodeImages(shape, parameters, x))),
          }),
          ...(reconstructs && {
            masked: {
              squares,
              error(x: Tensor, draw: Tensor) {
                const hidden = hiddenPlaces(draw, sampleShape, maskSide, maskShare);
                const encoded = encodeImages(shape, parameters, withHidden(x, hidden));
                return hiddenError(decodeImages(shape, parameters, encoded), x, hidden);
              },
            },
          }),
        };
      },
    };
  },
});

/** @throws WorkbenchError `config/wrong-value` for points, for data without classes, squares that do not fit */
function tasksOf(
  { task, maskSide }: EncoderParams,
  { sampleShape, classes }: MethodContext,
): { readonly reconstructs: boolean; readonly classes: number } {
  const refuse = (field: string, message: string): never => {
    throw new WorkbenchError('config/wrong-value', `${field}: ${message}`, { field });
  };
  if (sampleShape.length !== 3) {
    refuse('dataset', `expected images for a feature encoder, found points of ${sampleShape.join()} numbers`);
  }
  if ((task === 'classify' || task === 'both') && classes === 0) {
    refuse('params.task', `expected auto or reconstruct, for this data has no classes, found ${task}`);
  }
  const reconstructs = task !== 'classify';
  if (reconstructs && (sampleShape[0]! % maskSide !== 0 || sampleShape[1]! % maskSide !== 0)) {
    const sides = `${sampleShape[0]} by ${sampleShape[1]}`;
    refuse('params.maskSide', `expected a divisor of the sides of the images, ${sides}, found ${maskSide}`);
  }
  return { reconstructs, classes: task === 'reconstruct' ? 0 : classes };
}
