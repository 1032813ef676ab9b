/** A Gaussian student a + b z before a Gaussian teacher N(m, s^2), where both scores are known. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../../tensor/executors/ort.ts';
import { compileProgram } from '../../../tensor/program.ts';
import {
  column,
  computed,
  gap,
  gaussianVelocity,
  normals,
  uniforms,
  varianceAt,
  worst,
} from '../testdata/gaussian.ts';
import { matchingDirection, matchingLoss } from './losses.ts';

const m = 1.3;
const s = 0.7;
const B = 512;
const real = gaussianVelocity(m, s);
const inputs = {
  z: { shape: [B, 1], values: normals('z', B) },
  n: { shape: [B, 1], values: normals('n', B) },
  t: { shape: [B], values: uniforms('t', B).map((u) => 0.02 + 0.96 * u) },
};
type Given = Readonly<Record<string, Tensor>>;

/** g at the samples of a student that is known exactly. */
const directionOf = (
  a: number,
  b: number,
  { z, n, t }: Given,
  normalise: 'meanAbs' | 'none' = 'none',
): Tensor =>
  matchingDirection(
    { samples: tf.add(tf.mul(z!, b), a), noise: n!, t: t as Tensor1D },
    real,
    gaussianVelocity(a, b),
    normalise,
  );

describe('the direction', () => {
  it.each(['none', 'meanAbs'] as const)('(%s) is zero where the laws agree', async (normalise) => {
    const { agreed, apart } = await computed(inputs, (given) => ({
      agreed: directionOf(m, s, given, normalise),
      apart: directionOf(m + 0.1, s, given, normalise),
    }));
    expect(worst(agreed)).toBe(0);
    expect(worst(apart)).toBeGreaterThan(0.01);
  });

  it('takes the mean to that of the teacher: (a - m) t^2 / D at every sample of equal spread', async () => {
    const { above, below, unit } = await computed(inputs, (given) => ({
      above: directionOf(m + 0.4, s, given),
      below: directionOf(m - 0.4, s, given),
      unit: tf.div(tf.square(column(given['t'] as Tensor1D)), varianceAt(column(given['t'] as Tensor1D), s)),
    }));
    expect(
      gap(
        above,
        unit.map((value) => 0.4 * value),
      ),
    ).toBeLessThan(1e-5);
    expect(
      gap(
        below,
        unit.map((value) => -0.4 * value),
      ),
    ).toBeLessThan(1e-5);
  });

  it.each([
    ['wide', 1.2, 1],
    ['narrow', 0.3, -1],
  ])('takes the spread of a %s student to that of the teacher', async (_, b, sign) => {
    const { pull } = await computed(inputs, (given) => ({
      pull: tf.mul(directionOf(m, b, given), given['z']!),
    }));
    const mean = pull.reduce((sum, value) => sum + value, 0) / B;
    const variance = pull.reduce((sum, value) => sum + (value - mean) ** 2, 0) / B;
    // Far more than chance over the draws.
    expect(mean * sign).toBeGreaterThan(5 * Math.sqrt(variance / B));
  });

  it('is weighed by how far the teacher’s own guess is from the sample', async () => {
    const { weighed, expected } = await computed(inputs, (given) => {
      const { z, n, t } = given;
      const time = column(t as Tensor1D);
      const samples = tf.add(tf.mul(z!, s), m + 0.4);
      const noised = tf.add(tf.mul(tf.sub(1, time), samples), tf.mul(time, n!));
      // E[x0 | x_t] = m + (1-t) s^2 / D (x_t - (1-t) m).
      const gain = tf.div(tf.mul(tf.sub(1, time), s * s), varianceAt(time, s));
      const guess = tf.add(tf.mul(gain, tf.sub(noised, tf.mul(tf.sub(1, time), m))), m);
      const distance = tf.add(tf.abs(tf.sub(samples, guess)), 1e-3);
      return {
        weighed: tf.mul(directionOf(m + 0.4, s, given, 'meanAbs'), distance),
        expected: directionOf(m + 0.4, s, given),
      };
    });
    expect(gap(weighed, expected)).toBeLessThan(1e-4);
  });
});

describe('the loss', () => {
  it('has the direction as its gradient, by the element, and half its square as its value', async () => {
    const { gradient, direction, loss } = await computed(inputs, (given) => {
      const g = directionOf(m + 0.4, 1.1, given);
      const samples = tf.add(tf.mul(given['z']!, 1.1), m + 0.4);
      return {
        gradient: tf.mul(tf.grad((x: Tensor) => matchingLoss(x, g))(samples), B),
        direction: g,
        loss: matchingLoss(samples, g),
      };
    });
    // x - (x - g) in float32, at x near 2.
    expect(gap(gradient, direction)).toBeLessThan(1e-6);
    const squares = direction.reduce((sum, value) => sum + value ** 2, 0) / B;
    expect(loss[0]! / (0.5 * squares)).toBeCloseTo(1, 4);
  });

  it.each(['none', 'meanAbs'] as const)(
    '(%s) takes a student to the law of the teacher',
    async (normalise) => {
      // The fake velocity of a student a + b z, with both as tensors: exact at every step.
      const fakeOf =
        (a: Tensor, b: Tensor) =>
        (x: Tensor, t: Tensor1D): Tensor => {
          const time = column(t);
          const signal = tf.sub(1, time);
          const variance = tf.add(tf.square(tf.mul(signal, b)), tf.square(time));
          const gain = tf.div(tf.sub(tf.mul(signal, tf.square(b)), time), variance);
          return tf.neg(tf.add(tf.mul(gain, tf.sub(x, tf.mul(signal, a))), a));
        };
      const program = await compileProgram(ortCpuExecutor(1), {
        inputs: { ...inputs, a: { shape: [] }, b: { shape: [] } },
        run: (_, { z, n, t, a, b }) => {
          const lossOf = (mean: Tensor, spread: Tensor): Scalar => {
            const samples = tf.add(tf.mul(z!, spread), mean);
            const noised = { samples, noise: n!, t: t as Tensor1D };
            return matchingLoss(samples, matchingDirection(noised, real, fakeOf(a!, b!), normalise));
          };
          const [da, db] = tf.grads(lossOf as (...x: Tensor[]) => Tensor)([a!, b!]);
          return { outputs: { da: da!, db: db! } };
        },
      });
      let [a, b] = [-1, 1.6];
      const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.values]));
      for (let step = 0; step < 400; step++) {
        const at = { a: Float32Array.of(a), b: Float32Array.of(b) };
        const { da, db } = await program.run({ ...values, ...at });
        a -= 0.2 * da![0]!;
        b -= 0.2 * db![0]!;
      }
      await program.dispose();
      // There the direction is zero for any draws, so only the length of the descent limits it.
      expect(Math.abs(a - m)).toBeLessThan(0.02);
      expect(Math.abs(b - s)).toBeLessThan(0.02);
    },
  );
});
