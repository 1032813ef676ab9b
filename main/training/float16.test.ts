/** Products in float16 over float32 parameters, as far as a processor can tell: how much training changes. */
import { describe, expect, it } from 'vitest';
import type { Executor } from '../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import type { Precision } from '../tensor/executors/precision.ts';
import { type SmallTraining, driftingToy, smallTrainings, startTraining } from './testing/small-trainings.ts';

const STEPS = 100;
/**
 * Both factors and the result of a product are rounded by at most 2^-12 of themselves, which four layers
 * in a row could add up to 3e-3. The losses differed by 7e-4 in the first step of drifting, which squares
 * small differences, by 4e-4 in its last ones, and by 2e-5 in those of the transformer.
 */
const TOLERANCE = 3e-3;

const inPrecision = (precision: Precision): Executor => ortCpuExecutor(1, undefined, precision);

async function losses(training: SmallTraining, precision: Precision): Promise<number[]> {
  const trainer = await startTraining(training, inPrecision(precision));
  const found: number[] = [];
  for (let k = 0; k < STEPS; k++) {
    const { scalars, isGood } = await trainer.advance();
    expect(isGood).toBe(true);
    found.push(scalars['loss']!);
  }
  await trainer.dispose();
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const dit = smallTrainings().find(({ name }) => name.startsWith('teacher of images {"conditional"'))!;

describe.each([
  ['an MLP that drifts', driftingToy()],
  ['a DiT that learns a velocity', dit],
])('%s in float16', (_, training) => {
  it('has the losses of float32 but for rounding', async () => {
    const [half, whole] = [await losses(training, 'float16'), await losses(training, 'float32')];
    // Or nothing was computed otherwise.
    expect(half).not.toEqual(whole);
    expect(Math.abs(half[0]! - whole[0]!)).toBeLessThan(TOLERANCE * whole[0]!);
    const [atEnd, wantedAtEnd] = [mean(half.slice(-20)), mean(whole.slice(-20))];
    expect(Math.abs(atEnd - wantedAtEnd)).toBeLessThan(TOLERANCE * wantedAtEnd);
  });
});
