import { Integration, requireSteps } from './integration.ts';
import { rungeKuttaStep } from './runge-kutta.ts';
import type { Sampler } from './sampler.ts';
import { euler, heun, rk4 } from './tableaus.ts';
import type { Tableau } from './tableaus.ts';

/**
 * A tableau on the grid t_i = 1 - i/N, i = 0..N.
 *
 * @param last  tableau of the last step, where it differs
 */
function fixedStepSampler(id: string, title: string, tableau: Tableau, last: Tableau = tableau): Sampler {
  return {
    id,
    title,
    order: tableau.order,
    evaluationsPerStep: tableau.c.length,
    evaluationsInLastStep: last.c.length,
    adaptive: false,
    async sample(velocity, noise, options) {
      const steps = requireSteps(id, options.steps);
      const run = new Integration(velocity, noise, options);
      for (let step = 1; step <= steps; step++) {
        run.throwIfCancelled();
        const tNext = 1 - step / steps;
        const { next } = await rungeKuttaStep(
          step < steps ? tableau : last,
          run.velocity,
          run.x,
          run.t,
          tNext,
        );
        run.advance(next, tNext);
      }
      return run.trajectory();
    },
  };
}

/** x' = x + h v(x, t). Order 1, 1 evaluation per step. */
export const eulerSampler = fixedStepSampler('euler', 'Euler', euler);

/** The trapezoidal rule on every step. Order 2, 2 evaluations per step. */
export const heunSampler = fixedStepSampler('heun', 'Heun', heun);

/**
 * Heun as the REPA release has it: the last step is Euler, so 2N - 1 evaluations and no look at t = 0. One Euler
 * step errs by O(h^2), so the order stays 2, with a larger constant.
 */
export const heunRepaSampler = fixedStepSampler('heun-repa', 'Heun, last step Euler (REPA)', heun, euler);

/** Kutta's classical method. Order 4, 4 evaluations per step; for reference solutions. */
export const rk4Sampler = fixedStepSampler('rk4', 'Runge–Kutta 4', rk4);
