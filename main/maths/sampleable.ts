import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/**
 * What a method produces and what samplers, metrics and views consume. All functions are written
 * in TensorFlow.js ops and are traceable: they hold parameters as tensors and compute nothing on
 * the host. B = batch; `shape` is the shape of one sample; time is t=1 noise, t=0 data.
 */
interface SampleableBase {
  /** Shape of one sample, e.g. [2]. */
  readonly shape: readonly number[];
  /** Network forward passes per call; a classifier-free-guidance pair counts 2. */
  readonly nfePerCall: number;
  /** Classes that samples can be asked for by `Condition.label`; 0 or left out where there are none. */
  readonly classes?: number;
}

/** What samples are asked for. Without one, samples of all classes and no guidance. */
export interface Condition {
  /** [B] index of the class; `classes`, one past the last, is the null class: any. */
  readonly label: Tensor1D;
  /** [B] guidance scale w, for what learnt to read one; 1 is none. */
  readonly guidance?: Tensor1D;
}

/** v(x, t) = E[noise - data | x_t = x], the right-hand side of dx/dt = v. */
export interface VelocityField extends SampleableBase {
  readonly kind: 'velocity';
  /** @param x [B, ...shape]  @param t [B] in [0, 1]  @returns [B, ...shape] */
  velocity(x: Tensor, t: Tensor1D, condition?: Condition): Tensor;
}

/**
 * How calls of a map follow one another: from time to time, or each one to the data and from there back
 * to the next time with fresh noise, as consistency models are.
 */
export type Chain = 'jump' | 'renoise';

/** f(z, d): the state after travelling a duration d in [0, 1] from the prior at t=1. */
export interface FlowMap extends SampleableBase {
  readonly kind: 'flowMap';
  /** @param z [B, ...shape] ~ N(0, I)  @param d [B] duration 1 - t  @returns [B, ...shape] */
  map(z: Tensor, d: Tensor1D, condition?: Condition): Tensor;
  /**
   * From a state at time `from` to one at time `to`, for maps that can start anywhere and so be chained.
   * @param x [B, ...shape]  @param from [B]  @param to [B], at most `from`  @returns [B, ...shape]
   */
  jump?(x: Tensor, from: Tensor1D, to: Tensor1D, condition?: Condition): Tensor;
  /**
   * How jumps are chained; left out where there is no `jump`.
   */
  readonly chain?: Chain;
}

/** One network call at (xSrc, tSrc) gives parameters of a velocity that needs no further network. */
export interface Policy extends SampleableBase {
  readonly kind: 'policy';
  /** Shift of the raw time in which its segments are even. */
  readonly shift: number;
  /** @returns named policy parameters, each [B, ...] */
  parameters(xSrc: Tensor, tSrc: Tensor1D, condition?: Condition): Record<string, Tensor>;
  /** Velocity of the policy at (x, t <= tSrc). @returns [B, ...shape] */
  velocity(parameters: Record<string, Tensor>, xSrc: Tensor, tSrc: Tensor1D, x: Tensor, t: Tensor1D): Tensor;
  /**
   * The parameters of a sharper policy, for those that can be sharpened; at 1 and above the same.
   * @param temperature  positive
   */
  tempered?(parameters: Record<string, Tensor>, temperature: number): Record<string, Tensor>;
  /**
   * Posterior weights of its components at (x, t), for policies that have some.
   * @returns [B, K], each row summing to 1
   */
  weights?(parameters: Record<string, Tensor>, xSrc: Tensor, tSrc: Tensor1D, x: Tensor, t: Tensor1D): Tensor;
}

/** x = g(noise) in one call; the noise need not have the shape of a sample. */
export interface Generator extends SampleableBase {
  readonly kind: 'generator';
  readonly noiseShape: readonly number[];
  /** @param noise [B, ...noiseShape] ~ N(0, I)  @returns [B, ...shape] */
  generate(noise: Tensor, condition?: Condition): Tensor;
}

/**
 * What a frozen encoder sees in samples: maps of features for losses, a vector for metrics. It makes no
 * samples.
 */
export interface FeatureMap extends SampleableBase {
  readonly kind: 'features';
  /** Numbers of `vector`. */
  readonly width: number;
  /** Named maps from fine to coarse, in a fixed order. @param x [B, ...shape]  @returns each [B, h, w, C] */
  maps(x: Tensor): Readonly<Record<string, Tensor>>;
  /** One vector for each sample. @param x [B, ...shape]  @returns [B, width] */
  vector(x: Tensor): Tensor;
  /** Of the `classes` that it tells apart, for an encoder that learnt to. @returns [B, classes] */
  logits?(x: Tensor): Tensor;
  /** How well it fills in what is hidden from it, for one that learnt to; for measuring alone. */
  readonly masked?: {
    /** Squares of an image, each hidden or not. */
    readonly squares: number;
    /**
     * Square errors at hidden places, summed for each image, and how many numbers that is.
     * @param x [B, ...shape]  @param draw [B, squares] uniform in [0, 1)  @returns each [B]
     */
    error(x: Tensor, draw: Tensor): { readonly sum: Tensor; readonly count: Tensor };
  };
}

export type Sampleable = VelocityField | FlowMap | Policy | Generator | FeatureMap;

/** What is known to be of a kind by the method that made it. @throws Error if it is of another */
export function kindOf<K extends Sampleable['kind']>(
  sampleable: Sampleable,
  kind: K,
): Extract<Sampleable, { kind: K }> {
  if (sampleable.kind !== kind) throw new Error(`expected a ${kind}, found a ${sampleable.kind}`);
  return sampleable as Extract<Sampleable, { kind: K }>;
}
