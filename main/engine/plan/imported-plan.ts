/** An imported model as what samples, views and students need: a plan without data and without training. */
import { z } from 'zod';
import type { ModelSummary } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { DitConfig } from '#contract/networks.ts';
import { NO_DATASET, type RunConfig } from '#contract/runs.ts';
import type { Policy, VelocityField } from '../../maths/sampleable.ts';
import { type BoundMethod, type Method, defineMethod } from '../../methods/method.ts';
import { importedPolicy } from '../../models/imported/policy.ts';
import { importedVelocity } from '../../models/imported/velocity.ts';
import { weightsPath } from '../../store/model-folder.ts';
import { packingOf } from '../../tensor/tree.ts';
import * as tf from '@tensorflow/tfjs-core';
import { rowsOf } from './imported-network.ts';
import type { Plan } from './plan.ts';
import { weightShapes } from './weights.ts';

/** Network calls of a mixture policy unless said; those of a DX policy are part of it. */
const MIXTURE_NFE = 2;

/** Stand for imported checkpoints in the catalogue; neither is in the registry of what can be trained. */
const importedVelocityMethod = defineMethod({
  id: 'imported-velocity',
  title: 'Imported velocity',
  summary: 'A velocity field that was trained elsewhere and imported from a checkpoint.',
  reference: 'DiT: Peebles & Xie 2023. SiT: Ma et al. 2024. REPA: Yu et al. 2025.',
  equation: '\\mathrm d x_t / \\mathrm d t = v(x_t, t)',
  produces: 'velocity',
  needsTeacher: false,
  params: z.object({}),
  views: ['samples', 'trajectories'],
  bind: () => refuseTraining(),
});

const importedPolicyMethod = defineMethod({
  id: 'imported-policy',
  title: 'Imported policy',
  summary: 'A few-step student that was distilled elsewhere and imported from a checkpoint.',
  reference: 'Chen et al. pi-Flow: Policy-Based Few-Step Generation via Imitation Distillation. 2025.',
  equation: '\\mathrm d x_t / \\mathrm d t = \\pi(x_t, t \\mid x_s, s)',
  produces: 'policy',
  needsTeacher: false,
  params: z.object({}),
  views: ['samples', 'trajectories'],
  bind: () => refuseTraining(),
});

export const importedMethods: readonly Method[] = [importedVelocityMethod, importedPolicyMethod];

/**
 * The plan of a model: its parameters are the sampled state, one vector each, and its seed and steps mean
 * nothing.
 *
 * @throws WorkbenchError `model/makes-no-samples` for an autoencoder or a run, `model/bad-file`
 */
export function planOfModel(model: ModelSummary): Plan {
  const network = samplingConfig(model);
  const isPolicy = network.head.kind !== 'field';
  const method = isPolicy ? importedPolicyMethod : importedVelocityMethod;
  const config: RunConfig = {
    name: model.name,
    method: method.id,
    params: {},
    dataset: { id: NO_DATASET, params: {} },
    steps: 1,
    seed: 0,
    checkpointEvery: 1,
    evalEvery: 0,
    filmFrames: 0,
    executor: 'auto',
  };
  return {
    config,
    method,
    bound: boundModel(model, network),
    source: null,
    sampleShape: model.sampleShape,
    teacher: null,
    rowsPerCall: rowsOf(network),
  };
}

function boundModel(model: ModelSummary, network: DitConfig): BoundMethod {
  const shapes = weightShapes(weightsPath(model.folder));
  const layout = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, packingOf({ [name]: shape })]),
  );
  return {
    layout,
    draws: {},
    init: () => refuseTraining(),
    step: () => refuseTraining(),
    sampleable(state): VelocityField | Policy {
      const parameters = Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, tf.reshape(state[name]!, [...shape])]),
      );
      return network.head.kind === 'field'
        ? importedVelocity(network, model.convention!, parameters)
        : importedPolicy(network, model.convention!, parameters);
    },
    sampledState: Object.keys(shapes),
    noiseShape: model.sampleShape,
    nfePerCall: 1,
    standardNfe: network.head.kind === 'dx' ? network.head.nfe : MIXTURE_NFE,
    classes: model.classes,
  };
}

function samplingConfig(model: ModelSummary): DitConfig {
  if (model.config.network === 'dit') return model.config;
  throw new WorkbenchError(
    'model/makes-no-samples',
    `run: expected a model that makes samples, found ${model.id}, ${model.title}`,
    { field: 'run' },
  );
}

function refuseTraining(): never {
  throw new WorkbenchError(
    'config/not-trainable',
    'method: expected one that can be trained, found an imported model, which is used as it is',
    { field: 'method' },
  );
}
