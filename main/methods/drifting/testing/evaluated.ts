/** What a traced function makes of numbers, for tests. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { ortCpuExecutor } from '../../../tensor/executors/ort.ts';
import { compileProgram } from '../../../tensor/program.ts';
import { Rng } from '../../../tensor/rng.ts';
import { sizeOf } from '../../../tensor/shape.ts';

export interface Given {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export function normalsOf(shape: readonly number[], stream: string, { mean = 0, std = 1 } = {}): Given {
  const values = new Rng(21, stream).fillNormal(new Float32Array(sizeOf(shape)));
  return { shape, values: values.map((x) => mean + std * x) };
}

export async function evaluated(
  given: Readonly<Record<string, Given>>,
  run: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const entries = Object.entries(given);
  const program = await compileProgram(ortCpuExecutor(1), {
    inputs: Object.fromEntries(entries.map(([name, { shape }]) => [name, { shape }])),
    run: (_, inputs) => ({ outputs: run(inputs) }),
  });
  const found = await program.run(Object.fromEntries(entries.map(([name, { values }]) => [name, values])));
  const copies = Object.entries(found).map(([name, values]) => [name, Float32Array.from(values)] as const);
  await program.dispose();
  return Object.fromEntries(copies);
}

/** Largest difference over the largest expected magnitude. */
export function relativeGap(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [gap, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    gap = Math.max(gap, Math.abs(found[i]! - expected[i]!));
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return found.length === expected.length ? gap / size : Infinity;
}
