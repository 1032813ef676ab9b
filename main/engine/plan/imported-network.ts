/** The network of an imported model: its weights, its velocity as a teacher's, and what it costs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { DitConfig } from '#contract/networks.ts';
import type { VelocityField } from '../../maths/sampleable.ts';
import type { TrainedNetwork } from '../../methods/method.ts';
import { importedVelocity } from '../../models/imported/velocity.ts';
import { weightsPath } from '../../store/model-folder.ts';
import { readWeights, weightShapes } from './weights.ts';

/** Numbers that a network may hold at once between two layers, of all its samples: 64 MiB. */
const MOST_NUMBERS = 2 ** 24;
/** More rows than this fill no core better. */
const MOST_ROWS = 2048;

/** Reads the weights of a model: the state that its plan samples with. */
export function stateOfModel({ folder }: ModelSummary): Record<string, Float32Array> {
  return readWeights(weightsPath(folder));
}

/**
 * The velocity of an imported teacher, its parameters as constants of whatever traces it. The weights are
 * read when they are first needed, and kept.
 *
 * @throws WorkbenchError `config/no-teacher` for a model that is no velocity
 */
export function velocityOfModel(model: ModelSummary): () => VelocityField {
  const { config, convention } = model;
  if (model.use !== 'teacher' || config.network !== 'dit' || config.head.kind !== 'field') {
    throw new WorkbenchError(
      'config/no-teacher',
      `teacher: expected a model with a velocity, found ${model.id}, ${model.title}`,
      { field: 'teacher' },
    );
  }
  let weights: Record<string, Float32Array> | null = null;
  return () => {
    weights ??= stateOfModel(model);
    const shapes = weightShapes(weightsPath(model.folder));
    const constants = Object.entries(weights).map(([name, values]): [string, Tensor] => [
      name,
      tf.tensor(values, [...shapes[name]!]),
    ]);
    return importedVelocity(config, convention!, Object.fromEntries(constants));
  };
}

/** The network of an imported teacher, for students to start from: its weights are read only if they are. */
export function networkOfModel(model: ModelSummary): TrainedNetwork | null {
  const { config, convention } = model;
  if (config.network !== 'dit' || convention === null || convention === undefined) return null;
  return {
    config,
    convention,
    get parameters() {
      return stateOfModel(model);
    },
  };
}

/** Samples of a network that one program call may hold: one or two of an XL/2, thousands of a tiny one. */
export function rowsOf({ size, patch, width, mlpWidth, heads }: DitConfig): number {
  const tokens = (size / patch) ** 2;
  // GELU reads and writes its hidden layer several times; softmax does the same with tokens x tokens.
  const each = tokens * (3 * mlpWidth + 4 * width) + 3 * heads * tokens ** 2;
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / each)));
}
