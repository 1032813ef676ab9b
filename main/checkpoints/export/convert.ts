import { WorkbenchError } from '#contract/errors.ts';
import type { Checkpoint, TensorInfo } from '../checkpoint.ts';
import { floatsOf } from '../elements.ts';
import type { Mapping, MappedParameter } from '../name-maps/mapping.ts';
import { sinCosPositions } from '../name-maps/positions.ts';
import { rearranged } from '../name-maps/rearrange.ts';
import { isSameShape, shapeText, sizeOfShape } from '../name-maps/shapes.ts';
import { writeTensorFile } from './tensor-file.ts';

export interface Conversion {
  /** Of the file that was written. */
  readonly bytes: number;
  /** Values of the network that are not numbers, or too large for float32; kept as they are. */
  readonly nans: number;
  readonly infinities: number;
}

/**
 * Makes a float32 safetensors file in our names of what was recognised, one parameter at a time: what
 * is in memory is twice the largest of them. If it fails, nothing is left at `out`.
 *
 * @param checkpoint  the file that `mapping` was made of  @param out  a path where nothing is yet
 * @param metadata  as {@link ownMetadata} makes it, and more
 * @param onProgress  bytes written, and of how many; may throw, to stop
 * @throws WorkbenchError `checkpoint/changed` where the file is another than was recognised, what is
 *   wrong with its bytes, or what `writeTensorFile` throws
 */
export function convertCheckpoint(
  checkpoint: Checkpoint,
  mapping: Mapping,
  out: string,
  metadata: ReadonlyMap<string, string>,
  onProgress?: (done: number, of: number) => void,
): Conversion {
  const tensors = new Map(checkpoint.tensors.map((tensor) => [tensor.name, tensor]));
  const parameters = new Map(mapping.parameters.map((parameter) => [parameter.name, parameter]));
  let [nans, infinities] = [0, 0];
  const bytes = writeTensorFile(
    out,
    mapping.parameters.map(({ name, shape }) => ({ name, dtype: 'F32', shape })),
    metadata,
    (name) => {
      const values = valuesOf(checkpoint, tensors, parameters.get(name)!);
      const found = countNonFinite(values);
      nans += found.nans;
      infinities += found.infinities;
      return values;
    },
    onProgress,
  );
  return { bytes, nans, infinities };
}

function valuesOf(
  checkpoint: Checkpoint,
  tensors: ReadonlyMap<string, TensorInfo>,
  { shape, sources, rearrange, computed }: MappedParameter,
): Float32Array {
  if (computed === 'positions') {
    const [tokens, width] = shape as [number, number];
    return sinCosPositions(Math.sqrt(tokens), width);
  }
  const values = new Float32Array(sources.reduce((sum, source) => sum + sizeOfShape(source.shape), 0));
  let at = 0;
  for (const source of sources) {
    const found = tensors.get(source.key);
    if (!found || !isSameShape(found.shape, source.shape)) {
      throw new WorkbenchError(
        'checkpoint/changed',
        `Expected ${source.key} of ${shapeText(source.shape)}, as when the file was recognised, ` +
          `found ${found ? shapeText(found.shape) : 'none'}.`,
      );
    }
    for (const piece of checkpoint.pieces(source.key)) {
      const floats = floatsOf(piece, found.dtype);
      values.set(floats, at);
      at += floats.length;
    }
  }
  return rearranged(values, rearrange);
}

/** Counted on the bits: an exponent of ones is no number, infinite where the fraction is zero. */
function countNonFinite(values: Float32Array): { nans: number; infinities: number } {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let [nans, infinities] = [0, 0];
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & 0x7f800000) !== 0x7f800000) continue;
    if ((bits[i]! & 0x007fffff) === 0) infinities++;
    else nans++;
  }
  return { nans, infinities };
}
