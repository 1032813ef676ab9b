/** The generator of a Drifting model: noise, and the class and guidance where it is asked for them, to samples. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Condition } from '../../maths/sampleable.ts';
import { applyMlp, initMlp, mlpParameterShapes } from '../../models/mlp/mlp.ts';
import {
  type ResidualMlpShape,
  applyResidualMlp,
  initResidualMlp,
  residualMlpShapes,
} from '../../models/mlp/residual-mlp.ts';
import type { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, packingOf } from '../../tensor/tree.ts';
import type { DriftingOptions } from './params.ts';

export interface DriftGenerator {
  readonly packing: Packing;
  /** Numbers of noise of a sample. */
  readonly noiseDim: number;
  init(rng: Rng): Record<string, Float32Array>;
  /**
   * @param noise [B, noiseDim]
   * @param condition  a class for each sample; where there are classes and none is asked for, the last
   *   number of the noise chooses one, so that samples of any class are of all in equal shares
   * @returns [B, dim]
   */
  generate(parameters: Readonly<Record<string, Tensor>>, noise: Tensor, condition?: Condition): Tensor2D;
}

/** @param classes  0 for a generator that is not asked for any */
export function driftGenerator(
  options: DriftingOptions,
  sampleShape: readonly number[],
  classes: number,
): DriftGenerator {
  const { noiseDim, width, depth, startSpread, startCentre, unconditional } = options;
  const isResidual =
    options.network === 'residual' || (options.network === 'auto' && sampleShape.length === 3);
  const shape: ResidualMlpShape = {
    inputs: noiseDim,
    outputs: sizeOf(sampleShape),
    width,
    depth,
    classes,
    readsGuidance: classes > 0 && unconditional > 0,
  };
  const plain = { ...shape, timeChannels: 0 };
  return {
    packing: packingOf(isResidual ? residualMlpShapes(shape) : mlpParameterShapes(plain)),
    noiseDim: classes > 0 ? noiseDim + 1 : noiseDim,
    init(rng) {
      const parameters = isResidual
        ? initResidualMlp(shape, rng, startSpread)
        : initMlp(plain, rng, { lastGain: startSpread });
      // With biases of zero samples begin around the origin.
      parameters[isResidual ? 'output.bias' : `layers.${depth}.bias`]!.set(startCentre);
      return parameters;
    },
    generate(parameters, noise, condition) {
      const asked = classes > 0 ? completed(noise, classes, condition) : undefined;
      const read = classes > 0 ? tf.slice(noise, [0, 0], [noise.shape[0]!, noiseDim]) : noise;
      return isResidual
        ? applyResidualMlp(shape, parameters, read, asked)
        : applyMlp(plain, parameters, read, undefined, asked);
    },
  };
}

/** The condition with a class for every sample, that of the noise where none or any is asked for. */
function completed(noise: Tensor, classes: number, condition: Condition | undefined): Condition {
  const batch = noise.shape[0]!;
  const last = tf.slice(noise, [0, noise.shape[1]! - 1], [batch, 1]);
  const bounds = tf.tensor2d(normalQuantiles(classes), [1, classes - 1]);
  const chosen = (
    classes === 1 ? tf.zeros([batch]) : tf.sum(tf.cast(tf.greater(last, bounds), 'float32'), 1)
  ) as Tensor1D;
  if (condition === undefined) return { label: chosen };
  const isAny = tf.greaterEqual(condition.label, classes);
  return { ...condition, label: tf.where(isAny, chosen, condition.label) as Tensor1D };
}

/** Where a standard normal is cut into `parts` of equal mass: its quantiles at i / parts, 0 < i < parts. */
export function normalQuantiles(parts: number): number[] {
  return Array.from({ length: parts - 1 }, (_, i) => {
    const share = (i + 1) / parts;
    let [low, high] = [-9, 9];
    // Bisection of the distribution function: once a program, and exact enough for float32 at any share.
    for (let round = 0; round < 60; round++) {
      const middle = (low + high) / 2;
      if (normalDistribution(middle) < share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  });
}

/** Phi(x), by Marsaglia's series x + x^3 / 3 + x^5 / 15 + ... (2004): exact to rounding for |x| below 7. */
function normalDistribution(x: number): number {
  let [sum, term] = [x, x];
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && i < 400; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
