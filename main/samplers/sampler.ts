import type { Rng } from '../tensor/rng.ts';

/**
 * The right-hand side of dx/dt = v(x, t), t = 1 noise and t = 0 data.
 *
 * @param x  [B*D] float64 state; read it, do not keep or change it
 * @param t  one house time for the whole batch
 * @returns  v [B*D], owned by the caller
 */
export type Velocity = (x: Float64Array, t: number) => Promise<Float64Array> | Float64Array;

export interface Trajectory {
  /** [T+1] decreasing from 1 to 0 */
  times: Float64Array;
  /** One [B*D] per time; the first is a copy of the noise, the last is the sample. */
  states: Float64Array[];
  /** Velocity evaluations per sample. Where one costs two network passes (guidance), count it twice. */
  nfe: number;
}

export interface SampleOptions {
  /** Steps of a fixed grid; adaptive samplers ignore it. */
  steps?: number;
  /** Adaptive only: absolute tolerance, data units; 1e-6 unless said. */
  atol?: number;
  /** Adaptive only: relative tolerance; 1e-3 unless said. */
  rtol?: number;
  /** Adaptive only: steps tried, rejected ones included, before giving up; 10,000 unless said. */
  maxSteps?: number;
  /** Numbers in one sample: D. */
  dim: number;
  /** Stochastic only. Step k draws from `rng.at(rng.step + k)`. */
  rng?: Rng;
  /** Every state, or the noise and the sample only. 'all' unless said. */
  record?: 'all' | 'end';
  /** Looked at before each step. */
  signal?: { readonly aborted: boolean };
}

export interface Sampler {
  readonly id: string;
  readonly title: string;
  /** Order of convergence; the weak order for a stochastic sampler. */
  readonly order: number;
  /** Velocity evaluations per step; 0 for adaptive. */
  readonly evaluationsPerStep: number;
  /** Where the last step takes another number of evaluations than the others. */
  readonly evaluationsInLastStep?: number;
  readonly adaptive: boolean;
  /**
   * Integrates dx/dt = velocity from t = 1 to t = 0 on a float64 state.
   *
   * @param noise [B*D] the state at t = 1; left as it is
   * @throws `sampler/bad-options`  a missing or impossible option, or noise that is no multiple of dim
   * @throws `sampler/bad-velocity` the velocity changed the size of the state
   * @throws `sampler/non-finite`   the state became NaN or infinite; names the time
   * @throws `sampler/step-limit`   adaptive only: the tolerance was not reached in `maxSteps`
   * @throws `sampler/cancelled`    `signal` was aborted
   */
  sample(velocity: Velocity, noise: Float64Array, options: SampleOptions): Promise<Trajectory>;
}
