/** One frame of the film of a run: what fixed noise becomes with the parameters of one moment of training. */
import type { FilmLayout } from '../../store/film-file.ts';
import type { Plan } from '../plan/plan.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import { pathMajor } from '../sampling/paths.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

/** Euler steps of a filmed path: enough to see its bend, few enough to cost little beside a training step. */
const PATH_STEPS = 12;
/** States of a path that has no sampler steps. */
const MOST_RECORDS = 32;
const MOST_PATHS = 256;
const MOST_SAMPLES = 1024;
/** Numbers in a frame, which bounds the film of data of many dimensions. */
const MOST_NUMBERS = 20_000;

/** @returns positions [count, T, dim] of the paths of seed 0, or of one-step samples with T = 1 */
export async function filmFrame(
  plan: Plan,
  model: SamplingModel,
  state: SampledState,
): Promise<{ layout: FilmLayout; positions: Float32Array }> {
  const { dim } = model;
  if (plan.method.produces === 'generator') {
    const count = fitting(MOST_SAMPLES, dim);
    const { points, nfe } = await model.sample(state, { count, nfe: 1, seed: 0 });
    return { layout: { count, dim, times: [0], nfe }, positions: points };
  }
  const count = fitting(MOST_PATHS, dim * (MOST_RECORDS + 1));
  const isSampled = plan.method.produces === 'velocity';
  const nfe = isSampled ? PATH_STEPS * plan.bound.nfePerCall : plan.bound.standardNfe;
  const path = await model.trajectories(state, { count, nfe, seed: 0, sampler: 'euler' }, 'all');
  const layout = { count, dim, times: [...path.times], nfe: path.nfe };
  return { layout, positions: pathMajor(path.states, count, dim) };
}

function fitting(most: number, numbersEach: number): number {
  return Math.max(1, Math.min(most, Math.floor(MOST_NUMBERS / numbersEach)));
}
