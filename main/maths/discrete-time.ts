/**
 * Networks that predict the noise of a variance-preserving path in discrete time (DDPM, DiT):
 *
 *   x_k = sqrt(ab_k) x0 + sqrt(1 - ab_k) eps,   k = 0 .. K - 1,   ab_k = prod_{i <= k} (1 - beta_i).
 *
 * That path and x_t = (1 - t) x0 + t n differ in scale alone where both have one ratio of noise to data,
 * r = t / (1 - t) = sqrt((1 - ab_k) / ab_k): there x_k = c x_t with c = 1 / sqrt((1 - t)^2 + t^2), and
 * eps = n. Between two steps log r is linear in k.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from './interpolant.ts';
import type { Condition, VelocityField } from './sampleable.ts';

/** DiT's: a thousand betas, even from 1e-4 to 0.02. */
const DIT_BETAS = { count: 1000, first: 1e-4, last: 0.02 };

/** What a network in discrete time is asked at a house time. */
interface Asked {
  /** House time, inside the range that the steps cover. */
  readonly t: number;
  /** k, between the steps too. */
  readonly step: number;
  /** c, by which the state is multiplied. */
  readonly scale: number;
}

export class DiscreteTime {
  /** ab_k, [K], falling. */
  readonly alphaBars: Float64Array;
  /** log r_k, [K], rising. */
  private readonly logRatios: Float64Array;

  /** @throws RangeError unless there are two betas or more, each between 0 and 1 */
  constructor(betas: ArrayLike<number> = evenly(DIT_BETAS)) {
    const given = Float64Array.from(betas);
    if (given.length < 2 || !given.every((beta) => beta > 0 && beta < 1)) {
      throw new RangeError('expected at least two betas, each between 0 and 1');
    }
    let logAlphaBar = 0;
    const logs = given.map((beta) => (logAlphaBar += Math.log1p(-beta)));
    this.alphaBars = logs.map(Math.exp);
    // From the logarithm: 1 - ab_0 = 1e-4 would lose four digits.
    this.logRatios = logs.map((log) => (Math.log(-Math.expm1(log)) - log) / 2);
  }

  /** House time of the first step, 0.009901 for DiT: less noise no step has. */
  get low(): number {
    return timeOfLogRatio(this.logRatios[0]!);
  }

  /** House time of the last step, 0.993687 for DiT: at t = 1 there would be no data to divide by. */
  get high(): number {
    return timeOfLogRatio(this.logRatios.at(-1)!);
  }

  /** House time of a step, whole or between two. @param step k in [0, K - 1] */
  timeOf(step: number): number {
    const below = Math.min(Math.max(Math.floor(step), 0), this.logRatios.length - 2);
    const [a, b] = [this.logRatios[below]!, this.logRatios[below + 1]!];
    return timeOfLogRatio(a + (step - below) * (b - a));
  }

  /** In float64. @param t  house time; beyond the steps it is that of the nearest */
  at(t: number): Asked {
    const time = Math.min(Math.max(t, this.low), this.high);
    const logRatio = Math.log(time / (1 - time));
    let step = 0;
    for (let j = 1; j < this.logRatios.length; j++) {
      const [a, b] = [this.logRatios[j - 1]!, this.logRatios[j]!];
      step += Math.min(Math.max((logRatio - a) / (b - a), 0), 1);
    }
    return { t: time, step, scale: 1 / Math.hypot(1 - time, time) };
  }

  /**
   * {@link at} in traceable ops, in float32. The step is the sum of how far log r has come through each
   * interval between two steps, every share in [0, 1]: exact without a search.
   *
   * @param t [B]  @returns [B] each
   */
  atEach(t: Tensor1D): Record<keyof Asked, Tensor1D> {
    return tf.tidy(() => {
      const time = tf.clipByValue(t, this.low, this.high);
      const rest = tf.sub(1, time);
      const logRatio = tf.log(tf.div(time, rest));
      const starts = this.logRatios.subarray(0, -1);
      const lengths = starts.map((start, j) => this.logRatios[j + 1]! - start);
      const come = tf.div(tf.sub(tf.expandDims(logRatio, 1), row(starts)), row(lengths)); // [B, K - 1]
      return {
        t: time,
        step: tf.sum(tf.clipByValue(come, 0, 1), 1) as Tensor1D,
        scale: tf.rsqrt(tf.add(tf.square(rest), tf.square(time))) as Tensor1D,
      };
    });
  }
}

/**
 * eps(x_k, k), as ops.
 *
 * @param xVp  [B, ...shape] on the variance-preserving path  @param step  [B] k, between the steps too
 * @returns [B, ...shape], or with more channels in the last axis, of which the first are the noise (DiT's
 *   others are its variance)
 */
type NoisePredictor = (xVp: Tensor, step: Tensor1D, condition?: Condition) => Tensor;

/**
 * The house velocity of a network that predicts noise in discrete time: v = (eps - x) / (1 - t).
 *
 * The division amplifies an error of eps 158 times at the last step, so eps must come in float32. It is
 * the one division there is: x0 = (x - t eps) / (1 - t) is the x - t v of this v, where v by way of x0
 * would be divided by t once more. Beyond the steps the velocity is that of the nearest one.
 */
export function velocityFieldFromNoise(
  predict: NoisePredictor,
  time: DiscreteTime,
  about: Omit<VelocityField, 'kind' | 'velocity'>,
): VelocityField {
  return {
    ...about,
    kind: 'velocity',
    velocity(x, t, condition) {
      const asked = time.atEach(t);
      const said = predict(tf.mul(x, timeColumn(asked.scale, x.rank)), asked.step, condition);
      const noise = tf.slice(said, new Array<number>(x.rank).fill(0), x.shape);
      return tf.div(tf.sub(noise, x), timeColumn(tf.sub(1, asked.t) as Tensor1D, x.rank));
    },
  };
}

function evenly({ count, first, last }: typeof DIT_BETAS): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => first + ((last - first) * i) / (count - 1));
}

/** t = r / (1 + r). */
function timeOfLogRatio(logRatio: number): number {
  return 1 / (1 + Math.exp(-logRatio));
}

function row(values: Float64Array): Tensor {
  return tf.tensor(Float32Array.from(values), [1, values.length]);
}
