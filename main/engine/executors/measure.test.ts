import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { executorById } from '../../tensor/device.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { faultyExecutor } from '../testing/faulty-executor.ts';
import { MOST_DIFFERENCE, largestDifference, measureExecutor, stateAfterOneStep } from './measure.ts';

const NEVER = new AbortController().signal;

describe('the difference of two states', () => {
  it('is that of the worst vector, relative to its length', () => {
    const b = { params: Float32Array.of(3, 4), first: Float32Array.of(0, 10) };
    expect(largestDifference(b, b)).toBe(0);
    const a = { params: Float32Array.of(3, 4.5), first: Float32Array.of(0, 10.5) };
    expect(largestDifference(a, b)).toBeCloseTo(0.1, 6);
    expect(largestDifference({ params: Float32Array.of(1), first: b.first }, b)).toBe(Infinity);
    expect(largestDifference({ x: Float32Array.of(0.5, 0) }, { x: new Float32Array(2) })).toBe(0.5);
  });
});

describe('a measurement', () => {
  it('agrees with the oracle far within the bound, and would see a wrong step', async () => {
    const expected = await stateAfterOneStep(await executorById('ort-cpu'));
    const found = await stateAfterOneStep(await executorById('reference'));
    const difference = largestDifference(found, expected);
    expect(difference).toBeGreaterThan(0);
    expect(difference).toBeLessThan(MOST_DIFFERENCE / 10);
    // Each parameter off by the learning rate, as much as a step moves it.
    const wrong = await stateAfterOneStep(faultyExecutor({ offset: 1e-4 }));
    expect(largestDifference(wrong, expected)).toBeGreaterThan(10 * MOST_DIFFERENCE);
  });

  it('gives the median pace, whatever was slow once', async () => {
    const executor = await executorById('ort-cpu');
    const expected = await stateAfterOneStep(executor);
    // A clock on which every step takes 20 ms but the tenth, which takes a second.
    let [now, steps] = [0, 0];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const slow: Executor = {
      ...executor,
      compile: async (graph, options) => {
        const executable = await executor.compile(graph, options);
        const run: typeof executable.run = async (inputs) => {
          steps += 1;
          now += steps === 10 ? 1000 : 20;
          return executable.run(inputs);
        };
        return Object.assign(Object.create(executable) as typeof executable, { run });
      },
    };
    const score = await measureExecutor(slow, expected, { seconds: 1.5, signal: NEVER });
    expect(score).toMatchObject({ difference: 0, agrees: true });
    expect(score.stepsPerSec).toBeCloseTo(50, 6);
    expect(score.seconds).toBeCloseTo(1.5, 6);
  });

  it('ends where the device fails, or where nobody waits any more', async () => {
    const expected = await stateAfterOneStep(await executorById('ort-cpu'));
    const lost = measureExecutor(faultyExecutor({ steps: 2 }), expected, { seconds: 1, signal: NEVER });
    await expect(lost).rejects.toMatchObject({ code: 'engine/device-lost' });
    const stopped = measureExecutor(await executorById('ort-cpu'), expected, {
      seconds: 1e6,
      signal: AbortSignal.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'rpc/cancelled' });
  });
});
