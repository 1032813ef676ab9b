/** Everything about one sample: its way from noise, what data lie near it, what moves it. */
import type { ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Plan } from '../plan/plan.ts';
import type { Decoder } from '../sampling/decoder.ts';
import { labelled } from '../sampling/labels.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import { chosenNoise } from '../sampling/noise.ts';
import { thinned } from '../sampling/paths.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import type { SamplingModel } from '../sampling/sampling.ts';
import { closeupDrift } from './closeup-drift.ts';
import { type Nearest, nearestData } from './nearest.ts';
import { predictionsOf } from './predictions.ts';

type CloseupRequest = Extract<ParsedViewRequest, { kind: 'closeup' }>;

interface CloseupOf {
  readonly plan: Plan;
  readonly model: SamplingModel;
  readonly state: SampledState;
  readonly signal?: { readonly aborted: boolean };
  readonly decoder?: Decoder | null;
}

interface Closeup {
  readonly nfe: number;
  /** As the contract says. */
  readonly arrays: ViewFrame['arrays'];
  /** [H, W, 3] of `images`, the sample decoded. */
  readonly imageShape?: readonly number[];
}

/** @throws WorkbenchError `sampler/...`, `config/...`, `model/no-decoder` */
export async function closeupOf(of: CloseupOf, view: CloseupRequest): Promise<Closeup> {
  const { plan, model, signal } = of;
  const starts = [view.start];
  const wanted = { ...view, count: 1, seed: view.start.seed, starts, ...(signal ? { signal } : {}) };
  const request: SampleRequest = labelled(plan, wanted, 1, starts);
  const { labels } = request;
  const way = await wayOf(of, request);
  const sample = way.states.slice(-model.dim);
  const arrays: ViewFrame['arrays'] = {
    noise: chosenNoise(starts, sizeOf(plan.bound.noiseShape)),
    states: way.states,
    times: way.times,
    predictions: way.predictions,
    ...(labels === undefined ? {} : { labels: Float32Array.from(labels) }),
    ...(view.withTeacher ? await teacherArrays(model, request) : {}),
    ...(await nearestArrays(of, sample, view.nearest)),
    ...(await closeupDrift(of, view, sample, labels?.[0] ?? view.label)),
  };
  if (!of.decoder) return { nfe: way.nfe, arrays };
  const { images, shape } = await of.decoder.decode(sample, plan.sampleShape, signal);
  return { nfe: way.nfe, arrays: { ...arrays, images }, imageShape: shape };
}

interface Way {
  readonly nfe: number;
  readonly states: Float32Array;
  readonly times: Float32Array;
  readonly predictions: Float32Array;
}

async function wayOf({ plan, model, state }: CloseupOf, request: SampleRequest): Promise<Way> {
  if (plan.method.produces === 'generator') {
    const { points, nfe } = await model.sample(state, request);
    return { nfe, states: points, times: Float32Array.of(0), predictions: points.slice() };
  }
  const path = await model.trajectories(state, request, 'all');
  const states = new Float32Array(path.states.length * model.dim);
  path.states.forEach((each, i) => states.set(each, i * model.dim));
  const predictions = await predictionsOf({ plan, model, state }, request, path);
  return { nfe: path.nfe, states, times: Float32Array.from(path.times), predictions };
}

async function teacherArrays(model: SamplingModel, request: SampleRequest): Promise<ViewFrame['arrays']> {
  const { times, states } = thinned(await model.teacher.path(1, request.seed, request));
  const joined = new Float32Array(states.length * model.dim);
  states.forEach((each, i) => joined.set(each, i * model.dim));
  return { teacherStates: joined, teacherTimes: Float32Array.from(times) };
}

/** The nearest training data, and the nearest of what is held out where there is such. */
async function nearestArrays(
  { plan: { source }, signal }: CloseupOf,
  sample: Float32Array,
  count: number,
): Promise<ViewFrame['arrays']> {
  if (source === null || count === 0) return {};
  const trained = await nearestData(source, sample, count, signal);
  const { holdout } = source;
  // Data without end has nothing that training could not draw.
  const held =
    holdout?.size === undefined || holdout.size === 0
      ? null
      : await nearestData(holdout, sample, count, signal);
  return { ...named('nearest', trained), ...(held === null ? {} : named('heldNearest', held)) };
}

function named(name: string, { values, distances, labels }: Nearest): ViewFrame['arrays'] {
  return {
    [name]: values,
    [`${name}Distances`]: distances,
    ...(labels === null ? {} : { [`${name}Labels`]: labels }),
  };
}
