import { WorkbenchError } from '#contract/errors.ts';
import { dopri5Sampler } from './dopri5.ts';
import { eulerSampler, heunRepaSampler, heunSampler, rk4Sampler } from './fixed-step.ts';
import type { Sampler } from './sampler.ts';
import { sdeSampler } from './sde.ts';

export const samplers: readonly Sampler[] = [
  eulerSampler,
  heunSampler,
  heunRepaSampler,
  rk4Sampler,
  dopri5Sampler,
  sdeSampler,
];

/** @throws `sampler/unknown` naming the samplers there are */
export function samplerById(id: string): Sampler {
  const found = samplers.find((sampler) => sampler.id === id);
  if (found) return found;
  const known = samplers.map((sampler) => sampler.id);
  throw new WorkbenchError('sampler/unknown', `sampler must be one of ${known.join(', ')}, found "${id}"`, {
    id,
    known,
  });
}

/**
 * Steps that spend exactly `nfe` evaluations per sample, at `perCall` of them for every velocity: a guided
 * one takes 2, and half a call is rounded to a whole one.
 *
 * @throws `sampler/bad-nfe` when no number of steps does, naming the nearest budgets that work, or when the sampler
 *   chooses its steps itself
 */
export function stepsForNfe(sampler: Sampler, nfe: number, perCall = 1): number {
  const { id, adaptive, evaluationsPerStep, evaluationsInLastStep = evaluationsPerStep } = sampler;
  if (adaptive) {
    throw new WorkbenchError(
      'sampler/bad-nfe',
      `Sampler ${id} chooses its steps by tolerance and takes no nfe: set rtol and atol, or take a fixed-step sampler`,
      { sampler: id, nfe },
    );
  }
  const calls = perCall === 1 ? nfe : Math.max(1, Math.round(nfe / perCall));
  const steps = (calls - evaluationsInLastStep) / evaluationsPerStep + 1;
  if (Number.isInteger(steps) && steps >= 1) return steps;
  const below = Math.max(1, Math.floor(steps) || 1);
  const budgets = [below, below + 1].map(
    (n) => perCall * ((n - 1) * evaluationsPerStep + evaluationsInLastStep),
  );
  throw new WorkbenchError(
    'sampler/bad-nfe',
    `nfe of sampler ${id} must be ${perCall * evaluationsInLastStep} plus a multiple of ${perCall * evaluationsPerStep}` +
      `${perCall === 1 ? '' : `, for each velocity takes ${perCall}`} (such as ${budgets.join(' or ')}), found ${nfe}`,
    { sampler: id, nfe, budgets },
  );
}
