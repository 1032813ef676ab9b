import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import { type GmData, gmPolicy } from '../../maths/policy/gm-policy.ts';
import type { PolicySource, PolicyVelocity } from '../../maths/policy/policy.ts';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { exactPosterior } from '../../maths/policy/testdata/exact.ts';
import { Rng } from '../../tensor/rng.ts';
import { type ImitationOptions, imitateSegment, teacherShare } from './imitation.ts';
import type { Explorer } from './policy-head.ts';

const B = 16;
const J = 2;
const rng = (stream: string) => new Rng(20261122, stream);
const normal = (stream: string, size: number) => rng(stream).fillNormal(new Float32Array(size));
const uniform = (stream: string, size: number) => rng(stream).fillUniform(new Float32Array(size));

const mixture = new GaussianMixture({
  weights: [0.5, 0.2, 0.3],
  means: [
    [1, 0.5],
    [-1.2, 0],
    [0.3, -1.5],
  ],
  stds: [0.35, 0.35, 0.35],
});
/** As good as one point: its paths are straight. */
const point = new GaussianMixture({ means: [[0.7, -0.4]], stds: [1e-4] });

const whole: ImitationOptions = { states: J, segment: 1, window: 0, substeps: 8, shift: 1 };

interface Case {
  readonly data?: GaussianMixture;
  /** Teacher's share of the exploring; no mixing if left out. */
  readonly share?: number;
  /** Added to the means of the policy, of the policy that explores. */
  readonly off?: number;
  readonly explorerOff?: number;
  readonly from?: number;
  readonly options?: ImitationOptions;
}

/** Imitates the exact velocity of `data` by its exact posterior, moved by `off`. */
async function imitated({
  data = mixture,
  share,
  off = 0,
  explorerOff = off,
  from = 1,
  options = whole,
}: Case) {
  const { loss, arrival, gradient } = await evaluate(
    {
      x: [[B, 2, 1], normal('x', B * 2)],
      from: [[B], new Float32Array(B).fill(from)],
      places: [[B, J], uniform('places', B * J)],
      cuts: [[B, J - 1], uniform('cuts', B * (J - 1))],
      off: [[], [off]],
      share: [[], [share ?? 0]],
    },
    (g) => {
      // With a shift of 1 raw time is time.
      const source: PolicySource = { x: g['x']!, t: g['from'] as Tensor1D };
      const exact = exactPosterior(data, source);
      const moved = (by: Tensor | number): GmData => ({ ...exact, means: tf.add(exact.means, by) });
      const explorer: Explorer = {
        tensors: { ...moved(explorerOff) },
        policy: (tensors, at) => gmPolicy(tensors as unknown as GmData, at),
      };
      const teacher: PolicyVelocity = (x, t) =>
        tf.reshape(mixtureVelocityField(data).velocity(tf.reshape(x, [B, 2]), t), [B, 2, 1]);
      const at = (by: Tensor) =>
        imitateSegment(
          {
            source,
            policy: gmPolicy(moved(by), source),
            explorer,
            from: source.t,
            to: tf.maximum(tf.sub(source.t, options.segment), 0),
            places: g['places']!,
            ...(share === undefined ? {} : { mixing: { share: g['share'] as Scalar, cuts: g['cuts']! } }),
            teacher,
          },
          options,
        );
      const kept: { arrival?: Tensor } = {};
      const { value, grad } = tf.valueAndGrad((by: Tensor) => {
        const made = at(by);
        kept.arrival = tf.keep(made.arrival());
        return made.loss;
      })(g['off']!);
      return { loss: value, arrival: kept.arrival!, gradient: grad };
    },
  );
  return { loss: loss[0]!, arrival: [...arrival], gradient: gradient[0]! };
}

/** Of a mean square of velocities of size 1 in float32, divided by times down to some hundredths. */
const NOTHING = 1e-7;

describe('the share of the teacher', () => {
  it('is all at the first step, falls by equal parts, and is nothing from then on', async () => {
    const steps = [1, 2, 51, 101, 102, 1e6];
    const { share } = await evaluate({ step: [[steps.length], steps] }, (g) => ({
      share: teacherShare(g['step'] as unknown as Scalar, 100),
    }));
    expect([...share]).toEqual([1, expect.closeTo(0.99, 6), 0.5, 0, 0, 0]);
  });
});

describe('an exact policy', () => {
  it.each([
    ['in one segment', {}],
    ['in the second of two', { from: 0.5, options: { ...whole, segment: 0.5 } }],
    ['with the teacher sharing nothing any more', { share: 0 }],
    ['in the second of two, shared no more', { from: 0.5, share: 0, options: { ...whole, segment: 0.5 } }],
  ] satisfies [string, Case][])('has nothing to learn %s', async (_, given) => {
    expect((await imitated(given)).loss).toBeLessThan(NOTHING);
    // And a policy that is off has, or this would be met by a loss of nothing.
    const off = await imitated({ ...given, off: 0.1, explorerOff: 0 });
    expect(off.loss).toBeGreaterThan(1e-3);
    expect(Math.abs(off.gradient)).toBeGreaterThan(1e-3);
  });

  it.each([0.3, 0.8, 1])('of one point has nothing to learn at a share of %d, and arrives', async (share) => {
    const { loss, arrival } = await imitated({ data: point, share });
    expect(loss).toBeLessThan(NOTHING);
    // Straight paths: Euler steps of any length, the teacher's and its own, end on the point.
    arrival.forEach((x, i) => expect(x).toBeCloseTo(point.means[i % 2]!, 3));
  });

  it.each([0.3, 1])('averaged in as many steps as the teacher takes has not either, at %d', async (share) => {
    const options = { ...whole, substeps: 1, leastSubsteps: 1 };
    expect((await imitated({ share, options })).loss).toBeLessThan(NOTHING);
    // In more steps than the teacher takes it learns of the teacher's own error.
    expect((await imitated({ share })).loss).toBeGreaterThan(100 * NOTHING);
  });

  it('averaged over a short window has next to nothing to learn', async () => {
    const [short, long] = await Promise.all(
      [0.02, 0.2].map(async (window) => (await imitated({ options: { ...whole, window } })).loss),
    );
    // The average differs from the velocity by half the window times its change: the square goes as its own.
    expect(short).toBeLessThan(long! / 30);
    expect(short).toBeGreaterThan(0);
  });
});

describe('trajectory mixing', () => {
  it('at a share of 0 is no mixing, to the last bit', async () => {
    const given = { off: 0.2, explorerOff: 0.1, options: { ...whole, segment: 0.5 } };
    expect(await imitated({ ...given, share: 0 })).toEqual(await imitated(given));
  });

  it('at a share of 1 goes where the teacher goes, wherever the policy would', async () => {
    const [one, other] = [await imitated({ share: 1 }), await imitated({ share: 1, explorerOff: 3 })];
    expect(other.loss).toBe(one.loss);
    // The policy's own part has shrunk to rounding.
    one.arrival.forEach((x, i) => expect(other.arrival[i]).toBeCloseTo(x, 5));
    const half = [await imitated({ share: 0.5 }), await imitated({ share: 0.5, explorerOff: 3 })];
    expect(half[1]!.loss).not.toBeCloseTo(half[0]!.loss, 3);
  });

  it('carries the gradient of the averaged velocity', async () => {
    const { gradient } = await imitated({ share: 1, off: 0.1 });
    const h = 2e-3;
    const [up, down] = [
      await imitated({ share: 1, off: 0.1 + h }),
      await imitated({ share: 1, off: 0.1 - h }),
    ];
    // A central difference in float32: the loss keeps seven digits, its change over 2 h about four.
    expect(gradient / ((up.loss - down.loss) / (2 * h))).toBeCloseTo(1, 2);
  });
});
