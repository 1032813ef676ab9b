/**
 * The weights of an imported model, from the float32 safetensors file that importing wrote. A parameter
 * is streamed into an array of its own: the file is never in memory beside it.
 */
import { WorkbenchError } from '#contract/errors.ts';
import { fileSource } from '../../checkpoints/byte-source.ts';
import type { Checkpoint } from '../../checkpoints/index.ts';
import { openSafetensors } from '../../checkpoints/safetensors/index.ts';
import { sizeOf } from '../../tensor/shape.ts';

/**
 * Names and shapes, in the order of the file; reads nothing else.
 * @throws WorkbenchError `model/bad-file`, `checkpoint/...`
 */
export function weightShapes(file: string): Record<string, readonly number[]> {
  return withWeights(file, ({ tensors }) =>
    Object.fromEntries(tensors.map(({ name, shape }) => [name, shape])),
  );
}

/**
 * Every parameter, by name.
 * @throws WorkbenchError `model/bad-file`, `checkpoint/...`
 */
export function readWeights(file: string): Record<string, Float32Array> {
  return withWeights(file, (checkpoint) =>
    Object.fromEntries(
      checkpoint.tensors.map(({ name, shape }) => {
        const values = new Float32Array(sizeOf(shape));
        const bytes = new Uint8Array(values.buffer);
        let done = 0;
        for (const piece of checkpoint.pieces(name)) {
          bytes.set(piece, done);
          done += piece.length;
        }
        return [name, values];
      }),
    ),
  );
}

function withWeights<T>(file: string, work: (checkpoint: Checkpoint) => T): T {
  const checkpoint = openSafetensors(fileSource(file));
  try {
    for (const { name, dtype } of checkpoint.tensors) {
      if (dtype === 'F32') continue;
      throw new WorkbenchError('model/bad-file', `${file}: expected F32 for ${name}, found ${dtype}`, {
        file,
      });
    }
    return work(checkpoint);
  } finally {
    checkpoint.close();
  }
}
