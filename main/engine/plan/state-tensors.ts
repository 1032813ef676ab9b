/** Training state as the named tensors of a checkpoint, `ema/layers.0.weight` and so on, and back. */
import { WorkbenchError } from '#contract/errors.ts';
import { float32Of } from '../../checkpoints/safetensors/dtypes.ts';
import type { CheckpointTensor } from '../../checkpoints/index.ts';
import type { TrainingArrays } from '../../training/trainer.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type Packing, hostLeaves } from '../../tensor/tree.ts';

type Layout = Readonly<Record<string, Packing>>;

/** Views of the state's parts under their names; they share its memory. */
export function checkpointTensors(layout: Layout, state: TrainingArrays): Map<string, CheckpointTensor> {
  const tensors = new Map<string, CheckpointTensor>();
  for (const [vector, packing] of Object.entries(layout)) {
    const parts = hostLeaves(state[vector]!, packing);
    for (const { name, shape } of packing.leaves) {
      tensors.set(`${vector}/${name}`, { dtype: 'F32', shape: [...shape], data: parts[name]! });
    }
  }
  return tensors;
}

/**
 * Parameters may be of 16 bits, as those of the runs that ship are: float32 holds them exactly.
 * @throws WorkbenchError `checkpoint/wrong-tensors` naming what is missing or of another shape
 */
export function statesFromTensors(
  layout: Layout,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  vectors: readonly string[] = Object.keys(layout),
): TrainingArrays {
  return Object.fromEntries(
    vectors.map((vector) => {
      const packing = layout[vector]!;
      const flat = new Float32Array(packing.size);
      for (const { name, shape, offset } of packing.leaves) {
        const found = tensors.get(`${vector}/${name}`);
        const values = found?.shape.join() === shape.join() ? valuesOf(found) : null;
        if (values === null) {
          throw new WorkbenchError(
            'checkpoint/wrong-tensors',
            `Checkpoint tensor ${vector}/${name}: expected F32 [${shape.join(', ')}], found ${
              found === undefined ? 'nothing' : `${found.dtype} [${found.shape.join(', ')}]`
            }.`,
          );
        }
        flat.set(values.subarray(0, sizeOf(shape)), offset);
      }
      return [vector, flat];
    }),
  );
}

/** Null for what float32 does not hold exactly. */
function valuesOf(tensor: CheckpointTensor): Float32Array | null {
  if (tensor.dtype === 'F32') return tensor.data as Float32Array;
  return tensor.dtype === 'F16' || tensor.dtype === 'BF16' ? float32Of(tensor) : null;
}
