/** The frozen features of a trained encoder. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { type WarningSink, WorkbenchError } from '#contract/errors.ts';
import { type FeatureMap, kindOf } from '../../maths/sampleable.ts';
import { methodById, parseMethodParams } from '../../methods/index.ts';
import type { RunFolder } from '../../store/index.ts';
import { statesFromTensors } from './state-tensors.ts';

export interface LoadedEncoder {
  readonly id: string;
  /** [H, W, C] of the images that it sees. */
  readonly shape: readonly number[];
  /** Classes that it tells apart; 0 for none. */
  readonly classes: number;
  /** Its checkpoint: other weights have another, so that what was made of these can be kept. */
  readonly sha256: string;
  /**
   * Its parameters are constants of whatever traces it. To be called inside a traced function, once: each
   * call brings the parameters in again.
   */
  features(): FeatureMap;
}

/**
 * The features of a run's newest good checkpoint.
 * @throws WorkbenchError `config/no-encoder` if the run is no encoder, `run/no-checkpoint`
 */
export function encoderOf(folder: RunFolder, warn: WarningSink): LoadedEncoder {
  const { config, classes, sampleShape } = folder.file;
  const method = methodById(config.method);
  if (method.produces !== 'features' || sampleShape === undefined) {
    throw new WorkbenchError(
      'config/no-encoder',
      `encoder: expected a run that learns features, found ${folder.id}, a ${method.title}`,
      { field: 'encoder' },
    );
  }
  const saved = folder.checkpoints.latestGood(warn);
  if (saved === null) {
    throw new WorkbenchError(
      'run/no-checkpoint',
      `encoder: expected a trained run, found ${folder.id}, which has no checkpoint yet`,
      { field: 'encoder' },
    );
  }
  const { sha256 } = folder.checkpoints.entries(warn).find(({ step }) => step === saved.step)!;
  const bound = method.bind(parseMethodParams(method, config.params, { sampleShape, classes }), {
    sampleShape,
    totalSteps: config.steps,
    teacher: null,
    classes,
  });
  const state = statesFromTensors(bound.layout, saved.tensors, bound.sampledState);
  return {
    id: folder.id,
    shape: sampleShape,
    classes: bound.classes ?? 0,
    sha256,
    features() {
      const constants = Object.entries(state).map(([name, values]) => [name, tf.tensor1d(values)]);
      return kindOf(bound.sampleable(Object.fromEntries(constants) as Record<string, Tensor>), 'features');
    },
  };
}
