import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceExecutor } from '../executors/tfjs.ts';
import { trace } from '../trace.ts';
import { type ScheduleOptions, learningRateAt } from './schedules.ts';

/** The rate at each of the given steps. */
async function ratesAt(steps: readonly number[], options: ScheduleOptions): Promise<number[]> {
  const graph = trace({ step: { shape: [] } }, ({ step }) => ({
    rate: learningRateAt(step as tf.Scalar, options),
  }));
  const executable = await referenceExecutor().compile(graph);
  const rates: number[] = [];
  for (const k of steps) rates.push((await executable.run({ step: Float32Array.of(k) }))['rate']![0]!);
  return rates;
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('learningRateAt', () => {
  it.each(['constant', 'cosine'] as const)(
    '%s warms up linearly and peaks at the last warm-up step',
    async (kind) => {
      const rates = await ratesAt(upTo(10), { kind, peak: 0.5, warmUpSteps: 10, totalSteps: 40 });
      rates.forEach((rate, i) => expect(rate).toBeCloseTo((0.5 * (i + 1)) / 10, 6));
    },
  );

  it('constant stays at its peak', async () => {
    expect(await ratesAt([1, 7, 1000], { kind: 'constant', peak: 0.25, totalSteps: 10 })).toEqual([
      0.25, 0.25, 0.25,
    ]);
  });

  it('cosine is half a cosine from peak to floor', async () => {
    const options = { kind: 'cosine', peak: 2, warmUpSteps: 4, totalSteps: 24, floor: 0.1 } as const;
    const rates = await ratesAt([4, 9, 14, 19, 24, 25, 900], options);
    const at = (progress: number) => 2 * (0.1 + (0.9 * (1 + Math.cos(Math.PI * progress))) / 2);
    [at(0), at(0.25), at(0.5), at(0.75), 0.2, 0.2, 0.2].forEach((wanted, i) =>
      expect(rates[i]).toBeCloseTo(wanted, 6),
    );
  });

  it('never leaves [0, peak], rises in the warm-up and falls after it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (warmUpSteps, totalSteps, floor) => {
          const peak = 0.01;
          const rates = await ratesAt(upTo(24), { kind: 'cosine', peak, warmUpSteps, totalSteps, floor });
          // One rounding of single precision in either direction.
          const slack = peak * 1e-6;
          rates.forEach((rate, i) => {
            expect(rate).toBeGreaterThanOrEqual(-slack);
            expect(rate).toBeLessThanOrEqual(peak + slack);
            if (i === 0) return;
            const change = rate - rates[i - 1]!;
            if (i + 1 <= warmUpSteps) expect(change).toBeGreaterThan(0);
            else expect(change).toBeLessThanOrEqual(slack);
          });
          expect(Math.abs(rates.at(-1)! - peak * floor)).toBeLessThanOrEqual(slack);
        },
      ),
      { seed: 5, numRuns: 40 },
    );
  });
});
