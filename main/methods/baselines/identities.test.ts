/** Data N(m, s^2) in one dimension, where the average velocity between any two times is known. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type AverageVelocity, type Regression, atArrival, atStart, regressionLoss } from './identities.ts';
import {
  column,
  computed,
  gap,
  gaussianPath,
  gaussianVelocity,
  normals,
  uniforms,
  worst,
} from './testdata/gaussian.ts';
import { arrival } from './two-time-map.ts';

const data = { m: 1.3, s: 0.7 };
const B = 64;
const v = gaussianVelocity(data.m, data.s);
const unweighted = { p: 0, eps: 1e-3 };

/** (x - X) / d along the exact path. */
const exact: AverageVelocity = (x, t, d) =>
  tf.div(tf.sub(x, gaussianPath(x, t, tf.sub(t, d) as Tensor1D, data)), column(d));

/** Some smooth student that is not exact. */
const some: AverageVelocity = (x, t, d) =>
  tf.add(tf.sin(tf.add(tf.mul(x, 0.7), tf.mul(column(d), 2))), tf.mul(x, column(t)));

const plus =
  (U: AverageVelocity, a: Tensor | number): AverageVelocity =>
  (x, t, d) =>
    tf.add(U(x, t, d), tf.mul(a, tf.cos(tf.add(x, tf.sub(column(t), column(d))))));

const t = uniforms('t', B).map((u) => 0.2 + 0.8 * u);
const inputs = {
  x: { shape: [B, 1], values: normals('x', B) },
  t: { shape: [B], values: t },
  // Away from 0, where the closed form itself divides by d, and at most t.
  d: { shape: [B], values: uniforms('d', B).map((u, i) => t[i]! * (0.2 + 0.8 * u)) },
};
type At = { x: Tensor; t: Tensor1D; d: Tensor1D };
const found = <N extends string>(fn: (at: At) => Record<N, Tensor>): Promise<Record<N, Float32Array>> =>
  computed(inputs, (given) => fn(given as unknown as At));

const identities = {
  arrival: (U: AverageVelocity, at: At): Regression => atArrival(U, v, at.x, at.t, at.d),
  start: (U: AverageVelocity, at: At): Regression => atStart(U, v(at.x, at.t), at.x, at.t, at.d),
};

describe.each(Object.entries(identities))('the identity at the %s', (_, identity) => {
  it('holds for the exact average velocity, whose loss is zero', async () => {
    const { residual, loss } = await found((at) => {
      const regression = identity(exact, at);
      return {
        residual: tf.sub(regression.average, regression.target),
        loss: regressionLoss(regression, unweighted).loss,
      };
    });
    // float32 through a difference of numbers near 1 that is divided by d >= 0.04, then by d again.
    expect(worst(residual)).toBeLessThan(5e-4);
    expect(loss[0]).toBeLessThan(1e-7);
  });

  it('is off by the order of the error of the student', async () => {
    const losses = await found((at) => ({
      coarse: regressionLoss(identity(plus(exact, 0.2), at), unweighted).loss,
      fine: regressionLoss(identity(plus(exact, 0.1), at), unweighted).loss,
    }));
    expect(losses.fine[0]).toBeGreaterThan(1e-4);
    // Twice the error, four times the loss; at the arrival v is not linear, which leaves a third order.
    expect(losses.coarse[0]! / losses.fine[0]!).toBeGreaterThan(3.6);
    expect(losses.coarse[0]! / losses.fine[0]!).toBeLessThan(4.4);
  });

  it('sends its gradient through U alone, and not through the target', async () => {
    const { given, expected } = await found((at) => {
      const { average, target } = identity(some, at);
      const phi = tf.cos(tf.add(at.x, tf.sub(column(at.t), column(at.d))));
      const lossOf = (a: Tensor): Scalar => regressionLoss(identity(plus(some, a), at), unweighted).loss;
      return {
        given: tf.grad(lossOf)(tf.scalar(0)),
        expected: tf.mul(2, tf.mean(tf.mul(tf.sub(average, target), phi))),
      };
    });
    expect(Math.abs(expected[0]!)).toBeGreaterThan(1e-2);
    expect(gap(given, expected)).toBeLessThan(1e-5);
  });

  it('asks for the velocity itself over no time', async () => {
    const { target, velocity } = await found(({ x, t: time }) => ({
      target: identity(some, { x, t: time, d: tf.zerosLike(time) }).target,
      velocity: v(x, time),
    }));
    expect(gap(target, velocity)).toBe(0);
  });
});

describe('MeanFlow', () => {
  it('may take the velocity of single paths for their mean', async () => {
    const { mean, apart } = await found(({ x, t: time, d }) => {
      const velocity = v(x, time);
      const residual = (spread: number): Tensor => {
        const { average, target } = atStart(exact, tf.add(velocity, spread), x, time, d);
        return tf.sub(average, target);
      };
      const [above, below] = [residual(0.9), residual(-0.9)];
      return { mean: tf.div(tf.add(above, below), 2), apart: tf.sub(above, below) };
    });
    expect(worst(mean)).toBeLessThan(5e-4);
    // Either alone says something else.
    expect(Math.min(...apart.map(Math.abs))).toBeGreaterThan(0.5);
  });
});

describe('the weights', () => {
  it('make all samples count alike for p = 1, and carry no gradient', async () => {
    const { weighted, bound, given, expected } = await found((at) => {
      const regression = identities.start(some, at);
      const squares = tf.mean(tf.square(tf.sub(regression.average, regression.target)), 1);
      const p1 = { p: 1, eps: 1e-3 };
      const scaled = (a: Tensor): Scalar =>
        regressionLoss({ ...regression, average: tf.mul(a, regression.average) }, p1).loss;
      const { average, target } = regression;
      const pull = tf.mean(tf.mul(tf.mul(2, tf.sub(average, target)), average), 1);
      return {
        weighted: regressionLoss(regression, p1).loss,
        bound: tf.mean(tf.div(squares, tf.add(squares, 1e-3))),
        given: tf.grad(scaled)(tf.scalar(1)),
        expected: tf.mean(tf.div(pull, tf.add(squares, 1e-3))),
      };
    });
    expect(weighted[0]).toBeCloseTo(bound[0]!, 5);
    expect(Math.abs(given[0]! / expected[0]! - 1)).toBeLessThan(1e-4);
  });
});

describe('the exact map', () => {
  it('goes from time to time as in one go', async () => {
    const { twice, once } = await found(({ x, t: time, d }) => {
      const half = tf.div(d, 2) as Tensor1D;
      const middle = arrival(exact, x, time, half);
      return {
        twice: arrival(exact, middle, tf.sub(time, half) as Tensor1D, half),
        once: arrival(exact, x, time, d),
      };
    });
    expect(gap(twice, once)).toBeLessThan(1e-5);
  });
});
