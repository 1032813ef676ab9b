import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { classWeightAt, correctOf, crossEntropy } from './losses.ts';

const LOGITS = [2, 0, -1, 0, 1000, -1000, 0.5, 0.5, 0.5, 3, 1, 2];
const LABELS = [0, 1, 2, 3];
const given = { logits: [[4, 3], LOGITS], labels: [[4], LABELS] } as const;

it('is -log p of the class, without overflow, and nothing for an image of no class', async () => {
  const { loss } = await evaluate(given, ({ logits, labels }) => ({
    loss: crossEntropy(logits!, labels!, 0),
  }));
  const partition = Math.log(Math.exp(2) + 1 + Math.exp(-1));
  [partition - 2, 0, Math.log(3), 0].forEach((wanted, i) => expect(loss[i]).toBeCloseTo(wanted, 5));
});

it('shares a smoothed target among all classes', async () => {
  const { loss } = await evaluate(given, ({ logits, labels }) => ({
    loss: crossEntropy(logits!, labels!, 0.3),
  }));
  const partition = Math.log(Math.exp(2) + 1 + Math.exp(-1));
  const mean = (2 + 0 - 1) / 3;
  expect(loss[0]).toBeCloseTo(partition - 0.7 * 2 - 0.3 * mean, 5);
  expect(loss[2]).toBeCloseTo(Math.log(3), 5);
  expect(loss[3]).toBe(0);
});

it('has the gradient p - target', async () => {
  const { gradient, p } = await evaluate(given, ({ logits, labels }) => ({
    gradient: tf.grad((x) => tf.sum(crossEntropy(x, labels!, 0)))(logits!),
    p: tf.softmax(logits!),
  }));
  for (let i = 0; i < 9; i++) {
    const target = Math.floor(i / 3) === i % 3 ? 1 : 0;
    expect(gradient[i]).toBeCloseTo(p[i]! - target, 5);
  }
  expect([...gradient.slice(9)]).toEqual([0, 0, 0]);
});

it('says whether the likeliest class is the right one', async () => {
  const { correct } = await evaluate(given, ({ logits, labels }) => ({
    correct: correctOf(logits!, labels!),
  }));
  expect([...correct]).toEqual([1, 1, 0, 0]);
});

it('lets classes in late, and slowly', async () => {
  const steps = [1, 60, 70, 80, 100];
  const { weights } = await evaluate({ steps: [[5], steps] }, (tensors) => ({
    weights: tf.stack(
      tf.unstack(tensors['steps']!).map((step) => classWeightAt(step as Scalar, 100, 0.5, 0.6)),
    ),
  }));
  // Of 100 steps the last 60 have classes; the weight rises in the first 20 of those.
  [0, 0.5, 0.5, 0.5, 0.5].forEach((wanted, i) => expect(weights[i]).toBeCloseTo(wanted, 5));
  const rising = await evaluate({ step: [[], [45]] }, ({ step }) => ({
    weight: classWeightAt(step as Scalar, 100, 0.5, 0.6),
  }));
  expect(rising.weight[0]).toBeCloseTo(0.125, 5);
});
