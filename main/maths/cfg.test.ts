import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { acrossData, guidedVelocity, scaleAt, scalesAt } from './cfg.ts';

const conditional = tf.tensor2d([1, -2, 0.5, 3], [2, 2]);
const unconditional = tf.tensor2d([0.25, 4, -1, 3], [2, 2]);

describe('guidedVelocity', () => {
  it('check 5: is unconditional at w = 0, conditional at w = 1 and extrapolates beyond', () => {
    // Every number here is a short binary fraction: float32 keeps it exactly.
    const at = (w: number) => [...guidedVelocity(conditional, unconditional, w).dataSync()];
    expect(at(0)).toEqual([...unconditional.dataSync()]);
    expect(at(1)).toEqual([...conditional.dataSync()]);
    expect(at(2)).toEqual([1.75, -8, 2, 3]);
  });

  it('takes one scale per sample', () => {
    const guided = guidedVelocity(conditional, unconditional, tf.tensor1d([0, 2]));
    expect([...guided.dataSync()]).toEqual([0.25, 4, 2, 3]);
  });

  it('check 5: of 3 of 4 channels leaves channel 3 conditional, whatever the scale', () => {
    const shape: [number, number, number, number] = [2, 1, 2, 4]; // [B, H, W, C]
    const cond = tf.tensor4d([1, 2, 3, 4, -1, -2, -3, -4, 5, 6, 7, 8, -5, -6, -7, -8], shape);
    const free = tf.neg(tf.sqrt(tf.abs(cond)));
    for (const scale of [0, 1, 2.5, tf.tensor1d([0, 4])]) {
      const whole = [...guidedVelocity(cond, free, scale).dataSync()];
      const three = [...guidedVelocity(cond, free, scale, 3).dataSync()];
      const expected = whole.map((value, i) => (i % 4 === 3 ? cond.dataSync()[i]! : value));
      expect(three).toEqual(expected);
      expect([...guidedVelocity(cond, free, scale, 4).dataSync()]).toEqual(whole);
    }
    expect(() => guidedVelocity(cond, free, 2, 5)).toThrow('from 0 to 4 guided channels');
  });
});

describe('orthogonal guidance', () => {
  // Short binary fractions: x0 = x - t v_cond is [2, 1] and [0.5, 0].
  const x = tf.tensor2d([2.5, 0, 0.75, 1.5], [2, 2]);
  const t = tf.tensor1d([0.5, 0.5]);
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>, row: number) =>
    a[2 * row]! * b[2 * row]! + a[2 * row + 1]! * b[2 * row + 1]!;

  it('has a bias orthogonal to the expected data, and the rest of it as it was', () => {
    const free = acrossData(conditional, unconditional, x, t);
    const left = tf.sub(conditional, free).dataSync();
    const taken = tf.sub(free, unconditional).dataSync();
    const data = [2, 1, 0.5, 0];
    for (const row of [0, 1]) {
      // float32, and a division by 5 in one row.
      expect(dot(left, data, row)).toBeCloseTo(0, 5);
      expect(taken[2 * row]! * data[2 * row + 1]!).toBeCloseTo(taken[2 * row + 1]! * data[2 * row]!, 5);
    }
    // (b . x0) / (x0 . x0) x0 by hand, b = [0.75, -6] and [1.5, 0].
    expect([...taken]).toEqual([-1.8, -0.9, 1.5, 0].map((value) => expect.closeTo(value, 5) as number));
  });

  it('within the guided channels knows of no other', () => {
    const free = acrossData(conditional, unconditional, x, t, 1);
    expect([...free.dataSync()]).toEqual([1, 4, 0.5, 3]);
  });

  it('of data without a direction is guidance as it was', () => {
    const still = tf.mul(conditional, 0.5);
    expect([...acrossData(conditional, unconditional, still, t).dataSync()]).toEqual([
      ...unconditional.dataSync(),
    ]);
  });
});

describe('interval guidance', () => {
  const guidance = { scale: 2.5, low: 0.1, high: 0.6 };

  it('check 5: includes both ends', () => {
    expect([0, 0.1, 0.3, 0.6, 0.601, 1].map((t) => scaleAt(guidance, t))).toEqual([1, 2.5, 2.5, 2.5, 1, 1]);
  });

  it('check 5: says the same for a batch', () => {
    const times = [0, 0.0999, 0.1, 0.3, 0.6, 0.601, 1];
    const scales = [...scalesAt(guidance, tf.tensor1d(times)).dataSync()];
    expect(scales).toEqual(times.map((t) => scaleAt(guidance, t)));
  });
});
