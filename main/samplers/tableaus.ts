/**
 * Explicit Runge-Kutta methods as data. For a step h from (x, t):
 *   k_i = v(x + h sum_{j<i} a_ij k_j, t + c_i h),   x' = x + h sum_i b_i k_i
 */
export interface Tableau {
  readonly order: number;
  /** [s] */
  readonly c: readonly number[];
  /** [s] rows of length i: strictly lower triangular */
  readonly a: readonly (readonly number[])[];
  /** [s] */
  readonly b: readonly number[];
}

/** A pair: the step of order p and, from the same stages, an estimate h sum_i e_i k_i of its error. */
export interface EmbeddedTableau extends Tableau {
  /** [s] weights of the higher order minus weights of the lower */
  readonly errorWeights: readonly number[];
}

/** Euler's method: order 1, 1 stage. */
export const euler: Tableau = { order: 1, c: [0], a: [[]], b: [1] };

/**
 * Heun's method: order 2, 2 stages. Also known as the explicit trapezoidal rule and, in diffusion, as the
 * second-order sampler of Karras et al. 2022, Alg. 1 (which, like ours under `heun-repa`, makes its last step Euler).
 */
export const heun: Tableau = { order: 2, c: [0, 1], a: [[], [1]], b: [1 / 2, 1 / 2] };

/** The classical fourth-order method: Kutta 1901. 4 stages. */
export const rk4: Tableau = {
  order: 4,
  c: [0, 1 / 2, 1 / 2, 1],
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
};

/**
 * Dormand and Prince 1980, RK5(4)7M: order 5 with an embedded order 4, 7 stages. The last stage is evaluated at
 * x' itself (its row of `a` is `b`), so it is the first stage of the next step: 6 evaluations per accepted step.
 *
 * Error weights as in Hairer, Norsett and Wanner, "Solving Ordinary Differential Equations I", II.5, table 5.2.
 * The other tableau often called Dormand-Prince, with 1951/21600 in the error row, is Shampine's of 1986.
 */
export const dormandPrince: EmbeddedTableau = {
  order: 5,
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
  errorWeights: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
};
