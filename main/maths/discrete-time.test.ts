import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../tensor/rng.ts';
import { DiscreteTime, velocityFieldFromNoise } from './discrete-time.ts';
import { evaluate } from './policy/testdata/evaluate.ts';
import { velocityFromNoise } from './time.ts';

const time = new DiscreteTime();
const LAST = 999;

/** Products of 1 - beta over the first k + 1 of a thousand betas, even from 1e-4 to 0.02. */
const alphaBarAt = (k: number): number => {
  let product = 1;
  for (let i = 0; i <= k; i++) product *= 1 - (1e-4 + ((0.02 - 1e-4) * i) / LAST);
  return product;
};
const ratioAt = (k: number): number => Math.sqrt((1 - alphaBarAt(k)) / alphaBarAt(k));

// Gaussian data N(m, s^2), whose noise and velocity are known.
const [m, s] = [0.7, 0.4];
const noiseOf = (xVp: number, ab: number): number =>
  (Math.sqrt(1 - ab) * (xVp - Math.sqrt(ab) * m)) / (ab * s ** 2 + 1 - ab);
const velocityOf = (x: number, t: number): number => {
  const variance = (1 - t) ** 2 * s ** 2 + t ** 2;
  return -m + ((t - (1 - t) * s ** 2) / variance) * (x - (1 - t) * m);
};
const value = fc.double({ min: -5, max: 5, noNaN: true });

describe('check 6: discrete time', () => {
  it('has the table and the end-points of DiT', () => {
    expect(time.alphaBars.length).toBe(LAST + 1);
    expect(time.alphaBars[LAST]).toBeCloseTo(4.0358e-5, 9);
    for (const k of [0, 1, 400, LAST]) {
      // A product of a thousand factors, each rounded to 1e-16.
      expect(Math.abs(time.alphaBars[k]! / alphaBarAt(k) - 1)).toBeLessThan(1e-12);
    }
    expect(time.low).toBeCloseTo(0.009901, 6);
    expect(time.high).toBeCloseTo(0.993687, 6);
    expect(1 / (1 - time.high)).toBeCloseTo(158.4, 1);
    expect([time.at(0).t, time.at(1).t]).toEqual([time.low, time.high]);
    expect(time.at(0).step).toBeCloseTo(0, 9);
    expect(time.at(1).step).toBeCloseTo(LAST, 9);
  });

  it('finds every whole step from the ratio of noise to data there', () => {
    for (let k = 0; k <= LAST; k++) {
      const r = ratioAt(k);
      // log r rounds to 1e-15 over intervals of at least 0.0049, and the table to 1e-13.
      expect(Math.abs(time.at(r / (1 + r)).step - k)).toBeLessThan(1e-9);
      expect(Math.abs(time.timeOf(k) - r / (1 + r))).toBeLessThan(1e-13);
    }
  });

  it('is log-linear between two steps, and there and back again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: LAST - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (k, f) => {
          const r = ratioAt(k) ** (1 - f) * ratioAt(k + 1) ** f;
          expect(Math.abs(time.timeOf(k + f) - r / (1 + r))).toBeLessThan(1e-12);
          expect(Math.abs(time.at(r / (1 + r)).step - (k + f))).toBeLessThan(1e-9);
        },
      ),
    );
  });

  it('turns the exact noise of Gaussian data into the exact velocity at the matching time', () => {
    fc.assert(
      fc.property(value, fc.double({ min: 0, max: 1, noNaN: true }), (x, anyTime) => {
        const { t, step, scale } = time.at(anyTime);
        // ab by the step alone, as a network sees it.
        const below = Math.floor(step);
        const share = step - below;
        const r = ratioAt(below) ** (1 - share) * ratioAt(Math.min(below + 1, LAST)) ** share;
        const found = velocityFromNoise(x, noiseOf(scale * x, 1 / (1 + r ** 2)), t);
        // 1 / (1 - t) reaches 158 at the last step.
        expect(Math.abs(found - velocityOf(x, t))).toBeLessThan(1e-9 * (1 + Math.abs(found)));
      }),
    );
  });

  it('refuses betas that leave no data or no noise', () => {
    for (const betas of [[], [0.1], [0.1, 1], [0, 0.1], [0.1, NaN]]) {
      expect(() => new DiscreteTime(betas)).toThrow('between 0 and 1');
    }
  });
});

describe('check 6: the field of a network that predicts noise', () => {
  /** The noise of Gaussian data as ops; ab between two steps by log r, as {@link DiscreteTime} has it. */
  const exactNoise = (xVp: Tensor, step: Tensor1D): Tensor => {
    const logs = Float32Array.from({ length: LAST + 1 }, (_, k) => Math.log(ratioAt(k)));
    const table = tf.tensor1d(logs);
    const below = tf.minimum(tf.floor(step), LAST - 1);
    const [a, b] = [0, 1].map((next) => tf.gather(table, tf.cast(tf.add(below, next), 'int32')));
    const r = tf.exp(tf.add(a!, tf.mul(tf.sub(step, below), tf.sub(b!, a!))));
    const signal = tf.expandDims(tf.rsqrt(tf.add(1, tf.square(r))), 1); // sqrt(ab)
    const noise = tf.mul(signal, tf.expandDims(r, 1)); // sqrt(1 - ab)
    const variance = tf.add(tf.mul(tf.square(signal), s ** 2), tf.square(noise));
    return tf.div(tf.mul(noise, tf.sub(xVp, tf.mul(signal, m))), variance);
  };
  const times = [
    ...[0, 1, 2, 37, 400, 998, LAST].map((k) => time.timeOf(k)),
    ...[0.02, 0.1, 0.25, 0.5, 0.77, 0.9, 0.97, 0.99],
    ...[0, 0.005, 0.995, 1],
  ];
  const B = times.length;
  const D = 3;
  const x = new Rng(6, 'states').fillNormal(new Float32Array(B * D));

  it('is the exact velocity, to the float32 that its division leaves', async () => {
    const field = velocityFieldFromNoise(
      (xVp, step) => tf.concat([exactNoise(xVp, step), tf.fill(xVp.shape, 1e9)], -1),
      time,
      { shape: [D], nfePerCall: 1 },
    );
    expect([field.kind, field.shape, field.nfePerCall]).toEqual(['velocity', [D], 1]);
    const found = await evaluate({ x: [[B, D], x], t: [[B], times] }, (g) => {
      const { step, scale } = time.atEach(g['t'] as Tensor1D);
      return { v: field.velocity(g['x']!, g['t'] as Tensor1D), step, scale };
    });
    times.forEach((each, i) => {
      const { t, step, scale } = time.at(each);
      // Two ulp of log r, 5e-7 each below 8, through an interval of at least 0.0049; and what an ulp of t,
      // 6e-8, is in log r, its derivative being 1 / (t (1 - t)).
      expect(Math.abs(found.step[i]! - step)).toBeLessThan((1e-6 + 6e-8 / (t * (1 - t))) / 0.0049);
      expect(Math.abs(found.scale[i]! - scale)).toBeLessThan(1e-6);
      for (let j = i * D; j < (i + 1) * D; j++) {
        // Some ulp of numbers below 4, over 1 - t; x0 = x - t v follows.
        const tolerance = 1e-6 * (1 + 1 / (1 - t));
        expect(Math.abs(found.v[j]! - velocityOf(x[j]!, t))).toBeLessThan(tolerance);
      }
    });
  });

  it('hands on what is asked for', async () => {
    const field = velocityFieldFromNoise(
      (xVp, _, condition) => tf.add(tf.zerosLike(xVp), tf.expandDims(condition!.label, 1)),
      time,
      { shape: [1], nfePerCall: 1, classes: 5 },
    );
    expect(field.classes).toBe(5);
    const { v } = await evaluate(
      {
        x: [
          [2, 1],
          [1, 1],
        ],
        t: [[2], [0.5, 0.75]],
        label: [[2], [2, 4]],
      },
      (g) => ({
        v: field.velocity(g['x']!, g['t'] as Tensor1D, { label: g['label'] as Tensor1D }),
      }),
    );
    expect([...v]).toEqual([2, 12]);
  });
});
