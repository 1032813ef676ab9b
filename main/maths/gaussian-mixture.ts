/**
 * A mixture of isotropic Gaussians, whose flow is known in closed form: the oracle for samplers,
 * networks and metrics.
 *
 * With weights w_k, means m_k and stds s_k in D dimensions, the law of x_t = (1 - t) x0 + t n is the
 * mixture of N((1 - t) m_k, V_k I), V_k = (1 - t)^2 s_k^2 + t^2. Nothing here divides by t or 1 - t,
 * so every function holds on all of [0, 1].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Rng } from '../tensor/rng.ts';
import { normalCdf } from './normal.ts';
import type { Condition, VelocityField } from './sampleable.ts';

export interface MixtureParameters {
  /** K positive numbers, normalised here; equal when left out. */
  readonly weights?: ArrayLike<number>;
  /** K rows of D numbers. */
  readonly means: readonly ArrayLike<number>[];
  /** K positive numbers. */
  readonly stds: ArrayLike<number>;
}

/** House time: one for all points, or one per point [B]. */
type Times = number | ArrayLike<number>;

export class GaussianMixture {
  readonly dim: number;
  /** K, the number of components. */
  readonly count: number;
  /** [K], sum 1. */
  readonly weights: Float64Array;
  /** Flat [K * D]. */
  readonly means: Float64Array;
  /** [K]. */
  readonly stds: Float64Array;

  /** @throws RangeError if lengths disagree or a weight or std is not a positive number */
  constructor({ weights, means, stds }: MixtureParameters) {
    const count = means.length;
    const dim = means[0]?.length ?? 0;
    const given = weights === undefined ? new Float64Array(count).fill(1) : Float64Array.from(weights);
    if (count === 0 || dim === 0) throw new RangeError('a mixture needs at least one mean');
    if (stds.length !== count || given.length !== count) {
      throw new RangeError(
        `expected ${count} stds and weights, one per mean, found ${stds.length} and ${given.length}`,
      );
    }
    const rows = means.map((mean) => Array.from(mean));
    if (rows.some((row) => row.length !== dim || !row.every(Number.isFinite))) {
      throw new RangeError(`every mean must be ${dim} finite numbers`);
    }
    if (![...given, ...Array.from(stds)].every((each) => each > 0 && Number.isFinite(each))) {
      throw new RangeError('weights and stds must be positive and finite');
    }
    const total = given.reduce((sum, weight) => sum + weight, 0);
    this.dim = dim;
    this.count = count;
    this.weights = given.map((weight) => weight / total);
    this.means = Float64Array.from(rows.flat());
    this.stds = Float64Array.from(stds);
  }

  /** The law of (x - center) / divisor. @param center [D]  @param divisor positive */
  rescaled(center: ArrayLike<number>, divisor: number): GaussianMixture {
    const { dim, count, means } = this;
    return new GaussianMixture({
      weights: this.weights,
      means: Array.from({ length: count }, (_, k) =>
        Array.from({ length: dim }, (_, j) => (means[k * dim + j]! - center[j]!) / divisor),
      ),
      stds: this.stds.map((std) => std / divisor),
    });
  }

  /** Mean of the law, [D]. */
  mean(): Float64Array {
    const out = new Float64Array(this.dim);
    for (let i = 0; i < this.means.length; i++) {
      out[i % this.dim]! += this.weights[Math.floor(i / this.dim)]! * this.means[i]!;
    }
    return out;
  }

  /** Variance of a coordinate, averaged over the D coordinates. */
  meanVariance(): number {
    const { dim, weights, means, stds } = this;
    const mean = this.mean();
    let sum = 0;
    for (let k = 0; k < this.count; k++) {
      let squares = dim * stds[k]! ** 2;
      for (let j = 0; j < dim; j++) squares += (means[k * dim + j]! - mean[j]!) ** 2;
      sum += weights[k]! * squares;
    }
    return sum / dim;
  }

  /** Draws `count` points, flat [count * D]. */
  sample(rng: Rng, count: number): Float64Array {
    const { dim, means, stds } = this;
    const upTo = this.weights.slice();
    for (let k = 1; k < upTo.length; k++) upTo[k]! += upTo[k - 1]!;
    const picks = rng.fillUniform(new Float64Array(count));
    const out = rng.fillNormal(new Float64Array(count * dim));
    for (let i = 0; i < count; i++) {
      let k = 0;
      while (k < upTo.length - 1 && picks[i]! >= upTo[k]!) k++;
      for (let j = 0; j < dim; j++) {
        out[i * dim + j] = means[k * dim + j]! + stds[k]! * out[i * dim + j]!;
      }
    }
    return out;
  }

  /** log p_t(x) by log-sum-exp. @param points flat [B * D]  @returns [B] */
  logDensity(points: ArrayLike<number>, t: Times = 0): Float64Array {
    const out = new Float64Array(points.length / this.dim);
    this.forEachPoint(points, t, (i, { logDensity }) => {
      out[i] = logDensity;
    });
    return out;
  }

  /** p_t(x). @param points flat [B * D]  @returns [B] */
  density(points: ArrayLike<number>, t: Times = 0): Float64Array {
    return this.logDensity(points, t).map(Math.exp);
  }

  /** Gradient of log p_t(x): sum_k r_k ((1 - t) m_k - x) / V_k. @returns flat [B * D] */
  score(points: ArrayLike<number>, t: Times = 0): Float64Array {
    return this.averaged(points, t, (_mean, offset, _time, variance) => -offset / variance);
  }

  /** E[x0 | x_t = x]: sum_k r_k (m_k + (1 - t) s_k^2 / V_k (x - (1 - t) m_k)). @returns flat [B * D] */
  posteriorMean(points: ArrayLike<number>, t: Times): Float64Array {
    return this.averaged(
      points,
      t,
      (mean, offset, time, variance, std) => mean + (((1 - time) * std ** 2) / variance) * offset,
    );
  }

  /**
   * v(x, t) = E[noise - data | x_t = x]
   *         = sum_k r_k (-m_k + (t - (1 - t) s_k^2) / V_k (x - (1 - t) m_k)).
   * @returns flat [B * D]
   */
  velocity(points: ArrayLike<number>, t: Times): Float64Array {
    return this.averaged(
      points,
      t,
      (mean, offset, time, variance, std) => ((time - (1 - time) * std ** 2) / variance) * offset - mean,
    );
  }

  /**
   * The flow from t = 1 to t = 0 of a one-dimensional mixture, F^-1(Phi(z)): the ODE keeps the order
   * of points on a line and carries N(0, 1) to the data, so it is the quantile map. Solved by
   * bisection in the nearer tail, to about 1e-15 of the range of the data.
   *
   * @param noise [B]  @returns [B]
   * @throws RangeError if D is not 1
   */
  quantileMap(noise: ArrayLike<number>): Float64Array {
    if (this.dim !== 1) throw new RangeError(`a quantile map needs dimension 1, found ${this.dim}`);
    return Float64Array.from(noise, (z) => this.quantileOf(z));
  }

  private quantileOf(z: number): number {
    // In the upper half compare upper tails, which keep their digits where Phi rounds to 1.
    const sign = z > 0 ? -1 : 1;
    const goal = normalCdf(sign * z);
    const reach = Math.abs(z) + 1;
    let low = Infinity;
    let high = -Infinity;
    for (let k = 0; k < this.count; k++) {
      low = Math.min(low, this.means[k]! - reach * this.stds[k]!);
      high = Math.max(high, this.means[k]! + reach * this.stds[k]!);
    }
    for (let halvings = 0; halvings < 60; halvings++) {
      const middle = 0.5 * (low + high);
      let tail = 0;
      for (let k = 0; k < this.count; k++) {
        tail += this.weights[k]! * normalCdf((sign * (middle - this.means[k]!)) / this.stds[k]!);
      }
      if (tail < goal === sign > 0) low = middle;
      else high = middle;
    }
    return 0.5 * (low + high);
  }

  /**
   * Per coordinate, the mean over the posterior r_k = P(component k | x_t = x) of `term`.
   * `offset` is x - (1 - t) m_k and `variance` V_k.
   */
  private averaged(
    points: ArrayLike<number>,
    t: Times,
    term: (mean: number, offset: number, time: number, variance: number, std: number) => number,
  ): Float64Array {
    const { dim, count, means, stds } = this;
    const out = new Float64Array(points.length);
    this.forEachPoint(points, t, (i, { time, responsibilities, variances }) => {
      for (let k = 0; k < count; k++) {
        const r = responsibilities[k]!;
        for (let j = 0; j < dim; j++) {
          const mean = means[k * dim + j]!;
          const offset = points[i * dim + j]! - (1 - time) * mean;
          out[i * dim + j]! += r * term(mean, offset, time, variances[k]!, stds[k]!);
        }
      }
    });
    return out;
  }

  private forEachPoint(
    points: ArrayLike<number>,
    t: Times,
    visit: (
      index: number,
      at: { time: number; logDensity: number; responsibilities: Float64Array; variances: Float64Array },
    ) => void,
  ): void {
    const { dim, count, means, stds, weights } = this;
    const batch = points.length / dim;
    if (!Number.isInteger(batch) || (typeof t !== 'number' && t.length !== batch)) {
      throw new RangeError(
        `expected a multiple of ${dim} numbers and a time for each point, found ${points.length} numbers` +
          (typeof t === 'number' ? '' : ` and ${t.length} times`),
      );
    }
    const responsibilities = new Float64Array(count);
    const variances = new Float64Array(count);
    for (let i = 0; i < batch; i++) {
      const time = typeof t === 'number' ? t : t[i]!;
      let largest = -Infinity;
      for (let k = 0; k < count; k++) {
        const variance = (1 - time) ** 2 * stds[k]! ** 2 + time ** 2;
        let squares = 0;
        for (let j = 0; j < dim; j++) {
          squares += (points[i * dim + j]! - (1 - time) * means[k * dim + j]!) ** 2;
        }
        variances[k] = variance;
        const logJoint =
          Math.log(weights[k]!) - 0.5 * dim * Math.log(2 * Math.PI * variance) - squares / (2 * variance);
        responsibilities[k] = logJoint;
        largest = Math.max(largest, logJoint);
      }
      let total = 0;
      for (let k = 0; k < count; k++) {
        responsibilities[k] = Math.exp(responsibilities[k]! - largest);
        total += responsibilities[k]!;
      }
      for (let k = 0; k < count; k++) responsibilities[k]! /= total;
      visit(i, { time, logDensity: largest + Math.log(total), responsibilities, variances });
    }
  }
}

/**
 * The velocity of {@link GaussianMixture.velocity} as traceable ops, in float32.
 * Its parameters become constants of the traced program. Its classes are the components.
 */
export function mixtureVelocityField(mixture: GaussianMixture): VelocityField {
  return {
    kind: 'velocity',
    shape: [mixture.dim],
    nfePerCall: 1,
    classes: mixture.count,
    velocity: (x, t, condition) => mixtureVelocity(mixture, x, t, condition),
  };
}

/** @param x [B, D]  @param t [B]  @returns [B, D] */
function mixtureVelocity(mixture: GaussianMixture, x: Tensor, t: Tensor1D, condition?: Condition): Tensor2D {
  const { dim, count } = mixture;
  return tf.tidy(() => {
    const means = tf.tensor(Float32Array.from(mixture.means), [1, count, dim]);
    const variances0 = tf.tensor(
      Float32Array.from(mixture.stds, (std) => std ** 2),
      [1, count],
    );
    const logWeights = tf.tensor(Float32Array.from(mixture.weights, Math.log), [1, count]);

    const noiseShare = tf.expandDims(t, 1); // t [B, 1]
    const dataShare = tf.sub(1, noiseShare); // 1 - t [B, 1]
    const dataVariance = tf.mul(dataShare, variances0); // (1 - t) s_k^2 [B, K]
    const variance = tf.add(tf.mul(dataShare, dataVariance), tf.square(noiseShare)); // V_k [B, K]
    // x - (1 - t) m_k [B, K, D]
    const offsets = tf.sub(tf.expandDims(x, 1), tf.mul(tf.expandDims(dataShare, 2), means));
    const logJoint = tf.sub(
      tf.sub(
        condition === undefined ? logWeights : tf.add(logWeights, exclusion(condition.label, count)),
        tf.mul(tf.log(variance), 0.5 * dim),
      ),
      tf.div(tf.sum(tf.square(offsets), 2), tf.mul(variance, 2)),
    );
    const responsibilities = tf.softmax(logJoint, 1); // [B, K]
    const gains = tf.div(tf.sub(noiseShare, dataVariance), variance); // [B, K]
    const velocities = tf.sub(tf.mul(tf.expandDims(gains, 2), offsets), means); // [B, K, D]
    return tf.sum(tf.mul(tf.expandDims(responsibilities, 2), velocities), 1) as Tensor2D;
  });
}

/** [B, K]: 0 for the component of a label and for all under the null class, else as good as -infinity. */
function exclusion(label: Tensor1D, count: number): Tensor {
  const of = tf.expandDims(label, 1);
  const isAsked = tf.logicalOr(
    tf.equal(of, tf.expandDims(tf.range(0, count), 0)),
    tf.greaterEqual(of, count),
  );
  return tf.mul(tf.sub(1, tf.cast(isAsked, 'float32')), -1e9);
}

/**
 * The exact flow of dx/dt = v for data N(m, s^2) from time `from` to time `to`, per coordinate:
 *
 *   x(to) = (1 - to) m + sqrt(V(to) / V(from)) (x - (1 - from) m),   V(t) = (1 - t)^2 s^2 + t^2.
 */
export function gaussianFlow(x: number, from: number, to: number, mean: number, std: number): number {
  const spread = (t: number) => Math.hypot((1 - t) * std, t);
  return (1 - to) * mean + (spread(to) / spread(from)) * (x - (1 - from) * mean);
}
