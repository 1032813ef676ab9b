/**
 * How every method here turns a gradient into a step: clip, Adam or AdamW under a schedule, EMA.
 * One place, so that the methods differ only where the papers do.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { adamStep, clipByGlobalNorm, globalNorm } from '../tensor/optim/adam.ts';
import { type EmaSchedule, emaDecayAt, emaStep } from '../tensor/optim/ema.ts';
import { learningRateAt } from '../tensor/optim/schedules.ts';
import { type Packing, hostLeaves, packedValueAndGrad } from '../tensor/tree.ts';
import type { HostState, State, StepResult } from './method.ts';

/** Optimiser parameters with defaults a method may override by `.extend`. */
export const optimisationParams = {
  learningRate: z.number().gt(0).max(1).default(1e-3).meta({
    label: 'Learning rate',
    symbol: '\\eta',
    scale: 'log',
    group: 'Optimiser',
    help: 'Peak rate of Adam.',
  }),
  schedule: z
    .enum(['cosine', 'constant'])
    .default('cosine')
    .meta({ label: 'Schedule', group: 'Optimiser', help: 'How the rate falls after warm-up.' }),
  warmUp: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .meta({ label: 'Warm-up', unit: 'steps', group: 'Optimiser', help: 'Linear rise to the peak rate.' }),
  beta2: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.999)
    .meta({ label: 'Second-moment decay', symbol: '\\beta_2', group: 'Optimiser' }),
  weightDecay: z.number().min(0).max(10).default(0).meta({
    label: 'Weight decay',
    symbol: '\\lambda',
    group: 'Optimiser',
    help: 'Decoupled from the gradient (AdamW); 0 is plain Adam.',
  }),
  clip: z.number().min(0).default(0).meta({
    label: 'Gradient clip',
    group: 'Optimiser',
    help: 'Largest global norm of the gradient; 0 leaves it alone.',
  }),
  ema: z.enum(['constant', 'karras']).default('constant').meta({
    label: 'EMA',
    group: 'Optimiser',
    help: 'Average of the parameters that samples are drawn from.',
  }),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .meta({ label: 'EMA decay', symbol: '\\beta', group: 'Optimiser', help: 'For the constant average.' }),
  emaGamma: z
    .number()
    .gt(0)
    .max(100)
    .default(7)
    .meta({ label: 'EMA gamma', symbol: '\\gamma', group: 'Optimiser', help: 'For the karras average.' }),
} as const;

const optimisation = z.object(optimisationParams);
export type Optimisation = z.output<typeof optimisation>;

/** State vectors of one trained network. */
const NETWORK_STATE = ['params', 'ema', 'first', 'second'] as const;

/** Layout of {@link NETWORK_STATE} for a network. */
export function networkLayout(packing: Packing): Record<string, Packing> {
  return Object.fromEntries(NETWORK_STATE.map((name) => [name, packing]));
}

/** Fresh state: the given parameters, an EMA equal to them and zero moments. */
export function initNetwork(packing: Packing, parameters: Readonly<Record<string, Float32Array>>): HostState {
  const params = new Float32Array(packing.size);
  for (const [name, view] of Object.entries(hostLeaves(params, packing))) view.set(parameters[name]!);
  return {
    params,
    ema: params.slice(),
    first: new Float32Array(packing.size),
    second: new Float32Array(packing.size),
  };
}

/**
 * One optimiser step on a loss of the named parameters.
 * @param loss  scalar loss and further scalars to report
 * @returns new state and `loss`, `gradNorm`, `learningRate` beside what the loss reported
 */
export function optimisedStep(
  state: State,
  packing: Packing,
  step: Scalar,
  totalSteps: number,
  options: Optimisation,
  loss: (parameters: Record<string, Tensor>) => { loss: Scalar; report?: Record<string, Scalar> },
): StepResult {
  const result = packedValueAndGrad(state['params'] as Tensor1D, packing, (parameters) => {
    const value = loss(parameters);
    return { loss: value.loss, kept: value.report ?? {} };
  });
  return stepAlong(state, step, totalSteps, options, result);
}

/** A loss with its gradient in the packed parameters, and further scalars to report. */
export interface PackedGradient {
  readonly loss: Scalar;
  readonly grad: Tensor1D;
  readonly kept: Readonly<Record<string, Scalar>>;
}

/** One optimiser step along a gradient, however it was made. @returns as {@link optimisedStep} */
export function stepAlong(
  state: State,
  step: Scalar,
  totalSteps: number,
  options: Optimisation,
  result: PackedGradient,
): StepResult {
  const params = state['params'] as Tensor1D;
  const gradNorm = globalNorm(result.grad);
  const grad = options.clip > 0 ? clipByGlobalNorm(result.grad, gradNorm, options.clip) : result.grad;
  const learningRate = learningRateAt(step, {
    kind: options.schedule,
    peak: options.learningRate,
    warmUpSteps: options.warmUp,
    totalSteps,
  });
  const moments = { first: state['first'] as Tensor1D, second: state['second'] as Tensor1D };
  const adam = adamStep(params, grad, moments, step, learningRate, {
    beta2: options.beta2,
    weightDecay: options.weightDecay,
  });
  const schedule: EmaSchedule =
    options.ema === 'karras'
      ? { kind: 'karras', gamma: options.emaGamma }
      : { kind: 'constant', decay: options.emaDecay };
  const ema = emaStep(state['ema'] as Tensor1D, adam.params, emaDecayAt(step, schedule));
  return {
    state: { params: adam.params, ema, first: adam.moments.first, second: adam.moments.second },
    scalars: { loss: result.loss, gradNorm, learningRate: tf.clone(learningRate), ...result.kept },
  };
}
