/** Where the two losses look: the law of the durations d and that of the noising times r. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { FreeflowOptions } from './params.ts';

/**
 * Durations: the first ones 1, the rest of density p d^(p-1) on (0, 1].
 * @param uniform  at least [count] in [0, 1)  @param full  how many are 1
 * @returns [count]
 */
export function durationsOf(
  uniform: Tensor,
  { count, full, power }: { readonly count: number; readonly full: number; readonly power: number },
): Tensor1D {
  const ones = tf.ones([full]) as Tensor1D;
  if (full === count) return ones;
  const drawn = tf.sub(1, tf.slice(uniform, [full], [count - full]));
  return tf.concat([ones, power === 1 ? drawn : tf.pow(drawn, 1 / power)], 0) as Tensor1D;
}

type NoisingOptions = Pick<FreeflowOptions, 'noiseUniform' | 'noiseLogitMean' | 'noiseLogitStd'>;

/** What {@link noisingTimesOf} is made from. */
export function noisingKind({ noiseUniform }: NoisingOptions): 'uniform' | 'normal' {
  return noiseUniform ? 'uniform' : 'normal';
}

/** Noising times: those drawn, if uniform; else sigmoid(mean + std xi) of normal xi. @returns [B] */
export function noisingTimesOf(drawn: Tensor, options: NoisingOptions): Tensor1D {
  if (noisingKind(options) === 'uniform') return drawn as Tensor1D;
  return tf.sigmoid(tf.add(tf.mul(drawn, options.noiseLogitStd), options.noiseLogitMean)) as Tensor1D;
}
