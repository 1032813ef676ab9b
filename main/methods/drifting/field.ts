/** The drift of Drifting models: Deng et al., "Generative Modeling via Drifting". */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

export interface DriftOptions {
  /** tau or h of the kernel, data units. It must reach across modes. */
  readonly temperature: number;
  /** `laplace` if left out. */
  readonly kernel?: Kernel;
  /** True when the negatives are the queries themselves: their own kernel value is left out. */
  readonly maskSelf: boolean;
  /** What kernel values are normalised over; `both` if left out. */
  readonly normalise?: KernelNormalisation;
}

/** exp(-|x - y| / tau), the paper's; or exp(-|x - y|^2 / 2 h^2), with which mean shift is a gradient. */
export type Kernel = 'laplace' | 'gaussian';

/**
 * Over targets and queries, A = sqrt(softmax softmax), as the paper has it; over targets alone; or not
 * at all, A = k / (number of targets): two of its ablations. `each` is over data and over negatives
 * apart, as the definition of the field has it: V is the difference of two mean shifts, and with the
 * Gaussian kernel h^2 grad log(p / q) of the two kernel density estimates.
 */
export type KernelNormalisation = 'both' | 'targets' | 'each' | 'none';

/** The two halves of the drift at every query; V = attract - repel. */
export interface DriftParts {
  /** V+ = sum_j W+_ij (y+_j - x_i), [N, D] */
  readonly attract: Tensor2D;
  /** V- = sum_j W-_ij (y-_j - x_i), [N, D] */
  readonly repel: Tensor2D;
}

/** A distance that no kernel of any temperature in use can see. */
const OUT_OF_REACH = 1e6;

/**
 * The paper's estimator (Alg. 2). With A = sqrt(softmax over targets * softmax over queries) of
 * -|x - y| / tau (or of the Gaussian exponent), split into A+ and A-:
 *
 *   W+_ij = A+_ij sum_k A-_ik,   W-_ij = A-_ij sum_k A+_ik,   V = W+ P - W- Q
 *
 * Everything stays in logarithms until the one final exponential, A = exp(L - (row + column) / 2)
 * with row and column the log-sum-exps. The product of kernel values that the toy notebook uses is
 * the same number where it does not underflow; far from all data it does, and learning stops there.
 *
 * @param x  [N, D] queries  @param positives  [P, D]  @param negatives  [Q, D]
 * No gradient flows through any argument's use here; callers stop it.
 */
export function driftField(
  x: Tensor2D,
  positives: Tensor2D,
  negatives: Tensor2D,
  { temperature, maskSelf, kernel = 'laplace', normalise = 'both' }: DriftOptions,
): DriftParts {
  const toPositives = exponents(x, positives, kernel, temperature);
  const apart = exponents(x, negatives, kernel, temperature);
  const toNegatives = maskSelf ? tf.add(apart, selfMask(x.shape[0])) : apart;

  return fieldFrom(x, positives, negatives, {
    normalise,
    toPositives,
    toNegatives,
    columns: (rowQ) => [
      logSumExpOfNegated(toPositives, 0),
      // Among themselves distances are symmetric, and so are their sums.
      maskSelf ? tf.reshape(rowQ, [1, -1]) : logSumExpOfNegated(toNegatives, 0),
    ],
  });
}

/**
 * The same field away from the generated points, where a picture wants it: the sums over queries (the
 * second softmax) stay those of the generated points, so a query adds no mass of its own.
 *
 * @param x  [N, D] queries  @param generated  [Q, D]  @param positives  [P, D]
 */
export function driftFieldAt(
  x: Tensor2D,
  generated: Tensor2D,
  positives: Tensor2D,
  options: Omit<DriftOptions, 'maskSelf'>,
): DriftParts {
  return fieldFrom(x, positives, generated, distancesAt(x, generated, positives, options));
}

/**
 * W+ and W- of {@link driftFieldAt}: how strongly every data point attracts and every generated point repels
 * a query.
 * @returns attract [N, P], repel [N, Q]
 */
export function driftWeightsAt(
  x: Tensor2D,
  generated: Tensor2D,
  positives: Tensor2D,
  options: Omit<DriftOptions, 'maskSelf'>,
): { attract: Tensor; repel: Tensor } {
  const { affinityP, affinityQ, massP, massQ } = affinitiesFrom(
    positives.shape[0] + generated.shape[0],
    distancesAt(x, generated, positives, options),
  );
  return { attract: tf.mul(massQ, affinityP), repel: tf.mul(massP, affinityQ) };
}

function distancesAt(
  x: Tensor2D,
  generated: Tensor2D,
  positives: Tensor2D,
  { temperature, kernel = 'laplace', normalise = 'both' }: Omit<DriftOptions, 'maskSelf'>,
): Distances {
  const columnP = logSumExpOfNegated(exponents(generated, positives, kernel, temperature), 0);
  const among = tf.add(exponents(generated, generated, kernel, temperature), selfMask(generated.shape[0]));
  const columnQ = logSumExpOfNegated(among, 0);
  return {
    normalise,
    toPositives: exponents(x, positives, kernel, temperature),
    toNegatives: exponents(x, generated, kernel, temperature),
    columns: () => [columnP, columnQ],
  };
}

interface Distances {
  readonly normalise: KernelNormalisation;
  readonly toPositives: Tensor;
  readonly toNegatives: Tensor;
  /** Log-sum-exps over the queries, [1, P] and [1, Q], given those over the negatives. */
  columns(rowQ: Tensor): readonly [Tensor, Tensor];
}

function fieldFrom(x: Tensor2D, positives: Tensor2D, negatives: Tensor2D, distances: Distances): DriftParts {
  const targets = positives.shape[0] + negatives.shape[0];
  const { affinityP, affinityQ, massP, massQ } = affinitiesFrom(targets, distances);
  const pull = (mass: Tensor, weights: Tensor, points: Tensor2D, own: Tensor): Tensor2D =>
    tf.mul(mass, tf.sub(tf.matMul(weights as Tensor2D, points), tf.mul(own, x))) as Tensor2D;
  return {
    attract: pull(massQ, affinityP, positives, massP),
    repel: pull(massP, affinityQ, negatives, massQ),
  };
}

/** A+ [N, P] and A- [N, Q] with their sums [N, 1] over targets. */
function affinitiesFrom(targets: number, { normalise, toPositives, toNegatives, columns }: Distances) {
  const [rowP, rowQ] = [logSumExpOfNegated(toPositives, 1), logSumExpOfNegated(toNegatives, 1)];
  const row = logAddExp(rowP, rowQ); // [N, 1]
  const affinities = (): [Tensor, Tensor] => {
    if (normalise === 'none') return [kernelOver(toPositives, targets), kernelOver(toNegatives, targets)];
    if (normalise === 'each') return [affinity(toPositives, rowP, rowP), affinity(toNegatives, rowQ, rowQ)];
    if (normalise === 'targets') {
      // A = exp(-s - row): the share of a target among all.
      return [affinity(toPositives, row, row), affinity(toNegatives, row, row)];
    }
    const [columnP, columnQ] = columns(rowQ);
    return [affinity(toPositives, row, columnP), affinity(toNegatives, row, columnQ)];
  };
  const [affinityP, affinityQ] = affinities();
  return {
    affinityP,
    affinityQ,
    massP: tf.sum(affinityP, 1, true),
    massQ: tf.sum(affinityQ, 1, true),
  };
}

/**
 * s with k(x_i, y_j) = exp(-s): the distance over tau, or half its square. Distances come as one matrix
 * product, |x - y|^2 = [x, |x|^2, 1] . [-2y, 1, |y|^2].
 * @returns [N, M]
 */
function exponents(x: Tensor2D, y: Tensor2D, kernel: Kernel, temperature: number): Tensor2D {
  const [n, m] = [x.shape[0], y.shape[0]];
  const scaledX = tf.mul(x, 1 / temperature);
  const scaledY = tf.mul(y, 1 / temperature);
  const left = tf.concat([scaledX, tf.sum(tf.square(scaledX), 1, true), tf.ones([n, 1])], 1);
  const right = tf.concat([tf.mul(scaledY, -2), tf.ones([m, 1]), tf.sum(tf.square(scaledY), 1, true)], 1);
  const squared = tf.matMul(left as Tensor2D, right as Tensor2D, false, true);
  // Rounding can leave a small negative number where two points coincide.
  const above = tf.maximum(squared, 1e-12);
  return (kernel === 'gaussian' ? tf.mul(above, 0.5) : tf.sqrt(above)) as Tensor2D;
}

function selfMask(n: number): Tensor2D {
  return tf.mul(tf.eye(n), OUT_OF_REACH) as Tensor2D;
}

/** log sum exp(-s) over an axis, kept as size 1. */
function logSumExpOfNegated(s: Tensor, axis: 0 | 1): Tensor {
  const least = tf.min(s, axis, true);
  return tf.sub(tf.log(tf.sum(tf.exp(tf.sub(least, s)), axis, true)), least);
}

function logAddExp(a: Tensor, b: Tensor): Tensor {
  const most = tf.maximum(a, b);
  return tf.add(most, tf.log1p(tf.exp(tf.neg(tf.abs(tf.sub(a, b))))));
}

/** k / targets. */
function kernelOver(s: Tensor, targets: number): Tensor {
  return tf.div(tf.exp(tf.neg(s)), targets);
}

function affinity(s: Tensor, row: Tensor, column: Tensor): Tensor {
  return tf.exp(tf.sub(tf.sub(tf.mul(row, -0.5), tf.mul(column, 0.5)), s));
}
