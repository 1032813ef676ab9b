import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../executors/ort.ts';
import { Rng } from '../rng.ts';
import { trace } from '../trace.ts';
import { type EmaSchedule, emaDecayAt, emaStep } from './ema.ts';

const SIZE = 3;
const paramsAt = (k: number) => new Rng(2, 'ema').at(k).fillNormal(new Float32Array(SIZE));

/** The average after each of `steps` updates from `start`. */
async function averages(schedule: EmaSchedule, steps: number, start: Float32Array): Promise<Float32Array[]> {
  const vector = { shape: [SIZE] };
  const graph = trace({ ema: vector, params: vector, step: { shape: [] } }, ({ ema, params, step }) => ({
    "ema'": emaStep(ema as tf.Tensor1D, params as tf.Tensor1D, emaDecayAt(step as tf.Scalar, schedule)),
  }));
  const executable = await ortCpuExecutor(1).compile(graph, { state: ['ema'] });
  await executable.writeState({ ema: start });
  const found: Float32Array[] = [];
  for (let k = 1; k <= steps; k++) {
    await executable.run({ params: paramsAt(k), step: Float32Array.of(k) });
    found.push((await executable.readState())['ema']!.slice() as Float32Array);
  }
  await executable.dispose();
  return found;
}

/** sum_k weight(k) params_k, in double precision. */
function weighted(steps: number, weight: (k: number) => number): number[] {
  return Array.from({ length: SIZE }, (_, i) =>
    Array.from({ length: steps }, (_step, j) => weight(j + 1) * paramsAt(j + 1)[i]!).reduce(
      (sum, v) => sum + v,
      0,
    ),
  );
}

const START = Float32Array.of(5, -3, 100);

describe('emaStep', () => {
  it('with a constant decay is the geometric sum: d^K start + (1 - d) sum d^(K-k) params_k', async () => {
    const decay = 0.75;
    const found = await averages({ kind: 'constant', decay }, 12, START);
    found.forEach((ema, j) => {
      const K = j + 1;
      const sum = weighted(K, (k) => (1 - decay) * decay ** (K - k));
      // Twelve roundings of numbers up to 100 in single precision: 12 x 6e-8 x 100.
      ema.forEach((v, i) => expect(Math.abs(v - (decay ** K * START[i]! + sum[i]!))).toBeLessThan(1e-4));
    });
  });

  it.each([0, 3, 6.94, 7])('with karras gamma %d forgets its start at the first step', async (gamma) => {
    const [first] = await averages({ kind: 'karras', gamma }, 1, START);
    paramsAt(1).forEach((p, i) => expect(Math.abs(first![i]! - p)).toBeLessThan(1e-5));
  });

  it.each([0, 3, 7])(
    'with karras gamma %d weighs params_k by (k^n - (k-1)^n) / K^n, n = gamma + 1',
    async (gamma) => {
      const found = await averages({ kind: 'karras', gamma }, 20, START);
      const n = gamma + 1;
      found.forEach((ema, j) => {
        const K = j + 1;
        const sum = weighted(K, (k) => (k ** n - (k - 1) ** n) / K ** n);
        // The start is lost to rounding of 100 at most: 100 x 6e-8.
        ema.forEach((v, i) => expect(Math.abs(v - sum[i]!)).toBeLessThan(2e-5));
      });
    },
  );

  it('leaves parameters that do not move where they are', async () => {
    const schedule: EmaSchedule = { kind: 'constant', decay: 0.999 };
    const graph = trace({ p: { shape: [SIZE] } }, ({ p }) => ({
      same: emaStep(p as tf.Tensor1D, p as tf.Tensor1D, emaDecayAt(tf.scalar(1), schedule)),
    }));
    const { same } = await (await ortCpuExecutor(1).compile(graph)).run({ p: START });
    expect(same).toEqual(START);
  });
});
