import { WorkbenchError } from '#contract/errors.ts';
import { Integration } from './integration.ts';
import { rungeKuttaStep } from './runge-kutta.ts';
import type { SampleOptions, Sampler, Velocity } from './sampler.ts';
import { dormandPrince } from './tableaus.ts';

const SAFETY = 0.9;
const MIN_FACTOR = 0.2;
const MAX_FACTOR = 10;
/** Exponent of the integral controller: an error of order h^5 reaches 1 at h err^(-1/5). */
const INTEGRAL = 1 / 5;
/** PI exponents of Hairer's DOPRI5 code: beta = 0.04 and alpha = 1/5 - 0.75 beta = 0.17. */
const BETA = 0.04;
const ALPHA = INTEGRAL - 0.75 * BETA;
/** Floor of an error kept for the next PI step, as in DOPRI5: below it the past says nothing. */
const ERROR_FLOOR = 1e-4;

/**
 * Factor for the next step size.
 *
 * After an accepted step with an accepted one before it, PI:  0.9 err^-0.17 errPrevious^0.04.
 * On the first step, and after a rejected one, plain integral control:  0.9 err^(-1/5).
 * Both clipped to [0.2, 10]. The PI form damps the see-saw of step sizes where stability bounds the step.
 */
function stepFactor(error: number, previousError: number | undefined): number {
  const factor =
    previousError === undefined
      ? SAFETY * error ** -INTEGRAL
      : SAFETY * error ** -ALPHA * previousError ** BETA;
  // error = 0 gives Infinity, clipped like any other.
  return Math.min(MAX_FACTOR, Math.max(MIN_FACTOR, factor));
}

/**
 * Dormand-Prince 5(4) with adaptive steps, the solver SiT samples with (atol 1e-6, rtol 1e-3).
 *
 * err = RMS over the whole batch of e / (atol + rtol max(|x|, |x'|)); a step is accepted where err <= 1. One step
 * size serves the whole batch, so a sample's path depends a little, within the tolerance, on its batch. Accepted
 * states are recorded. Order 5; nfe counts every evaluation: one for the first slope, one to choose the first step,
 * six per step tried.
 */
export const dopri5Sampler: Sampler = {
  id: 'dopri5',
  title: 'Dormand–Prince 5(4), adaptive',
  order: dormandPrince.order,
  evaluationsPerStep: 0,
  adaptive: true,
  async sample(velocity, noise, options) {
    const { atol, rtol, maxSteps } = tolerancesOf(options);
    const run = new Integration(velocity, noise, options);
    run.throwIfCancelled();
    let slope = await run.velocity(run.x, 1);
    let size = await firstStepSize(run.velocity, run.x, slope, atol, rtol);
    let previousError: number | undefined;
    let wasRejected = false;
    for (let tried = 0; run.t > 0; tried++) {
      run.throwIfCancelled();
      // A step too small to move t is as hopeless as one step too many.
      if (tried === maxSteps || run.t - size === run.t) throw stepLimit(run.t, size, tried, atol, rtol);
      // Land on 0 exactly, and do not leave a sliver for a step of its own.
      const isLast = size >= run.t * (1 - 1e-12);
      const tNext = isLast ? 0 : run.t - size;
      const { next, slopes } = await rungeKuttaStep(dormandPrince, run.velocity, run.x, run.t, tNext, slope);
      const error = errorNorm(run.x, next, slopes, run.t - tNext, atol, rtol);
      // A state that overflowed to NaN is no estimate to shrink by: advance() refuses it.
      if (error > 1) {
        size = (run.t - tNext) * Math.min(1, stepFactor(error, undefined));
        wasRejected = true;
        continue;
      }
      run.advance(next, tNext);
      slope = slopes[slopes.length - 1]!;
      const factor = stepFactor(error, wasRejected ? undefined : previousError);
      size *= wasRejected ? Math.min(1, factor) : factor;
      previousError = Math.max(error, ERROR_FLOOR);
      wasRejected = false;
    }
    return run.trajectory();
  },
};

function tolerancesOf(options: SampleOptions): { atol: number; rtol: number; maxSteps: number } {
  const { atol = 1e-6, rtol = 1e-3, maxSteps = 10_000 } = options;
  const areTolerancesFine = atol > 0 && rtol >= 0 && Number.isFinite(atol + rtol);
  if (!areTolerancesFine || !Number.isInteger(maxSteps) || maxSteps < 1) {
    throw new WorkbenchError(
      'sampler/bad-options',
      `dopri5 needs atol above 0, rtol at least 0 and maxSteps a positive integer; ` +
        `found atol ${atol}, rtol ${rtol}, maxSteps ${maxSteps}`,
      { atol, rtol, maxSteps },
    );
  }
  return { atol, rtol, maxSteps };
}

/** RMS of the embedded error estimate in units of the tolerance. */
function errorNorm(
  x: Float64Array,
  next: Float64Array,
  slopes: readonly Float64Array[],
  size: number,
  atol: number,
  rtol: number,
): number {
  const weights = dormandPrince.errorWeights;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    let error = 0;
    for (let j = 0; j < weights.length; j++) error += weights[j]! * slopes[j]![i]!;
    const scaled = (size * error) / (atol + rtol * Math.max(Math.abs(x[i]!), Math.abs(next[i]!)));
    sum += scaled * scaled;
  }
  return Math.sqrt(sum / x.length);
}

/**
 * First step size from the sizes of x, x' and a difference for x'': Hairer, Norsett and Wanner, II.4. One evaluation.
 *
 * @param slope [B*D] v(x, 1)
 * @returns in (0, 1]
 */
async function firstStepSize(
  velocity: Velocity,
  x: Float64Array,
  slope: Float64Array,
  atol: number,
  rtol: number,
): Promise<number> {
  const rms = (valueAt: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += (valueAt(i) / (atol + rtol * Math.abs(x[i]!))) ** 2;
    return Math.sqrt(sum / x.length);
  };
  const stateNorm = rms((i) => x[i]!);
  const slopeNorm = rms((i) => slope[i]!);
  const guess = (0.01 * stateNorm) / slopeNorm;
  // Norms near zero give no scale, and norms that overflowed give none either.
  const hasScale = stateNorm >= 1e-5 && slopeNorm >= 1e-5 && Number.isFinite(guess);
  const probe = hasScale ? Math.min(1, guess) : 1e-6;
  const moved = x.map((value, i) => value - probe * slope[i]!);
  const slopeThere = await velocity(moved, 1 - probe);
  const curvature = rms((i) => slopeThere[i]! - slope[i]!) / probe;
  const steepest = Math.max(slopeNorm, curvature);
  const size = steepest <= 1e-15 ? Math.max(1e-6, probe * 1e-3) : (0.01 / steepest) ** INTEGRAL;
  return Math.min(100 * probe, size, 1);
}

function stepLimit(t: number, size: number, tried: number, atol: number, rtol: number): WorkbenchError {
  return new WorkbenchError(
    'sampler/step-limit',
    `dopri5 tried ${tried} steps and came from t = 1 to t = ${t}, where the next would be ${size.toExponential(1)}: ` +
      `raise rtol (now ${rtol}) or atol (now ${atol}), raise maxSteps, or take a fixed-step sampler`,
    { t, size, tried, atol, rtol },
  );
}
