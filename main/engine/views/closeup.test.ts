/** One sample looked at closely: its way, the data near it, what moves it. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ViewFrame, type ViewRequest, viewRequest } from '#contract/frames.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import type { Plan } from '../plan/plan.ts';
import { SamplingModel } from '../sampling/sampling.ts';
import {
  bentVelocity,
  exactFlowMap,
  exactGenerator,
  exactImages,
  exactPlan,
  exactPolicy,
  exactVelocity,
} from '../testing/exact-models.ts';
import { nearestData } from './nearest.ts';
import { computeView } from './views.ts';

const DIM = 12;
const START = { seed: 4, index: 7 };

function closeup(plan: Plan, view: Record<string, unknown> = {}): Promise<ViewFrame> {
  return compute(plan, { kind: 'closeup', start: START, ...view } as ViewRequest);
}

function compute(plan: Plan, view: ViewRequest): Promise<ViewFrame> {
  const model = new SamplingModel(plan, ortCpuExecutor(1));
  onTestFinished(() => model.dispose());
  return computeView({ run: 'r', step: 0, plan, model, state: {} }, viewRequest.parse(view));
}

function rows(values: Float32Array | undefined): number[][] {
  return Array.from({ length: values!.length / DIM }, (_, i) => [
    ...values!.subarray(i * DIM, (i + 1) * DIM),
  ]);
}

describe('the closeup of a sample', () => {
  it.each([
    ['velocity', bentVelocity(), { nfe: 5 }],
    ['velocity with noise on the way', bentVelocity(), { nfe: 5, sampler: 'sde' }],
    ['flow map', exactFlowMap(), { nfe: 1 }],
    ['policy', exactPolicy(), { nfe: 3, stochasticity: 0.3 }],
    ['generator', exactGenerator(), { nfe: 1 }],
  ] as const)('of a %s ends where the view of many has it', async (kind, sampleable, view) => {
    const plan = exactPlan(sampleable);
    const { arrays, nfe, count, dim } = await closeup(plan, { ...view, label: 2 });
    const many = await compute(plan, { kind: 'samples', count: 9, seed: START.seed, ...view, label: 2 });
    expect({ nfe, count, dim }).toEqual({ nfe: many.nfe, count: 1, dim: DIM });
    const sample = [...many.arrays['points']!.subarray(7 * DIM, 8 * DIM)];
    const end = [...arrays['states']!.slice(-DIM)];
    expect([...arrays['predictions']!.slice(-DIM)]).toEqual(end);
    // A path with all its states rolls a policy out in other substeps than one with its end alone.
    end.forEach((value, d) => expect(value).toBeCloseTo(sample[d]!, kind === 'policy' ? 5 : 12));
    const times = [...arrays['times']!];
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(arrays['states']).toHaveLength(times.length * DIM);
    expect(arrays['predictions']).toHaveLength(times.length * DIM);
    if (kind === 'generator') {
      expect([arrays['noise']!.length, times]).toEqual([5, [0]]);
      return;
    }
    expect([times[0], times.at(-1)]).toEqual([1, 0]);
    expect([...arrays['states']!.slice(0, DIM)]).toEqual([...arrays['noise']!]);
  });

  it('is of the class that images of this index are asked for', async () => {
    const { arrays } = await closeup(exactPlan(exactVelocity()), { nfe: 4 });
    expect([...arrays['labels']!]).toEqual([START.index % 3]);
    const asked = await closeup(exactPlan(exactVelocity()), { nfe: 4, label: START.index % 3 });
    expect(asked.arrays['labels']).toBeUndefined();
    expect(asked.arrays['states']).toEqual(arrays['states']);
  });

  it.each([
    ['velocity whose paths are straight', exactVelocity(), { nfe: 4 }],
    // What a path ends at is a tenth of its noise beside the class, all the way.
    ['flow map that jumps', exactFlowMap('jump'), { nfe: 1 }],
    ['flow map that starts at noise', exactFlowMap(), { nfe: 1 }],
    ['policy', exactPolicy(), { nfe: 1 }],
  ] as const)('of a %s predicts its end from everywhere', async (kind, sampleable, view) => {
    const { arrays } = await closeup(exactPlan(sampleable), { ...view, label: 2 });
    const noise = [...arrays['noise']!];
    const isExact = kind.startsWith('velocity');
    const times = [...arrays['times']!];
    rows(arrays['predictions']).forEach((row, i) => {
      // A map that jumps leaves a tenth of the state that it jumps from, whichever that is.
      if (kind === 'flow map that jumps' && times[i] !== 1) return;
      row.forEach((value, d) => expect(value).toBeCloseTo(2 + (isExact ? 0 : 0.1 * noise[d]!), 3));
    });
  });

  it('of a velocity predicts x - t v at each state, guided where it is', async () => {
    const plan = exactPlan(bentVelocity());
    const { arrays } = await closeup(plan, { nfe: 8, label: 2, guidance: 3 });
    const times = [...arrays['times']!];
    expect(times).toHaveLength(5);
    const [states, predictions] = [rows(arrays['states']), rows(arrays['predictions'])];
    for (const [i, t] of times.slice(0, -1).entries()) {
      const next = times[i + 1]!;
      states[i]!.forEach((x, d) => {
        // An Euler step along the same velocity.
        const v = (x - states[i + 1]![d]!) / (t - next);
        expect(predictions[i]![d]).toBeCloseTo(x - t * v, 4);
      });
    }
  });

  it('of a policy predicts by the network call of its segment', async () => {
    const { arrays } = await closeup(exactPlan(exactPolicy()), { nfe: 2, label: 1 });
    const [states, predictions] = [rows(arrays['states']), rows(arrays['predictions'])];
    const half = (states.length - 1) / 2;
    for (const [i, row] of predictions.slice(0, -1).entries()) {
      const source = states[i < half ? 0 : half]!;
      row.forEach((value, d) => expect(value).toBeCloseTo(1 + 0.1 * source[d]!, 3));
    }
  });

  it('has the way of the teacher from the same noise', async () => {
    const plan = exactPlan(exactFlowMap(), { teacher: exactVelocity() });
    const { arrays } = await closeup(plan, { label: 2, withTeacher: true });
    const states = rows(arrays['teacherStates']);
    expect(states).toHaveLength(arrays['teacherTimes']!.length);
    expect(states[0]).toEqual([...arrays['noise']!]);
    for (const value of states.at(-1)!) expect(value).toBeCloseTo(2, 1);
  });

  it('has the nearest data, of the training and held out, with their labels', async () => {
    const source = { ...exactImages(30), holdout: exactImages(2) };
    const plan = exactPlan(exactVelocity(), { source });
    const { arrays } = await closeup(plan, { nfe: 1, label: 2, nearest: 3 });
    expect([...arrays['nearestLabels']!]).toEqual([2, 2, 2]);
    expect(arrays['nearestDistances']!.every((each, i, all) => i === 0 || each >= all[i - 1]!)).toBe(true);
    expect(rows(arrays['nearest'])).toHaveLength(3);
    // Two are held out, and both are told.
    expect([...arrays['heldNearestLabels']!]).toEqual([1, 0]);
    expect(rows(arrays['heldNearest'])).toHaveLength(2);
    const without = await closeup(plan, { nfe: 1, nearest: 0 });
    expect(Object.keys(without.arrays).filter((name) => /earest/.test(name))).toEqual([]);
  });

  it('has the drift at the sample, against data of its class', async () => {
    // The mean of the data and of the generated, from where they are looked at.
    const plan = exactPlan(exactGenerator(), {
      source: exactImages(30),
      fields: {
        drift: (_, noise, data, queries) => ({
          attract: tf.sub(tf.mean(tf.reshape(data, [data.shape[0]!, DIM]), 0, true), queries!),
          repel: tf.zerosLike(queries!),
          samples: tf.zeros([noise.shape[0]!, DIM]),
        }),
      },
    });
    const { arrays } = await closeup(plan, { label: 1, driftCount: 64 });
    const sample = arrays['states']!;
    // Draws of the class lie between its number and a quarter above.
    arrays['attract']!.forEach((value, d) => {
      expect(value + sample[d]!).toBeGreaterThan(1);
      expect(value + sample[d]!).toBeLessThan(1.25);
    });
    expect([...arrays['repel']!]).toEqual(new Array(DIM).fill(0));
    expect(arrays['attractors']).toBeUndefined();
  });

  it('has what pulls and pushes it the most, with its share of all', async () => {
    const classes: string[] = [];
    const count = 16;
    const plan = exactPlan(exactGenerator(), {
      source: exactImages(30),
      fields: {
        drift: (_, noise, _data, queries, condition) => {
          classes.push(condition === undefined ? 'any' : 'one');
          const samples = tf.reshape(exactGenerator().generate(noise, condition), [count, DIM]);
          return { attract: tf.zerosLike(queries!), repel: tf.zerosLike(queries!), samples };
        },
        weights: (_, noise, data, _queries, condition) => ({
          // By their first number: the largest pull, and the smallest push.
          attract: tf.reshape(tf.slice(tf.reshape(data, [count, DIM]), [0, 0], [count, 1]), [1, count]),
          repel: tf.exp(tf.neg(tf.reshape(tf.slice(noise, [0, 0], [count, 1]), [1, count]))),
          samples: tf.reshape(exactGenerator().generate(noise, condition), [count, DIM]),
        }),
      },
    });
    const { arrays } = await closeup(plan, { label: 1, driftCount: count, nearest: 4 });
    expect(new Set(classes)).toEqual(new Set(['one']));
    for (const name of ['attractor', 'repeller']) {
      const weights = [...arrays[`${name}Weights`]!];
      expect(weights).toEqual([...weights].sort((a, b) => b - a));
      expect(weights.reduce((sum, each) => sum + each, 0)).toBeLessThan(1);
      expect(rows(arrays[`${name}s`])).toHaveLength(4);
    }
    const [attractors, repellers] = [rows(arrays['attractors']), rows(arrays['repellers'])];
    const shares = [...arrays['attractorWeights']!];
    attractors.forEach((row, k) =>
      expect(row[0]! / attractors[0]![0]!).toBeCloseTo(shares[k]! / shares[0]!, 5),
    );
    // Samples of the class lie at its number and their noise, the least of which pushes the most.
    repellers.forEach((row, k) => k > 0 && expect(row[0]).toBeGreaterThanOrEqual(repellers[k - 1]![0]!));
  });
});

describe('the nearest data', () => {
  const source = exactImages(3000);

  it('are those of a search of all, in order', async () => {
    const point = Float32Array.from({ length: DIM }, (_, d) => 0.9 + 0.05 * d);
    const { values, labels } = source.items!(0, 3000);
    const all = Array.from({ length: 3000 }, (_, i) => {
      const squared = point.reduce((sum, x, d) => sum + (x - values[i * DIM + d]!) ** 2, 0);
      return { distance: Math.sqrt(squared / DIM), label: labels[i] };
    }).sort((a, b) => a.distance - b.distance);
    const found = await nearestData(source, point, 5);
    expect([...found.labels!]).toEqual(all.slice(0, 5).map(({ label }) => label));
    [...found.distances].forEach((each, i) => expect(each).toBeCloseTo(all[i]!.distance, 6));
  });

  it('are the data themselves for one of them', async () => {
    const item = source.items!(1234, 1235).values;
    const { distances, values } = await nearestData(source, item, 1);
    expect([distances[0], values]).toEqual([0, item]);
  });

  it('may be mirror images, where training draws them', async () => {
    const turned = (from: number, to: number) => {
      const { values, labels } = source.items!(from, to);
      return { values: values.map((value) => -1 - value), labels };
    };
    const point = turned(2999, 3000).values;
    const found = await nearestData({ ...source, mirroredItems: turned }, point, 1);
    expect([found.distances[0], found.values]).toEqual([0, point]);
    expect((await nearestData(source, point, 1)).distances[0]).toBeGreaterThan(0.5);
  });

  it('are all there are where fewer are there than asked for', async () => {
    expect((await nearestData(exactImages(3), new Float32Array(DIM), 8)).distances).toHaveLength(3);
  });

  it('are not looked for any more once nobody waits', async () => {
    await expect(nearestData(source, new Float32Array(DIM), 8, { aborted: true })).rejects.toThrow(
      'cancelled after 0 of 3000 data compared',
    );
  });
});
