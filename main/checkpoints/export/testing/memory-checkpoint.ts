import type { Checkpoint } from '../../checkpoint.ts';
import { bitsOf } from '../../safetensors/dtypes.ts';
import type { CheckpointTensor } from '../../safetensors/index.ts';
import { WorkbenchError } from '#contract/errors.ts';

/** A checkpoint whose tensors lie in memory, read in pieces of a few elements. */
export function memoryCheckpoint(
  tensors: ReadonlyMap<string, CheckpointTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Checkpoint {
  return {
    format: 'safetensors',
    tensors: [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape })),
    metadata,
    facts: new Map(),
    inert: [],
    warnings: [],
    fileBytes: 0,
    *pieces(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new WorkbenchError('checkpoint/unknown-tensor', name);
      const { data, dtype } = tensor;
      const step = (5 * bitsOf(dtype)) / 8;
      for (let at = 0; at < data.byteLength; at += step) {
        yield new Uint8Array(data.buffer, data.byteOffset + at, Math.min(step, data.byteLength - at)).slice();
      }
    },
    close() {},
  };
}
