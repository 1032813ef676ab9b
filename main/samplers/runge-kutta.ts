import type { Tableau } from './tableaus.ts';
import type { Velocity } from './sampler.ts';

interface RungeKuttaStep {
  /** [B*D] the state at tNext */
  next: Float64Array;
  /** [s] stage velocities, each [B*D] */
  slopes: Float64Array[];
}

/**
 * One explicit Runge-Kutta step from (x, t) to tNext by any tableau.
 *
 * @param x     [B*D] left as it is
 * @param first v(x, t) where it is known already; saves its evaluation
 */
export async function rungeKuttaStep(
  tableau: Tableau,
  velocity: Velocity,
  x: Float64Array,
  t: number,
  tNext: number,
  first?: Float64Array,
): Promise<RungeKuttaStep> {
  const h = tNext - t;
  const slopes = [first ?? (await velocity(x, t))];
  for (let stage = 1; stage < tableau.c.length; stage++) {
    const at = combination(x, h, tableau.a[stage]!, slopes);
    // t + 1 h can miss tNext by an ulp, and so leave [0, 1] at the end.
    const time = tableau.c[stage] === 1 ? tNext : t + tableau.c[stage]! * h;
    slopes.push(await velocity(at, time));
  }
  return { next: combination(x, h, tableau.b, slopes), slopes };
}

/** x + h sum_j weights_j slopes_j, [B*D] */
function combination(
  x: Float64Array,
  h: number,
  weights: readonly number[],
  slopes: readonly Float64Array[],
): Float64Array {
  const out = x.slice();
  for (let j = 0; j < weights.length; j++) {
    const weight = h * weights[j]!;
    if (weight === 0) continue;
    const slope = slopes[j]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * slope[i]!;
  }
  return out;
}
