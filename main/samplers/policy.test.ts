import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GaussianMixture, gaussianFlow } from '../maths/gaussian-mixture.ts';
import { type GmData, type GmOutput, gmDataFrom, gmPolicy, gmTempered } from '../maths/policy/gm-policy.ts';
import { rawTimeFromTime } from '../maths/policy/raw-time.ts';
import { evaluate } from '../maths/policy/testdata/evaluate.ts';
import { exactPosterior } from '../maths/policy/testdata/exact.ts';
import type { Policy } from '../maths/sampleable.ts';
import { Rng } from '../tensor/rng.ts';
import { flowMapStep, policySegment } from './policy.ts';

const normal = (stream: string, size: number) => new Rng(20261122, stream).fillNormal(new Float32Array(size));
const MEAN = 0.6;
const STD = 0.3;
const all = (count: number, value: number): Tensor1D => tf.fill([count], value) as Tensor1D;
const columned = (x: Tensor): Tensor => tf.reshape(x, [x.shape[0]!, -1, 1]);

/** The exact policy of N(MEAN, STD^2 I). */
function exactPolicy(dim: number, shift: number): Policy {
  const gaussian = new GaussianMixture({ means: [new Array<number>(dim).fill(MEAN)], stds: [STD] });
  return {
    kind: 'policy',
    shape: [dim],
    nfePerCall: 1,
    shift,
    parameters: (x, t) => ({ ...exactPosterior(gaussian, { x: columned(x), t }) }),
    velocity: (known, xSrc, tSrc, x, t) =>
      tf.reshape(
        gmPolicy(known as unknown as GmData, { x: columned(xSrc), t: tSrc })(columned(x), t),
        x.shape,
      ),
  };
}

/** A mixture policy whose output depends on nothing but the label it is asked for. */
const outputPolicy: Policy = {
  kind: 'policy',
  shape: [2],
  nfePerCall: 1,
  shift: 1,
  classes: 2,
  parameters(x, _, condition) {
    const B = x.shape[0]!;
    const means = tf.reshape(tf.tensor1d([-1, 0.5, 1, 0, 0.2, -0.8]), [1, 3, 2, 1]);
    const label = tf.reshape(condition?.label ?? all(B, 0), [B, 1, 1, 1]);
    return {
      means: tf.add(means, label),
      logWeights: tf.add(tf.zeros([B, 3, 1, 1]), tf.reshape(tf.tensor1d([0.3, 1, -0.5]), [1, 3, 1, 1])),
      logStd: tf.fill([B, 1, 1, 1], -1),
    };
  },
  velocity(known, xSrc, tSrc, x, t) {
    const source = { x: columned(xSrc), t: tSrc };
    return tf.reshape(
      gmPolicy(gmDataFrom(known as unknown as GmOutput, source), source)(columned(x), t),
      x.shape,
    );
  },
  tempered: (known, temperature) => ({ ...gmTempered(known as unknown as GmOutput, temperature) }),
};

const variance = (values: Float32Array): { mean: number; variance: number } => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
};

describe('a segment', () => {
  it('of an exact policy follows the flow, its records on the way', async () => {
    const B = 8;
    const x = normal('x', B);
    const { half, end } = await evaluate({ x: [[B, 1], x] }, (g) => {
      const [a, b] = policySegment(exactPolicy(1, 1), g['x']!, all(B, 1), all(B, 0.2), {
        records: 2,
        substeps: 64,
      });
      return { half: a!, end: b! };
    });
    x.forEach((z, i) => {
      // Euler with 64 steps of 1/160 and 1/80: errors of the order of the step.
      expect(half[i]).toBeCloseTo(gaussianFlow(z, 1, 0.6, MEAN, STD), 2);
      expect(Math.abs(end[i]! - gaussianFlow(z, 1, 0.2, MEAN, STD))).toBeLessThan(0.02);
    });
  });

  it('asks for what it is told, sample by sample', async () => {
    const B = 4;
    const { mixed, zero, one } = await evaluate({ x: [[B, 2], normal('x', B * 2)] }, (g) => {
      const ends = (labels: number[]) =>
        policySegment(outputPolicy, g['x']!, all(B, 1), all(B, 0), {
          records: 1,
          substeps: 4,
          condition: { label: tf.tensor1d(labels) },
        })[0]!;
      return { mixed: ends([0, 1, 0, 1]), zero: ends([0, 0, 0, 0]), one: ends([1, 1, 1, 1]) };
    });
    const row = (values: Float32Array, b: number) => [...values.subarray(2 * b, 2 * b + 2)];
    for (let b = 0; b < B; b++) {
      expect(row(mixed, b)).toEqual(row(b % 2 === 0 ? zero : one, b));
      expect(row(zero, b)).not.toEqual(row(one, b));
    }
  });
});

describe('temperature', () => {
  it('of 1 or more changes nothing, below it narrows what is sampled', async () => {
    const B = 2000;
    const { plain, warm, hot, drawn, drawnCold } = await evaluate(
      { x: [[B, 2], normal('x', B * 2)] },
      (g) => {
        const ends = (temperature?: number) =>
          policySegment(outputPolicy, g['x']!, all(B, 1), all(B, 0), {
            records: 1,
            substeps: 32,
            ...(temperature === undefined ? {} : { temperature }),
          })[0]!;
        // The mixture lies around x: what is drawn from it is how far the end lies from there.
        return {
          plain: ends(),
          warm: ends(1),
          hot: ends(7),
          drawn: tf.sub(ends(), g['x']!),
          drawnCold: tf.sub(ends(0.1), g['x']!),
        };
      },
    );
    expect(warm).toEqual(plain);
    expect(hot).toEqual(plain);
    // Cold, the likeliest component has 99 % of the weight and a tenth of the variance.
    expect(variance(drawnCold).variance).toBeLessThan(0.5 * variance(drawn).variance);
  });
});

describe('a step of the flow-map sampler', () => {
  const times = (count: number, from: number, to: number, shift: number): [Tensor1D, Tensor1D] => [
    rawTimeFromTime(all(count, from), shift),
    rawTimeFromTime(all(count, to), shift),
  ];

  it('with h = 0 is the plain segment, to the last bit', async () => {
    const B = 6;
    const { plain, step } = await evaluate(
      { x: [[B, 2], normal('x', B * 2)], noise: [[B, 2], normal('fresh', B * 2)] },
      (g) => {
        const [from, to] = times(B, 0.8, 0.3, 3.2);
        const options = { records: 1, substeps: 16 };
        const policy = exactPolicy(2, 3.2);
        return {
          plain: policySegment(policy, g['x']!, from, to, options)[0]!,
          step: flowMapStep(policy, g['x']!, from, to, g['noise']!, { ...options, stochasticity: 0 })[0]!,
        };
      },
    );
    expect(step).toEqual(plain);
  });

  it('with a tiny h is nearly it, and at the end of the path adds no noise', async () => {
    const B = 6;
    const { plain, tiny, end, quiet } = await evaluate(
      { x: [[B, 2], normal('x', B * 2)], noise: [[B, 2], normal('fresh', B * 2)] },
      (g) => {
        const options = { records: 1, substeps: 16 };
        const policy = exactPolicy(2, 1);
        const to = (t: number, h: number, noise: Tensor) =>
          flowMapStep(policy, g['x']!, all(B, 0.8), all(B, t), noise, { ...options, stochasticity: h })[0]!;
        return {
          plain: to(0.3, 0, g['noise']!),
          tiny: to(0.3, 1e-3, g['noise']!),
          end: to(0, 1, g['noise']!),
          quiet: to(0, 1, tf.mul(g['noise']!, 0)),
        };
      },
    );
    // sqrt(1 - m^2) is about h sqrt(2 log(1 / ratio)) = 2e-3.
    plain.forEach((x, i) => expect(Math.abs(tiny[i]! - x)).toBeLessThan(0.01));
    expect(end).toEqual(quiet);
  });

  it.each([
    [0.6, 1],
    [1.5, 1],
    [0.6, 3.2],
  ])('keeps the law of the data noised, h = %d at a shift of %d', async (h, shift) => {
    const B = 40_000;
    const policy = exactPolicy(1, shift);
    const found = await evaluate(
      { z: [[B, 1], normal('z', B)], one: [[B, 1], normal('one', B)], two: [[B, 1], normal('two', B)] },
      (g) => {
        const step = (x: Tensor, from: number, to: number, noise: Tensor) =>
          flowMapStep(policy, x, ...times(B, from, to, shift), noise, {
            records: 1,
            substeps: 64,
            stochasticity: h,
          })[0]!;
        const middle = step(g['z']!, 1, 0.6, g['one']!);
        const late = step(middle, 0.6, 0.25, g['two']!);
        // Less the means that they should have.
        return { middle: tf.sub(middle, 0.4 * MEAN), late: tf.sub(late, 0.75 * MEAN) };
      },
    );
    for (const [t, values] of [
      [0.6, found.middle],
      [0.25, found.late],
    ] as const) {
      const expected = (1 - t) ** 2 * STD ** 2 + t ** 2;
      const law = variance(values);
      // A variance of 40,000 draws is known to 0.7 %, a mean to std / 200; four of these, and as much
      // again for Euler's 64 steps.
      expect(Math.abs(law.variance / expected - 1)).toBeLessThan(0.05);
      expect(Math.abs(law.mean)).toBeLessThan(0.04 * Math.sqrt(expected));
    }
  });
});
