import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from './pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Steps `from` to `to`, each so many milliseconds after the one before. */
function train(pace: Pace, from: number, to: number, milliseconds: number): void {
  for (let step = from; step <= to; step++) {
    vi.advanceTimersByTime(milliseconds);
    pace.tick(step);
  }
}

it('is that of steps however short or long', () => {
  for (const milliseconds of [1, 50, 800]) {
    const pace = new Pace();
    train(pace, 1, 4000, milliseconds);
    expect(pace.stepsPerSec()).toBeCloseTo(1000 / milliseconds, 6);
  }
});

it('is soon that of the newest steps', () => {
  const pace = new Pace();
  train(pace, 1, 100, 500);
  train(pace, 101, 200, 2000);
  expect(pace.stepsPerSec()).toBeCloseTo(0.5, 6);
});

it('is not known of one step, nor right after a pause', () => {
  const pace = new Pace();
  expect(pace.stepsPerSec()).toBeNull();
  train(pace, 1, 1, 500);
  expect(pace.stepsPerSec()).toBeNull();
  train(pace, 2, 9, 500);
  pace.reset();
  vi.advanceTimersByTime(60_000);
  train(pace, 10, 10, 500);
  expect(pace.stepsPerSec()).toBeNull();
  train(pace, 11, 11, 500);
  expect(pace.stepsPerSec()).toBeCloseTo(2, 6);
});
