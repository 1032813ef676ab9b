/** What a device makes of matrix products alone: the roof over every other number. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Executor } from '../../tensor/executors/executor.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { median } from './median.ts';

/** Products of one run, each of the last one's result: what starting a run costs is shared by them. */
const CHAIN = 8;
const SMALLEST = 256;
const LARGEST = 8192;
/** Sizes grow until a run takes this long. */
const LONG_ENOUGH_MS = 100;
const RUNS = 5;

/** The best of growing sizes, FLOP/s. */
export async function matrixPeak(executor: Executor): Promise<number> {
  let best = 0;
  for (let size = SMALLEST; size <= LARGEST; size *= 2) {
    const ms = await chainMs(executor, size);
    best = Math.max(best, (CHAIN * 2 * size ** 3) / (ms / 1000));
    if (ms > LONG_ENOUGH_MS) break;
  }
  return best;
}

async function chainMs(executor: Executor, size: number): Promise<number> {
  const program = await compileProgram(executor, {
    state: { a: { shape: [size, size] }, b: { shape: [size, size] } },
    inputs: { step: { shape: [] } },
    run: ({ a, b }) => {
      let product = a as Tensor2D;
      for (let i = 0; i < CHAIN; i++) product = tf.matMul(product, b as Tensor2D);
      return { state: { a: product, b: b! }, outputs: { corner: tf.slice(product, [0, 0], [1, 1]) } };
    },
  });
  const rng = new Rng(0, 'peak');
  // Of spectral norm about one half, so that products shrink slowly and never overflow.
  const normals = () =>
    rng.fillNormal(new Float32Array(size * size)).map((x) => (0.25 * x) / Math.sqrt(size));
  await program.writeState({ a: normals(), b: normals() });
  const times: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const began = performance.now();
    await program.run({ step: Float32Array.of(run) });
    if (run > 0) times.push(performance.now() - began);
  }
  await program.dispose();
  return median(times);
}
