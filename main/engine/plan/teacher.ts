/** What a distillation learns from: another run's velocity, or the exact one of data in closed form. */
import * as tf from '@tensorflow/tfjs-core';
import { WorkbenchError } from '#contract/errors.ts';
import type { ModelSummary } from '#contract/checkpoints.ts';
import type { WarningSink } from '#contract/errors.ts';
import type { DataSource } from '../../datasets/index.ts';
import { mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import { type VelocityField, kindOf } from '../../maths/sampleable.ts';
import { methodById, parseMethodParams } from '../../methods/index.ts';
import type { TrainedNetwork } from '../../methods/method.ts';
import type { RunFolder } from '../../store/index.ts';
import { networkOfModel, rowsOf, velocityOfModel } from './imported-network.ts';
import { statesFromTensors } from './state-tensors.ts';

/** A teacher, the classes it can be asked for, and its network where it has one that can be copied. */
export interface Taught {
  readonly teacher: () => VelocityField;
  readonly classes: number;
  readonly network: TrainedNetwork | null;
  /** Shape of its samples, where that does not follow from the data. */
  readonly sampleShape?: readonly number[];
  /** Samples that a program call may hold; see `Plan.rowsPerCall`. */
  readonly rows?: number;
}

/** What `config.teacher` says for the exact velocity of the data. */
export const ANALYTIC = 'analytic';

/** @throws WorkbenchError `config/no-teacher` where the data has no closed form */
export function analyticTeacher(source: DataSource | null): Taught {
  const mixture = source?.mixture;
  if (mixture === undefined) {
    throw new WorkbenchError(
      'config/no-teacher',
      'teacher: expected data in closed form for the analytic teacher (a Gaussian mixture), found other data; train a teacher and name its run',
      { field: 'teacher' },
    );
  }
  return { teacher: () => mixtureVelocityField(mixture), classes: mixture.count, network: null };
}

/**
 * The velocity of an imported model, asked for its own classes, in its own sample shape.
 * @throws WorkbenchError `config/no-teacher` if it is no velocity
 */
export function importedTeacher(model: ModelSummary): Taught {
  const teacher = velocityOfModel(model);
  const { config, classes, sampleShape } = model;
  const rows = config.network === 'dit' ? { rows: rowsOf(config) } : {};
  return { teacher, classes, network: networkOfModel(model), sampleShape, ...rows };
}

/**
 * The velocity of a trained run, its parameters as constants of whatever traces it, and the classes that
 * it can be asked for.
 *
 * @param classes  those of its data
 * @throws WorkbenchError `config/no-teacher` if the run learns no velocity or other data dimensions,
 *   `run/no-checkpoint`
 */
export function trainedTeacher(
  folder: RunFolder,
  sampleShape: readonly number[],
  classes: number,
  warn: WarningSink,
): Taught {
  const { config } = folder.file;
  const method = methodById(config.method);
  if (method.produces !== 'velocity' || method.needsTeacher) {
    throw new WorkbenchError(
      'config/no-teacher',
      `teacher: expected a run that learns a velocity field, found ${folder.id}, a ${method.title}`,
      { field: 'teacher' },
    );
  }
  const saved = folder.checkpoints.latestGood(warn);
  if (saved === null) {
    throw new WorkbenchError(
      'run/no-checkpoint',
      `teacher: expected a trained run, found ${folder.id}, which has no checkpoint yet`,
      { field: 'teacher' },
    );
  }
  const bound = method.bind(parseMethodParams(method, config.params, { sampleShape, classes }), {
    sampleShape,
    totalSteps: config.steps,
    teacher: null,
    classes,
  });
  const state = statesFromTensors(bound.layout, saved.tensors, bound.sampledState);
  const teacher = (): VelocityField => {
    const constants = Object.entries(state).map(([name, values]) => [name, tf.tensor1d(values)]);
    return kindOf(bound.sampleable(Object.fromEntries(constants) as Record<string, tf.Tensor>), 'velocity');
  };
  return { teacher, classes: bound.classes ?? 0, network: bound.network?.(state) ?? null };
}
