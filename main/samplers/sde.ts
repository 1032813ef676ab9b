import { WorkbenchError } from '#contract/errors.ts';
import { Integration, requireSteps } from './integration.ts';
import type { Sampler } from './sampler.ts';

/** Where the noise ends: the last step runs from here to 0 on the drift alone. */
const LAST_TIME = 0.04;

/**
 * Euler-Maruyama on the reverse SDE with diffusion w(t) = 2t, as the REPA release samples:
 *   dx = (v - w/2 s) dt + sqrt(w) dW,   s = -(x + (1 - t) v) / t,   hence drift = v - t s = x + (2 - t) v
 *
 * Grid linspace(1, 0.04, N), then 0: N steps, N evaluations. The last step has no noise and does not shrink with N,
 * so the error in law tends to a small constant (O(0.04^2)) rather than to 0. Weak order 1 up to there.
 */
export const sdeSampler: Sampler = {
  id: 'sde',
  title: 'Euler–Maruyama (SDE)',
  order: 1,
  evaluationsPerStep: 1,
  adaptive: false,
  async sample(velocity, noise, options) {
    const steps = requireSteps('sde', options.steps);
    const { rng } = options;
    if (!rng) {
      throw new WorkbenchError('sampler/bad-options', 'Sampler sde needs an rng for its noise, found none');
    }
    const run = new Integration(velocity, noise, options);
    const draws = new Float64Array(noise.length);
    for (let step = 1; step <= steps; step++) {
      run.throwIfCancelled();
      const { x, t } = run;
      const isLast = step === steps;
      const tNext = isLast ? 0 : 1 - ((1 - LAST_TIME) * step) / (steps - 1);
      const v = await run.velocity(x, t);
      const dt = tNext - t;
      const next = x.map((value, i) => value + (value + (2 - t) * v[i]!) * dt);
      if (!isLast) {
        rng.at(rng.step + step - 1).fillNormal(draws);
        const deviation = Math.sqrt(2 * t * -dt);
        for (let i = 0; i < next.length; i++) next[i]! += deviation * draws[i]!;
      }
      run.advance(next, tNext);
    }
    return run.trajectory();
  },
};
