import { PIECE_BYTES } from './checkpoint.ts';
import type { TensorInfo } from './checkpoint.ts';
import { quoted, refusal } from './refusal.ts';
import { bitsOf, byteLengthOf } from './safetensors/dtypes.ts';
import type { Dtype } from './safetensors/dtypes.ts';

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of all elements of a tensor that was checked when its file was opened. */
export function bytesOf({ dtype, shape }: Pick<TensorInfo, 'dtype' | 'shape'>): number {
  return byteLengthOf(dtype, shape) as number;
}

/**
 * Checks a range of elements and cuts it into ranges of bytes, of whole elements and at most
 * {@link PIECE_BYTES} each.
 *
 * @throws WorkbenchError `checkpoint/element-range`
 */
export function* byteRanges(
  info: TensorInfo,
  from = 0,
  to = elementCount(info.shape),
): Generator<{ offset: number; length: number }> {
  const count = elementCount(info.shape);
  const isInside =
    Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to && to <= count;
  const begin = (from * bitsOf(info.dtype)) / 8;
  const end = (to * bitsOf(info.dtype)) / 8;
  // Elements of less than a byte can only be cut where a byte ends.
  if (!isInside || !Number.isInteger(begin) || !Number.isInteger(end)) {
    throw refusal(
      'element-range',
      `tensor ${quoted(info.name)}`,
      `a range of its ${count} elements`,
      `${from} to ${to}`,
    );
  }
  const step = pieceBytes(info.dtype);
  for (let offset = begin; offset < end; offset += step) {
    yield { offset, length: Math.min(step, end - offset) };
  }
}

/** The largest piece that ends where an element ends; 6-bit elements do so every three bytes. */
function pieceBytes(dtype: Dtype): number {
  return bitsOf(dtype) === 6 ? PIECE_BYTES - (PIECE_BYTES % 3) : PIECE_BYTES;
}

/** Finds a tensor by name. @throws WorkbenchError `checkpoint/unknown-tensor` */
export function requireTensor<T>(byName: ReadonlyMap<string, T>, name: string): T {
  const found = byName.get(name);
  if (found === undefined)
    throw refusal('unknown-tensor', 'checkpoint', 'the name of one of its tensors', quoted(name));
  return found;
}

/** Torch reads any byte but zero as true; pieces hold 1 for all of them. */
export function normaliseBooleans(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
  return bytes;
}
