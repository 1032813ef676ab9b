/**
 * The Gaussian-mixture policy of pi-Flow (GMFlow): one network call gives, for every place, a mixture
 * over the data; given any later state its posterior is known in closed form, and so is the velocity.
 * Chen et al. "pi-Flow: Policy-Based Few-Step Generation via Imitation Distillation", 2025.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { stopGradient } from '../../tensor/ops.ts';
import type { PolicySource, PolicyVelocity } from './policy.ts';

/** What the network says at the source; K components. */
export interface GmOutput {
  /** Means as velocities, [B, K, C, P]. */
  readonly means: Tensor;
  /** Logarithms of the weights up to a constant, [B, K, 1, P]. */
  readonly logWeights: Tensor;
  /** Logarithm of the one standard deviation in velocity units, [B, 1, 1, 1]. */
  readonly logStd: Tensor;
}

/** The mixture over the data at the source, in data units. */
export interface GmData {
  /** [B, K, C, P] */
  readonly means: Tensor;
  /** Normalised, [B, K, 1, P]. */
  readonly logWeights: Tensor;
  /** [B, 1, 1, 1] */
  readonly variance: Tensor;
}

const EPS = 1e-6;
/** Log-weight of a dropped component: its share underflows to zero, and nothing becomes NaN. */
const DROPPED = -1e9;

/** mu_k = x - t M_k, s^2 = exp(2 l) t^2. */
export function gmDataFrom(output: GmOutput, source: PolicySource): GmData {
  const t = perSample(source.t);
  return {
    means: tf.sub(tf.expandDims(source.x, 1), tf.mul(t, output.means)),
    logWeights: logSoftmaxOverComponents(output.logWeights),
    variance: tf.mul(tf.exp(tf.mul(output.logStd, 2)), tf.square(t)),
  };
}

/**
 * The policy pi(x, t) for t at or below the source's. With al = 1 - t,
 *
 *   zeta = (al / t)^2 - (al_s / t_s)^2,   nu = al x / t^2 - al_s x_s / t_s^2,
 *   mu'_k = (s^2 nu + mu_k) / (s^2 zeta + 1),
 *   a'_k  = a_k + <mu_k, nu - zeta mu_k / 2>_C / (s^2 zeta + 1),
 *   x0 = sum_k softmax(a')_k mu'_k,   pi = (x - x0) / t.
 *
 * Exact where the data is such a mixture. It divides by t: end a roll-out at 0, never evaluate there.
 */
export function gmPolicy(data: GmData, source: PolicySource): PolicyVelocity {
  return (x, t) => velocityFromData(x, gmExpectedData(data, source, x, t), t);
}

/** E[x0 | x at t] under the mixture, [B, C, P]. */
export function gmExpectedData(data: GmData, source: PolicySource, x: Tensor, t: Tensor1D): Tensor {
  const { logits, nu, spread } = evidenceOf(data, source, x, t);
  // sum_k softmax(a')_k mu'_k with all that no component has to itself taken out of the sum: a roll-out is
  // made of this, and over the K components every operation counts K-fold.
  const shares = tf.exp(tf.sub(logits, stopGradient(tf.max(logits, 1, true))));
  const mean = tf.div(tf.sum(tf.mul(shares, data.means), 1, true), tf.sum(shares, 1, true));
  return tf.squeeze(tf.div(tf.add(tf.mul(data.variance, nu), mean), spread), [1]);
}

/**
 * The mixture over the data once the state at t is known too: softmax(a') and mu' of {@link gmPolicy}.
 *
 * @param x  [B, C, P]
 * @returns weights [B, K, 1, P] that sum to 1 over K, and means [B, K, C, P]
 */
export function gmPosterior(
  data: GmData,
  source: PolicySource,
  x: Tensor,
  t: Tensor1D,
): { weights: Tensor; means: Tensor } {
  const { means, logWeights } = gmDataAt(data, source, x, t);
  return { weights: tf.exp(logWeights), means };
}

/**
 * The law of the state at `tLow` given the one at `tHigh`, a mixture over states. With al = 1 - t and
 * g = al_h / al_l, and the posterior softmax(a'), mu', s'^2 = s^2 / (s^2 zeta + 1) at the state:
 *
 *   b = 1 - (g t_l / t_h)^2,   mean_k = g (t_l / t_h)^2 x + b al_l mu'_k,
 *   variance = (b al_l)^2 s'^2 + b t_l^2.
 *
 * Its {@link gmNegativeLogLikelihood} of a state is GMFlow's transition loss; to draw from it is one step
 * of GM-SDE. At `tLow` 0 it is the posterior of the data.
 *
 * @param x  [B, C, P] state at `tHigh`
 * @param tHigh  [B] above 0, at most the source's  @param tLow  [B] at most `tHigh`, below 1
 */
export function gmReverseTransition(
  data: GmData,
  source: PolicySource,
  x: Tensor,
  tHigh: Tensor1D,
  tLow: Tensor1D,
): GmData {
  const { means, logWeights, variance } = gmDataAt(data, source, x, tHigh);
  const [high, low] = [perSample(tHigh), perSample(tLow)];
  const signalLow = tf.sub(1, low);
  const fade = tf.div(tf.sub(1, high), signalLow); // g
  const shrink = tf.square(tf.div(low, high)); // (t_l / t_h)^2
  const b = tf.sub(1, tf.mul(tf.square(fade), shrink));
  const gain = tf.mul(b, signalLow);
  return {
    means: tf.add(tf.mul(tf.mul(fade, shrink), tf.expandDims(x, 1)), tf.mul(gain, means)),
    logWeights,
    variance: tf.add(tf.mul(tf.square(gain), variance), tf.mul(b, tf.square(low))),
  };
}

/** The whole of {@link gmPosterior}: it is a mixture of one variance too. */
function gmDataAt(data: GmData, source: PolicySource, x: Tensor, t: Tensor1D): GmData {
  const { means, variance } = data;
  const { logits, nu, spread } = evidenceOf(data, source, x, t);
  return {
    logWeights: logSoftmaxOverComponents(logits),
    means: tf.div(tf.add(tf.mul(variance, nu), means), spread),
    variance: tf.div(variance, spread),
  };
}

/** What the state at t says of the components: a' up to a constant [B, K, 1, P], nu [B, 1, C, P], s^2 zeta + 1. */
function evidenceOf(
  { means, logWeights, variance }: GmData,
  source: PolicySource,
  x: Tensor,
  t: Tensor1D,
): { logits: Tensor; nu: Tensor; spread: Tensor } {
  const now = precision(x, t);
  const then = precision(source.x, source.t);
  const zeta = tf.sub(now.of, then.of); // [B, 1, 1, 1]
  const nu = tf.sub(now.pull, then.pull);
  const spread = tf.maximum(tf.add(tf.mul(variance, zeta), 1), EPS); // [B, 1, 1, 1]
  // The weights know differences only. From the centre of the means these are small numbers; from zero
  // they are what float32 leaves of two of size 1 / t^2.
  const centre = stopGradient(tf.mean(means, 1, true));
  const apart = tf.sub(means, centre);
  const pull = tf.div(tf.sub(nu, tf.mul(zeta, centre)), spread);
  const half = tf.div(tf.mul(zeta, 0.5), spread);
  const evidence = tf.sum(tf.mul(apart, tf.sub(pull, tf.mul(half, apart))), 2, true);
  return { logits: tf.add(logWeights, evidence), nu, spread };
}

/** The evidence of one state for the data: precision ((1 - t) / t)^2 and pull (1 - t) x / t^2. */
function precision(x: Tensor, t: Tensor1D): { of: Tensor; pull: Tensor } {
  const time = perSample(tf.maximum(t, EPS) as Tensor1D);
  const signal = tf.sub(1, time);
  return {
    of: tf.square(tf.div(signal, time)),
    pull: tf.mul(tf.div(signal, tf.square(time)), tf.expandDims(x, 1)),
  };
}

/**
 * The mixture sharpened towards q^(1/T): its weights to the power 1/T and its variance times T; at 1 or
 * above as it is. On the network's output, so that what is sampled may be sharpened without knowing how.
 */
export function gmTempered(output: GmOutput, temperature: number): GmOutput {
  if (temperature >= 1) return output;
  return {
    ...output,
    logWeights: tf.div(output.logWeights, temperature),
    logStd: tf.add(output.logStd, Math.log(temperature) / 2),
  };
}

/**
 * The mixture without some of its components, the same ones at every place of a sample; a sample that
 * would lose all keeps all.
 *
 * @param draws  [B, K] uniform in [0, 1)  @param rate  probability to drop a component
 */
export function gmDropout(data: GmData, draws: Tensor, rate: number): GmData {
  if (rate === 0) return data;
  const isKept = tf.cast(tf.greaterEqual(draws, rate), 'float32');
  const hasNone = tf.sub(1, tf.max(isKept, 1, true));
  const kept = tf.maximum(isKept, hasNone);
  const penalty = tf.mul(tf.sub(1, kept), DROPPED);
  const logWeights = tf.add(data.logWeights, tf.expandDims(tf.expandDims(penalty, 2), 3));
  return { ...data, logWeights: logSoftmaxOverComponents(logWeights) };
}

/**
 * Negative log-likelihood of data under the mixture, summed over channels, [B, P]:
 * -log sum_k w_k N(x0; mu_k, s^2 I).
 */
export function gmNegativeLogLikelihood({ means, logWeights, variance }: GmData, x0: Tensor): Tensor {
  const channels = x0.shape[1]!;
  const squares = tf.sum(tf.square(tf.sub(tf.expandDims(x0, 1), means)), 2, true);
  const logNormal = tf.sub(
    tf.div(squares, tf.mul(variance, -2)),
    tf.mul(tf.log(tf.mul(variance, 2 * Math.PI)), channels / 2),
  );
  const terms = tf.add(logWeights, logNormal);
  return tf.neg(tf.squeeze(logSumExpOverComponents(terms), [1, 2]));
}

/** (x - x0) / t. @param x [B, C, P] */
export function velocityFromData(x: Tensor, x0: Tensor, t: Tensor1D, leastTime = EPS): Tensor {
  return tf.div(tf.sub(x, x0), tf.reshape(tf.maximum(t, leastTime), [-1, 1, 1]));
}

function perSample(t: Tensor1D): Tensor {
  return tf.reshape(t, [-1, 1, 1, 1]);
}

function logSoftmaxOverComponents(logits: Tensor): Tensor {
  return tf.sub(logits, logSumExpOverComponents(logits));
}

function logSumExpOverComponents(logits: Tensor): Tensor {
  const most = tf.max(logits, 1, true);
  return tf.add(tf.log(tf.sum(tf.exp(tf.sub(logits, most)), 1, true)), most);
}
