import { withFileDetail } from '../file-detail.ts';
import { arrayClassOf } from './dtypes.ts';
import type { CheckpointTensor, TensorData } from './dtypes.ts';
import { readLayout } from './layout.ts';

interface Safetensors {
  /** In the order of their bytes in the file. */
  tensors: Map<string, CheckpointTensor>;
  metadata: Map<string, string>;
}

/**
 * Reads a safetensors file that is in memory, by the rules of {@link readLayout}.
 * Every tensor is a copy, so that keeping one does not keep the whole file in memory.
 *
 * @param source  what to call the file in an error
 * @throws WorkbenchError `checkpoint/...` with the first and last bytes of the file in `detail`
 */
export function readSafetensors(bytes: Uint8Array, source?: string): Safetensors {
  const read = (offset: number, length: number) => bytes.subarray(offset, offset + length);
  try {
    const { entries, metadata, dataStart } = readLayout(bytes.length, read);
    const tensors = new Map<string, CheckpointTensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      // Copied by hand: `slice` of a Node Buffer is a view.
      const copy = new Uint8Array(end - begin);
      copy.set(read(dataStart + begin, end - begin));
      const data: TensorData = new (arrayClassOf(dtype))(copy.buffer);
      tensors.set(name, { dtype, shape, data });
    }
    return { tensors, metadata };
  } catch (error) {
    throw withFileDetail(error, { size: bytes.length, read }, source ?? null);
  }
}
