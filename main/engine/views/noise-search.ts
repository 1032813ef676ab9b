/** Inference-time scaling of a run: the best of several noises by its one-step student, then its teacher. */
import { WorkbenchError } from '#contract/errors.ts';
import type { CallParsed } from '#contract/workbench.ts';
import { searchNoise } from '../../samplers/noise-search.ts';
import { type Verifier, densityVerifier, modeVerifier, nearnessVerifier } from '../../samplers/verifiers.ts';
import { Rng } from '../../tensor/rng.ts';
import { type Plan, dataOf } from '../plan/plan.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import type { SampleRequest } from '../sampling/sample-request.ts';
import type { SamplingModel } from '../sampling/sampling.ts';

/** Data points that samples are held against by their nearness. */
const REFERENCE = 2000;

export type Search = NonNullable<CallParsed<'runs.evaluate'>['search']>;

/**
 * Samples at a total of `request.nfe` evaluations each, those of the search included.
 *
 * @returns points [count * dim], what they cost, and the mean score of the chosen proxies
 * @throws WorkbenchError `config/no-teacher`, `config/wrong-value`, `sampler/wrong-nfe`
 */
export async function sampleBySearch(
  plan: Plan,
  model: SamplingModel,
  state: SampledState,
  request: SampleRequest,
  { candidates, verifier }: Search,
): Promise<{ points: Float32Array; nfe: number; score: number }> {
  const left = request.nfe - candidates * plan.bound.nfePerCall;
  const steps = Math.floor(left / model.teacher.nfePerCall(request));
  if (plan.teacher === null) {
    throw new WorkbenchError(
      'config/no-teacher',
      'search: expected a run with a teacher, for the student chooses and the teacher samples, found one without',
      { field: 'search' },
    );
  }
  if (steps < 1) {
    throw new WorkbenchError(
      'sampler/wrong-nfe',
      `nfe: expected more than the ${candidates} that the search takes, found ${request.nfe}`,
      { field: 'nfe' },
    );
  }
  const found = await searchNoise(
    async (noise) => {
      const { points, nfe } = await model.sample(state, {
        ...request,
        nfe: 1,
        noise: Float32Array.from(noise),
      });
      return { states: [Float64Array.from(points)], nfe };
    },
    (noise) => model.teacher.sample(noise, steps, request),
    {
      count: request.count,
      candidates,
      dim: model.dim,
      verifier: verifierOf(verifier, plan, request),
      rng: new Rng(request.seed, 'view/noise'),
      ...(request.signal ? { signal: request.signal } : {}),
    },
  );
  const score = found.scores.reduce((sum, each) => sum + each, 0) / found.scores.length;
  return { points: Float32Array.from(found.samples), nfe: found.nfe, score };
}

function verifierOf(kind: Search['verifier'], plan: Plan, { label, seed }: SampleRequest): Verifier {
  const source = dataOf(plan);
  if (kind === 'nearness') {
    return nearnessVerifier(Float64Array.from(source.sample(new Rng(seed, 'search/reference'), REFERENCE)));
  }
  const { mixture } = source;
  if (mixture === undefined) {
    throw new WorkbenchError(
      'config/wrong-value',
      `search.verifier: expected nearness, for this data has no closed form, found ${kind}`,
      { field: 'search.verifier' },
    );
  }
  if (kind === 'density') return densityVerifier(mixture);
  if (label === undefined) {
    throw new WorkbenchError('config/wrong-value', 'label: expected the class to search for, found nothing', {
      field: 'label',
    });
  }
  return modeVerifier(mixture, label);
}
