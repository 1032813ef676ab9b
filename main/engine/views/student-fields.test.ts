/** Fields of students: exact ones are their teachers, any others have the law that defines them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ViewFrame, type ViewRequest, viewRequest } from '#contract/frames.ts';
import { type RunConfigInput, runConfig } from '#contract/runs.ts';
import { sourceOf } from '../plan/plan.ts';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import { type GmData, gmPolicy, gmPosterior } from '../../maths/policy/gm-policy.ts';
import { exactPosterior } from '../../maths/policy/testdata/exact.ts';
import type { FlowMap, Policy, Sampleable } from '../../maths/sampleable.ts';
import type { Method } from '../../methods/method.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { Rng } from '../../tensor/rng.ts';
import { type Plan, planOf } from '../plan/plan.ts';
import { noiseFor } from '../sampling/noise.ts';
import { SamplingModel } from '../sampling/sampling.ts';
import { computeView } from './views.ts';
import { openedEngine, trainedRun } from '../testing/opened-engine.ts';

type Compute = (view: ViewRequest) => Promise<ViewFrame>;

function computeWith(plan: Plan, state: Record<string, Float32Array>): Compute {
  const model = new SamplingModel(plan, ortCpuExecutor(1));
  onTestFinished(() => model.dispose());
  return (view) => computeView({ run: 'r', step: 0, plan, model, state }, viewRequest.parse(view));
}

/** A student without parameters, of a teacher in closed form. */
function exactStudent(
  mixture: GaussianMixture,
  { standardNfe = 1, ...sampleable }: Sampleable & { standardNfe?: number },
): Compute {
  const { kind } = sampleable;
  const chain = kind === 'flowMap' && sampleable.chain ? { chain: sampleable.chain } : {};
  const plan = {
    method: { produces: kind, views: ['velocity'], title: 'Exact' } as unknown as Method,
    bound: {
      layout: {},
      sampledState: [],
      noiseShape: [mixture.dim],
      nfePerCall: 1,
      standardNfe,
      sampleable: () => sampleable,
      ...chain,
    },
    source: sourceOf({ id: 'eight-gaussians', params: {} }, []),
    sampleShape: [mixture.dim],
    teacher: () => mixtureVelocityField(mixture),
  } as unknown as Plan;
  return computeWith(plan, {});
}

/** A student of the product as it is before its first step, of the exact velocity of eight Gaussians. */
function freshStudent(method: string, params: Record<string, unknown>): { compute: Compute; plan: Plan } {
  const config = runConfig.parse({
    method,
    params,
    dataset: { id: 'eight-gaussians' },
    steps: 10,
    teacher: 'analytic',
  });
  const noFolder = (): never => {
    throw new Error('an analytic teacher has no folder');
  };
  const plan = planOf(config, [], { teacher: noFolder, encoder: noFolder }, () => undefined);
  const state = plan.bound.init(new Rng(3, 'test'));
  const sampled = Object.fromEntries(plan.bound.sampledState.map((name) => [name, state[name]!]));
  return { compute: computeWith(plan, sampled), plan };
}

function residual({ arrays: { vectors, teacher } }: ViewFrame): number {
  return Math.max(...Array.from(vectors!, (value, i) => Math.abs(value - teacher![i]!)));
}

function rowsOf(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, i) => [
    ...values.subarray(i * width, (i + 1) * width),
  ]);
}

const gaussian = new GaussianMixture({ means: [[0.5, -0.25]], stds: [0.6] });
const triangle = new GaussianMixture({
  means: [
    [1, 0],
    [-0.5, 0.8],
    [-0.5, -0.9],
  ],
  stds: [0.3, 0.3, 0.3],
  weights: [0.5, 0.3, 0.2],
});

/** sqrt((1 - t)^2 s^2 + t^2) and (1 - t) m. */
function gaussianAt(t: Tensor1D): { spread: Tensor; centre: Tensor } {
  const column = tf.expandDims(t, 1);
  const signal = tf.sub(1, column);
  return {
    spread: tf.sqrt(tf.add(tf.square(tf.mul(signal, gaussian.stds[0]!)), tf.square(column))),
    centre: tf.mul(signal, tf.tensor2d([Array.from(gaussian.means)])),
  };
}

/** From t = 1, where the spread is 1 and the centre 0, x(t) = (1 - t) m + spread(t) z. */
const exactMap: FlowMap = {
  kind: 'flowMap',
  shape: [2],
  nfePerCall: 1,
  map: (z, d) => {
    const { spread, centre } = gaussianAt(tf.sub(1, d) as Tensor1D);
    return tf.add(centre, tf.mul(spread, z));
  },
};

const exactJumps: FlowMap = {
  ...exactMap,
  chain: 'jump',
  jump: (x, from, to) => {
    const [here, there] = [gaussianAt(from), gaussianAt(to)];
    return tf.add(there.centre, tf.mul(tf.div(there.spread, here.spread), tf.sub(x, here.centre)));
  },
};

function exactPolicy(shift: number): Policy {
  const column = (x: Tensor): Tensor => tf.reshape(x, [-1, 2, 1]);
  return {
    kind: 'policy',
    shape: [2],
    nfePerCall: 1,
    shift,
    parameters: (x, t) => ({ ...exactPosterior(triangle, { x: column(x), t }) }),
    velocity: (data, xSrc, tSrc, x, t) =>
      tf.reshape(gmPolicy(data as unknown as GmData, { x: column(xSrc), t: tSrc })(column(x), t), x.shape),
    weights: (data, xSrc, tSrc, x, t) => {
      const source = { x: column(xSrc), t: tSrc };
      return tf.reshape(gmPosterior(data as unknown as GmData, source, column(x), t).weights, [-1, 3]);
    },
  };
}

/** p(k | x at t) of a mixture. */
function responsibilities(mixture: GaussianMixture, x: readonly number[], t: number): number[] {
  const logs = Array.from({ length: mixture.count }, (_, k) => {
    const variance = (1 - t) ** 2 * mixture.stds[k]! ** 2 + t ** 2;
    const apart = x.map((value, d) => value - (1 - t) * mixture.means[k * mixture.dim + d]!);
    const squares = apart.reduce((sum, each) => sum + each ** 2, 0);
    return Math.log(mixture.weights[k]!) - squares / (2 * variance) - Math.log(variance);
  });
  const largest = Math.max(...logs);
  const parts = logs.map((log) => Math.exp(log - largest));
  const total = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / total);
}

describe('an exact flow map', () => {
  it.each([0, 0.3, 1])('generates with the velocity of its teacher at t = %f', async (t) => {
    const compute = exactStudent(gaussian, exactMap);
    const frame = await compute({ kind: 'velocity', on: 'samples', t, count: 64, seed: 4 });
    expect(frame.arrays['points']).toHaveLength(128);
    // Rounding of float32 alone: velocities of a few units.
    expect(residual(frame)).toBeLessThan(2e-5);
  });

  it('has no velocity at a place unless it can start there', async () => {
    const onGrid = { kind: 'velocity', on: 'grid', grid: 5, extent: 2, t: 0.4 } as const;
    const fromNoise = await exactStudent(gaussian, exactMap)(onGrid);
    expect(Object.keys(fromNoise.arrays).sort()).toEqual(['points', 'teacher']);
    const anywhere = await exactStudent(gaussian, exactJumps)(onGrid);
    expect(residual(anywhere)).toBeLessThan(2e-5);
    expect(anywhere.arrays['teacher']).toEqual(fromNoise.arrays['teacher']);
  });
});

describe('an exact policy', () => {
  /**
   * The evidence of a state goes like (1/t)^2, and float32 rounds it: it leaves about 1e-5 of a velocity
   * from t = 0.1 on, and 1e-3 where t is 1/1024.
   */
  const tolerances = [
    [1, 1e-5],
    [0.5, 1e-5],
    [0.1, 1e-4],
    [0, 5e-3],
  ] as const;

  it.each([
    [1, 1],
    [2, 1],
    [4, 3.2],
  ])('imitates its teacher along %i calls with shift %f, and everywhere else', async (nfe, shift) => {
    const compute = exactStudent(triangle, exactPolicy(shift));
    for (const [t, tolerance] of tolerances) {
      const own = await compute({ kind: 'velocity', on: 'samples', t, nfe, count: 64 });
      expect(residual(own)).toBeLessThan(tolerance);
      const field = await compute({ kind: 'velocity', on: 'grid', t, nfe, grid: 5, extent: 2, source: 3 });
      expect(residual(field)).toBeLessThan(tolerance);
    }
  });

  it('has the posterior of the mixture as its weights', async () => {
    const compute = exactStudent(triangle, exactPolicy(1));
    const t = 0.5;
    for (const on of ['samples', 'grid'] as const) {
      const { arrays, count } = await compute({ kind: 'velocity', on, t, count: 40, grid: 6, nfe: 2 });
      const points = rowsOf(arrays['points']!, 2);
      rowsOf(arrays['weights']!, 3).forEach((row, i) => {
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
        responsibilities(triangle, points[i]!, t).forEach((share, k) => expect(row[k]).toBeCloseTo(share, 3));
      });
      expect(arrays['weights']).toHaveLength(3 * count);
    }
  });

  it('is looked at near its end, for it divides by the time', async () => {
    const compute = exactStudent(triangle, exactPolicy(1));
    const frame = await compute({ kind: 'velocity', on: 'samples', t: 0, count: 16 });
    for (const values of Object.values(frame.arrays)) expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe('FreeFlow before its first step', () => {
  const small = { width: 16, depth: 2, batch: 8 };

  it('generates with the slope of its own map, and is compared with its teacher there', async () => {
    const { compute, plan } = freshStudent('freeflow', small);
    const [count, h] = [8, 1 / 256];
    const at = (t: number) => compute({ kind: 'velocity', on: 'samples', t, count });
    for (const t of [0.25, 0.6]) {
      const [before, here, after] = [await at(t + h), await at(t), await at(t - h)];
      const points = here.arrays['points']!;
      points.forEach((_, i) => {
        const slope = (before.arrays['points']![i]! - after.arrays['points']![i]!) / (2 * h);
        // The error of the difference: h^2/6 of a third derivative, and rounding of a float32 over 2h.
        expect(here.arrays['vectors']![i]).toBeCloseTo(slope, 2);
      });
      const exact = plan.source!.mixture!.velocity(points, t);
      exact.forEach((value, i) => expect(here.arrays['teacher']![i]).toBeCloseTo(value, 4));
      expect(residual(here)).toBeGreaterThan(0.1);
    }
  });

  it('starts from the noise that every view starts from', async () => {
    const { compute } = freshStudent('freeflow', small);
    const frame = await compute({ kind: 'velocity', on: 'samples', t: 1, count: 5, seed: 9 });
    expect([...frame.arrays['points']!]).toEqual([...noiseFor(9, 10)]);
  });
});

describe('pi-Flow before its first step', () => {
  const params = { width: 16, depth: 2, batch: 8, components: 5, nfe: 2 };

  it.each([0.9, 0.3])('is at its own states what it is at those places, at t = %f', async (t) => {
    const { compute } = freshStudent('piflow', params);
    const own = await compute({ kind: 'velocity', on: 'samples', t, count: 6 });
    // Before the middle one network call has been made, after it two.
    expect(own.nfe).toBe(t > 0.5 ? 1 : 2);
    for (const source of [0, 4]) {
      const point = rowsOf(own.arrays['points']!, 2)[source]!;
      const probe = await compute({ kind: 'probe', point, t, source });
      for (const [name, width] of [
        ['vectors', 2],
        ['teacher', 2],
        ['weights', 5],
      ] as const) {
        const row = rowsOf(own.arrays[name]!, width)[source]!;
        rowsOf(probe.arrays[name]!, width)[0]!.forEach((value, i) => expect(value).toBeCloseTo(row[i]!, 4));
      }
    }
  });

  it('differs from sample to sample away from its own states', async () => {
    const { compute } = freshStudent('piflow', params);
    const field = (source: number) => compute({ kind: 'velocity', on: 'grid', t: 0.7, grid: 4, source });
    const [first, second] = [await field(0), await field(1)];
    expect(first.arrays['teacher']).toEqual(second.arrays['teacher']);
    expect(first.arrays['vectors']).not.toEqual(second.arrays['vectors']);
  });

  it('has the weights of one sample at all times, as they are at each', async () => {
    const { compute } = freshStudent('piflow', params);
    const whole = await compute({ kind: 'velocity', on: 'samples', t: 0.5, count: 6, weightsOf: 2 });
    const { weightTimes, weightsOver } = whole.arrays;
    const over = rowsOf(weightsOver!, 5);
    expect(over).toHaveLength(weightTimes!.length);
    // Near t = 0 the evidence is a million: its rounding is seen in the sum.
    for (const row of over) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 4);
    for (const index of [0, 16, 48]) {
      const t = weightTimes![index]!;
      const { arrays } = await compute({ kind: 'velocity', on: 'samples', t, count: 6 });
      rowsOf(arrays['weights']!, 5)[2]!.forEach((weight, k) => {
        expect(over[index]![k]).toBeCloseTo(weight, 4);
      });
    }
    expect(weightTimes![0]).toBe(1);
    expect([...weightTimes!]).toEqual([...weightTimes!].sort((a, b) => b - a));
  });

  it('of a grid policy has no components', async () => {
    const { compute } = freshStudent('piflow', { ...params, policy: 'dx' });
    const frame = await compute({ kind: 'velocity', on: 'samples', t: 0.5, count: 4, weightsOf: 0 });
    expect(Object.keys(frame.arrays).sort()).toEqual(['points', 'teacher', 'vectors']);
  });
});

it('a trained student gives its field through the wire', async () => {
  const { client } = openedEngine();
  const config: RunConfigInput = {
    method: 'piflow',
    params: { width: 16, depth: 1, batch: 32, components: 4 },
    dataset: { id: 'eight-gaussians' },
    steps: 20,
    evalEvery: 0,
    filmFrames: 2,
    executor: 'ort-cpu',
    teacher: 'analytic',
  };
  const { id: run } = await trainedRun(client, config);
  const view = { kind: 'velocity', on: 'samples', t: 0.5, count: 7 } as const;
  const frame = await client.call('views.compute', { run, view });
  expect(frame).toMatchObject({ kind: 'velocity', step: 20, count: 7, dim: 2, nfe: 1 });
  const sizes = Object.entries(frame.arrays).map(([name, values]) => [name, values.length]);
  expect(Object.fromEntries(sizes)).toEqual({ points: 14, vectors: 14, teacher: 14, weights: 28 });
});
