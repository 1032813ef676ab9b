import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../executors/ort.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import type { Graph } from '../graph.ts';
import type { RepeatAttributes } from '../kernels/repeat.ts';
import { repeat } from '../repeat.ts';
import { Rng } from '../rng.ts';
import { trace } from '../trace.ts';
import { optimized } from './index.ts';

type Body = (x: Tensor, known: { w: Tensor; b: Tensor }, round: Tensor) => Tensor;

/** `count` rounds of a body over x [2, 3] with w [3] and b [2, 1]. */
function loopOf(body: Body, count = 4): Graph {
  return trace({ x: { shape: [2, 3] }, w: { shape: [3] }, b: { shape: [2, 1] } }, ({ x, w, b }) => ({
    y: repeat(count, x!, { w: w!, b: b! }, body),
    // Equal to what a round computes: once it is outside, the two are shared.
    beside: tf.exp(w!),
  }));
}

const INPUTS = Object.fromEntries(
  Object.entries({ x: 6, w: 3, b: 2 }).map(([name, size]) => [
    name,
    new Rng(3, name).fillNormal(new Float32Array(size)),
  ]),
);

function bodyOf(graph: Graph): string[] {
  const loop = graph.nodes.findLast(({ kernel }) => kernel === 'Repeat')!;
  return (loop.attrs as unknown as RepeatAttributes).body.nodes.map(({ kernel }) => kernel);
}

const bodies: Record<string, { body: Body; left: string[] }> = {
  'some of a round': {
    body: (x, { w, b }) => tf.add(tf.mul(x, tf.exp(w)), tf.sin(tf.mul(b, tf.exp(w)))),
    left: ['Multiply', 'Add'],
  },
  'with constants of the round': {
    body: (x, { w }) => tf.add(x, tf.mul(tf.tensor1d([1, 2, 4]), tf.add(w, 0.5))),
    left: ['Add'],
  },
  'what depends on the round': {
    body: (x, { w }, round) => tf.add(x, tf.mul(tf.exp(w), tf.sin(round))),
    left: ['Sin', 'Multiply', 'Add'],
  },
  'all of a round': { body: (_, { w, b }) => tf.add(tf.tanh(w), b), left: [] },
  'a loop of the round': {
    body: (x, { w }) =>
      tf.add(
        x,
        repeat(3, tf.exp(w), { w }, (z, { w: inner }) => tf.mul(z, tf.cos(inner!))),
      ),
    left: ['Add'],
  },
};

describe.each(Object.entries(bodies))('%s', (_, { body, left }) => {
  it('is computed once, before the loop', () => {
    expect(bodyOf(optimized(loopOf(body)))).toEqual(left);
  });

  it('stays what it was', async () => {
    // As traced by the reference, against the lightened loop by both.
    const graph = loopOf(body);
    const expected = await (await referenceExecutor().compile(graph)).run(INPUTS);
    for (const executor of [referenceExecutor(), ortCpuExecutor(1)]) {
      const executable = await executor.compile(optimized(graph));
      const found = await executable.run(INPUTS);
      // A few float32 roundings of numbers of size 10.
      expected['y']!.forEach((value, i) => expect(found['y']![i]).toBeCloseTo(value, 4));
      expect(found['beside']).toHaveLength(3);
      await executable.dispose();
    }
  });
});

it('leaves a loop of no rounds alone', () => {
  expect(bodyOf(optimized(loopOf((x, { w }) => tf.add(x, tf.exp(w)), 0)))).toEqual(['Exp', 'Add']);
});

it('shares what it moved with its equals outside', () => {
  const kernels = optimized(loopOf(bodies['some of a round']!.body)).nodes.map(({ kernel }) => kernel);
  expect(kernels.filter((kernel) => kernel === 'Exp')).toHaveLength(1);
});
