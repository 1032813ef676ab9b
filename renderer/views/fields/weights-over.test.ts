import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heaviestOf, weightArea, weightsAt } from './weights-over.ts';
import type { WeightsOver } from './weights-over.ts';

fc.configureGlobal({ seed: 20261122 });

const over: WeightsOver = {
  times: Float32Array.of(1, 0.5, 0.125),
  values: Float32Array.of(1, 0, 0, 0.5, 0.25, 0.25, 0, 0, 1),
};

describe('weightsAt', () => {
  it('are those that are known at their times, and between them always one in sum', () => {
    expect([...weightsAt(over, 1)]).toEqual([1, 0, 0]);
    expect([...weightsAt(over, 0.5)]).toEqual([0.5, 0.25, 0.25]);
    expect([...weightsAt(over, 0.75)]).toEqual([0.75, 0.125, 0.125]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (t) => {
        expect(weightsAt(over, t).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
      }),
    );
  });

  it('are held past the last time', () => {
    expect([...weightsAt(over, 0)]).toEqual([0, 0, 1]);
  });
});

it('heaviestOf counts the peak of a component, wherever on the way it is', () => {
  expect(heaviestOf(over, 2)).toEqual([0, 2]);
  expect(heaviestOf(over, 9)).toEqual([0, 1, 2]);
});

it('an area runs from noise on the left, full at a weight of one', () => {
  expect(weightArea(over, 0, 80, 10)).toBe('M0 10L0.0 0.0L40.0 5.0L70.0 10.0L70.0 10Z');
});
