import type { Tensor } from '@tensorflow/tfjs-core';
import { ortCpuExecutor } from '../../../tensor/executors/ort.ts';
import { compileProgram } from '../../../tensor/program.ts';

/** Inputs by name: their shape and flat values. */
export type Given = Record<string, readonly [shape: readonly number[], values: ArrayLike<number>]>;

/** Traces a function of tensors and runs it compiled, once. */
export async function evaluate<N extends string>(
  given: Given,
  fn: (tensors: Record<string, Tensor>) => Record<N, Tensor>,
): Promise<Record<N, Float32Array>> {
  const entries = Object.entries(given);
  const program = await compileProgram(ortCpuExecutor(1), {
    inputs: Object.fromEntries(entries.map(([name, [shape]]) => [name, { shape: [...shape] }])),
    run: (_, tensors) => ({ outputs: fn(tensors) }),
  });
  const outputs = await program.run(
    Object.fromEntries(entries.map(([name, [, values]]) => [name, Float32Array.from(values)])),
  );
  // Copies: the program's own buffers go with it.
  const copies = Object.entries(outputs).map(([name, values]) => [name, Float32Array.from(values)]);
  await program.dispose();
  return Object.fromEntries(copies) as Record<N, Float32Array>;
}
