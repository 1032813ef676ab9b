import { expect, it } from 'vitest';
import type { ViewFrame } from '#contract/frames.ts';
import { driftOf, lastRecord, neighboursOf, stepAt, stepsOf, wayOf } from './close-up.ts';

function frameOf(arrays: ViewFrame['arrays']): ViewFrame {
  return { run: 'a', kind: 'closeup', step: 1, nfe: 1, computeMs: 1, count: 1, dim: 2, arrays };
}

it('a strip shows a few steps, evenly, with both ends', () => {
  expect(stepsOf(5)).toEqual([0, 1, 2, 3, 4]);
  const many = stepsOf(129);
  expect(many).toHaveLength(13);
  expect([many[0], many.at(-1)]).toEqual([0, 128]);
  expect(new Set(many).size).toBe(13);
});

it('the step at a time is the nearest of those that are shown', () => {
  const times = Float32Array.of(1, 0.75, 0.5, 0.25, 0);
  expect(stepAt(times, [0, 2, 4], 0.8)).toBe(0);
  expect(stepAt(times, [0, 2, 4], 0.6)).toBe(2);
  expect(stepAt(times, [0, 1, 2, 3, 4], 0)).toBe(4);
});

it('reads what a frame has, and leaves out what it has not', () => {
  expect(wayOf(frameOf({}))).toBeNull();
  const states = Float32Array.of(1, 2, 3, 4);
  const way = wayOf(frameOf({ states, times: Float32Array.of(1, 0) }));
  expect(way).toEqual({ states, times: Float32Array.of(1, 0), predictions: null });
  expect([...lastRecord(states, 2)]).toEqual([3, 4]);
  expect(neighboursOf(frameOf({}))).toEqual([]);
  const found = neighboursOf(
    frameOf({
      nearest: states,
      nearestDistances: Float32Array.of(0.1, 0.2),
      repellers: states,
      repellerWeights: Float32Array.of(0.5, 0.25),
    }),
  );
  expect(found.map(({ key, kind, labels }) => [key, kind, labels])).toEqual([
    ['nearest', 'distance', null],
    ['repellers', 'share', null],
  ]);
});

it('the drift is attraction less repulsion, and its colours end at its largest number', () => {
  expect(driftOf(frameOf({}))).toBeNull();
  const drift = driftOf(frameOf({ attract: Float32Array.of(1, 2), repel: Float32Array.of(3, 1) }))!;
  expect([...drift.drift]).toEqual([-2, 1]);
  expect(drift.range).toBe(2);
  const still = driftOf(frameOf({ attract: Float32Array.of(1, 1), repel: Float32Array.of(1, 1) }))!;
  expect(still.range).toBe(1);
});
