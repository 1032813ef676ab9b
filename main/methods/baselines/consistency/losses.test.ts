/** Data N(m, s^2) in one dimension, where the end of every path is known. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  column,
  computed,
  gap,
  gaussianPath,
  gaussianVelocity,
  normals,
  uniforms,
  worst,
} from '../testdata/gaussian.ts';
import { consistencyLoss, consistencyOf, gridSize, gridTimes, teacherStep } from './losses.ts';

const data = { m: 1.3, s: 0.7 };
const B = 64;
const v = gaussianVelocity(data.m, data.s);
const inputs = {
  x: { shape: [B, 1], values: normals('x', B) },
  t: { shape: [B], values: uniforms('t', B).map((u) => 0.3 + 0.7 * u) },
};

/** U of the exact f, (x - f) / t. */
const exact = (x: Tensor, t: Tensor1D): Tensor =>
  tf.div(tf.sub(x, gaussianPath(x, t, tf.zerosLike(t), data)), column(t));

describe('f', () => {
  it('is its input at t = 0, whatever the network', async () => {
    const some = (x: Tensor, t: Tensor1D): Tensor => tf.add(tf.exp(x), column(t));
    const { still, moved } = await computed(inputs, ({ x, t }) => ({
      still: tf.sub(consistencyOf(some)(x!, tf.zerosLike(t!) as Tensor1D), x!),
      moved: tf.sub(consistencyOf(some)(x!, t as Tensor1D), x!),
    }));
    expect(worst(still)).toBe(0);
    expect(worst(moved)).toBeGreaterThan(0.1);
  });

  /** Largest change of the exact f along one teacher step. */
  const changes = async (solver: 'euler' | 'heun'): Promise<number[]> => {
    const f = consistencyOf(exact);
    const steps = [0.2, 0.1, 0.05];
    const found = await computed(inputs, ({ x, t }) =>
      Object.fromEntries(
        steps.map((size) => {
          const h = tf.fill([B], size) as Tensor1D;
          const nearer = teacherStep(v, x!, t as Tensor1D, h, solver);
          return [`at${size}`, tf.sub(f(nearer, tf.sub(t!, h) as Tensor1D), f(x!, t as Tensor1D))];
        }),
      ),
    );
    return steps.map((size) => worst(found[`at${size}`]!));
  };

  // A step of order p errs by h^(p+1), and f is smooth.
  it.each([
    ['euler', 2],
    ['heun', 3],
  ] as const)(
    'is the same along an exact path, but for the error of one %s step: order %i',
    async (solver, order) => {
      const [coarse, middle, fine] = (await changes(solver)) as [number, number, number];
      // Higher orders of h still show at 0.2, less so at 0.1.
      expect(Math.log2(coarse / middle)).toBeGreaterThan(order - 0.5);
      expect(Math.log2(middle / fine)).toBeGreaterThan(order - 0.3);
      expect(Math.log2(middle / fine)).toBeLessThan(order + 0.3);
    },
  );
});

describe('the grid', () => {
  it('doubles in equal stages from the first to the last', async () => {
    const steps = [1, 25, 26, 50, 51, 76, 100];
    const found = await computed({ k: { shape: [], values: new Float32Array(1) } }, () => ({
      sizes: tf.stack(steps.map((k) => gridSize(tf.scalar(k), 100, { first: 8, last: 64 }))),
      capped: gridSize(tf.scalar(100), 100, { first: 10, last: 64 }),
      fixed: gridSize(tf.scalar(1), 100, { first: 64, last: 64 }),
    }));
    expect([...found.sizes]).toEqual([8, 8, 16, 16, 32, 64, 64]);
    expect(found.capped[0]).toBe(64);
    expect(found.fixed[0]).toBe(64);
  });

  it('is met evenly, at noise and never at the data', async () => {
    const N = 7;
    const share = Float32Array.from({ length: 7 * 100 }, (_, i) => (i + 0.5) / 700);
    share[699] = 1 - 2 ** -24;
    const { times } = await computed({ u: { shape: [700], values: share } }, ({ u }) => ({
      times: gridTimes(u!, tf.scalar(N)),
    }));
    const counts = new Map<number, number>();
    for (const time of times) {
      const place = Math.round(time * N);
      expect(Math.abs(time * N - place)).toBeLessThan(1e-5);
      counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    expect([...counts].sort(([a], [b]) => a - b)).toEqual(Array.from({ length: N }, (_, i) => [i + 1, 100]));
    expect(Math.max(...times)).toBe(1);
  });
});

describe('the loss', () => {
  it.each(['squared', 'huber'] as const)(
    '(%s) is zero at its target and moves what is found alone',
    async (distance) => {
      const { none, both, one } = await computed(inputs, ({ x }) => {
        const target = tf.add(x!, 0.5);
        const both = (a: Tensor): Scalar => consistencyLoss(tf.mul(a, x!), tf.mul(a, target), distance);
        const one = (a: Tensor): Scalar => consistencyLoss(tf.mul(a, x!), target, distance);
        const at = tf.scalar(1);
        return { none: consistencyLoss(x!, x!, distance), both: tf.grad(both)(at), one: tf.grad(one)(at) };
      });
      expect(worst(none)).toBeLessThan(1e-9);
      expect(Math.abs(one[0]!)).toBeGreaterThan(1e-3);
      expect(gap(both, one)).toBe(0);
    },
  );

  it('(huber) grows like the length of a long difference and pulls no harder than 1', async () => {
    const { long, pull } = await computed(inputs, ({ x }) => ({
      long: consistencyLoss(tf.add(x!, 50), x!, 'huber'),
      pull: tf.grad((found: Tensor) => tf.mul(consistencyLoss(found, x!, 'huber'), B))(tf.add(x!, 50)),
    }));
    expect(long[0]).toBeCloseTo(50, 2);
    expect(gap(pull, new Float32Array(B).fill(1))).toBeLessThan(1e-5);
  });
});
