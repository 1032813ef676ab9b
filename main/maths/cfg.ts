/** Classifier-free guidance (Ho and Salimans 2022) of a velocity, on an interval of times. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { timeColumn } from './interpolant.ts';
import type { Condition, VelocityField } from './sampleable.ts';

export interface Guidance {
  /** w; 1 is the plain conditional velocity and 0 the unconditional one. */
  readonly scale: number;
  /** Guidance is on where low <= t <= high, both ends included, and off (w = 1) elsewhere. */
  readonly low: number;
  readonly high: number;
  /**
   * Guides the first so many channels, and leaves the others conditional; all where left out. Channels
   * are the last axis of a sample, as in images [H, W, C]. DiT and SiT guide 3 of their 4.
   */
  readonly channels?: number;
  /** Guides across the expected data alone: see {@link acrossData}. */
  readonly orthogonal?: boolean;
}

/**
 * v_w = v_null + w (v_cond - v_null).
 * @param conditional   [B, ...]
 * @param unconditional [B, ...]
 * @param scale  one w, or one per sample [B]
 * @param channels  how many of the last axis are guided; those beyond are v_cond as it is
 * @returns [B, ...]
 * @throws RangeError if there are not as many channels
 */
export function guidedVelocity(
  conditional: Tensor,
  unconditional: Tensor,
  scale: number | Tensor1D,
  channels?: number,
): Tensor {
  return tf.tidy(() => {
    const w = typeof scale === 'number' ? scale : timeColumn(scale, conditional.rank);
    const guided = tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), w));
    if (channels === undefined) return guided;
    return tf.where(channelMask(conditional, channels), guided, conditional);
  });
}

/**
 * The unconditional velocity to guide away from where guidance must not touch how strong the expected
 * data is: v_null + <b, x0> / <x0, x0> x0, for the bias b = v_cond - v_null and the x0 = x - t v_cond that
 * the condition expects, so that what is left of the bias is orthogonal to x0. pi-Flow's orthogonal
 * guidance (Chen et al. 2025), in which the products run over a sample; here, over its guided channels.
 *
 * @param conditional [B, ...]  @param unconditional [B, ...]  @param x [B, ...]  @param t [B]
 * @returns [B, ...]
 */
export function acrossData(
  conditional: Tensor,
  unconditional: Tensor,
  x: Tensor,
  t: Tensor1D,
  channels?: number,
): Tensor {
  return tf.tidy(() => {
    const expected = tf.sub(x, tf.mul(timeColumn(t, x.rank), conditional));
    const data =
      channels === undefined
        ? expected
        : tf.mul(expected, tf.cast(channelMask(expected, channels), 'float32'));
    const axes = data.shape.map((_, axis) => axis).slice(1);
    const along = tf.mean(tf.mul(tf.sub(conditional, unconditional), data), axes, true);
    const length = tf.maximum(tf.mean(tf.square(data), axes, true), LEAST_SQUARE);
    return tf.add(unconditional, tf.mul(tf.div(along, length), data));
  });
}

/** Mean square of expected data below which it has no direction; pi-Flow's number. */
const LEAST_SQUARE = 1e-6;

/** True for the first `channels` of the last axis, [C]. */
function channelMask(like: Tensor, channels: number): Tensor {
  const count = like.shape.at(-1)!;
  if (!Number.isInteger(channels) || channels < 0 || channels > count) {
    throw new RangeError(`expected from 0 to ${count} guided channels, found ${channels}`);
  }
  return tf.less(tf.range(0, count), channels);
}

/** The guidance scale at one time (Kynkaanniemi et al. 2024, interval guidance). */
export function scaleAt({ scale, low, high }: Guidance, t: number): number {
  return low <= t && t <= high ? scale : 1;
}

/**
 * {@link scaleAt} for a batch of times. The bounds are compared in float32, as t is, so that a
 * time written as 0.6 lies on a bound written as 0.6.
 * @param t [B]  @returns [B]
 */
export function scalesAt({ scale, low, high }: Guidance, t: Tensor1D): Tensor1D {
  return tf.tidy(() => {
    const isInside = tf.logicalAnd(tf.greaterEqual(t, low), tf.lessEqual(t, high));
    return tf.where(isInside, tf.fill(t.shape, scale), tf.onesLike(t)) as Tensor1D;
  });
}

/**
 * A field under guidance: what is asked of it with a label becomes v_w, at two network calls; without
 * one, or under the null class, it is as it was. A scale in the condition replaces `scale`.
 *
 * @throws RangeError if the field has no classes to be guided by
 */
export function guidedField(field: VelocityField, guidance: Guidance): VelocityField {
  const { classes = 0 } = field;
  if (classes === 0) throw new RangeError('guidance needs a field with classes, found one without');
  return {
    ...field,
    nfePerCall: 2 * field.nfePerCall,
    velocity(x, t, condition) {
      if (condition === undefined) return field.velocity(x, t);
      const { label } = condition;
      const anyClass: Condition = { label: tf.fill(label.shape, classes) as Tensor1D };
      const { channels, orthogonal = false } = guidance;
      const conditional = field.velocity(x, t, { label });
      const free = field.velocity(x, t, anyClass);
      const unconditional = orthogonal ? acrossData(conditional, free, x, t, channels) : free;
      return guidedVelocity(conditional, unconditional, scalesFor(guidance, t, condition), channels);
    },
  };
}

function scalesFor(guidance: Guidance, t: Tensor1D, condition: Condition): Tensor1D {
  const within = scalesAt({ ...guidance, scale: condition.guidance === undefined ? guidance.scale : 2 }, t);
  if (condition.guidance === undefined) return within;
  // 1 + (w - 1) [t is inside]: `within` is 2 inside and 1 outside.
  return tf.add(1, tf.mul(tf.sub(condition.guidance, 1), tf.sub(within, 1))) as Tensor1D;
}
