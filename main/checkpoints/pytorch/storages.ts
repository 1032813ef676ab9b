/** Storages by their persistent ids, and the views of them that tensors are. All sums are exact. */
import { quoted, refusal } from '../refusal.ts';
import { bitsOf } from '../safetensors/dtypes.ts';
import type { Dtype } from '../safetensors/dtypes.ts';

/** No framework makes a tensor of higher rank. */
const MAX_RANK = 64;
/** A view of more elements than its storage has is read up to this many bytes. */
export const MAX_EXPANDED_BYTES = 64 * 2 ** 20;

/** One storage of the file. */
export interface StorageRecord {
  readonly key: string;
  readonly bytes: number;
  /** Width of the elements it was written with; 1 for untyped ones. */
  readonly elementBytes: number;
}

/** A storage as a pickle holds it: all of a record or, in the legacy stream, a part of one. */
export class PyStorage {
  readonly record: StorageRecord;
  readonly dtype: Dtype;
  /** Of the part's first byte in the record, and of the part. */
  readonly start: number;
  readonly bytes: number;
  constructor(record: StorageRecord, dtype: Dtype, start: number, bytes: number) {
    this.record = record;
    this.dtype = dtype;
    this.start = start;
    this.bytes = bytes;
  }
}

/** A strided view; all of its elements lie inside its storage. */
export class PyTensor {
  readonly record: StorageRecord;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
  /** Of the first element in the record, in bytes. */
  readonly start: number;
  constructor(record: StorageRecord, dtype: Dtype, layout: Layout) {
    this.record = record;
    this.dtype = dtype;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.start = layout.start;
  }
}

interface Layout {
  shape: readonly number[];
  strides: readonly number[];
  start: number;
}

export function elementBytes(dtype: Dtype): number {
  return bitsOf(dtype) / 8;
}

/** Elements from the first to the last of a view that is not empty, holes included. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((span, size, axis) => span + (size - 1) * strides[axis]!, 1);
}

/** True for views that repeat elements of their storage beyond what is read. */
export function isOverExpanded({ dtype, shape, strides }: PyTensor): boolean {
  const count = shape.reduce((product, size) => product * size, 1);
  return count * elementBytes(dtype) > MAX_EXPANDED_BYTES && count > spanOf(shape, strides);
}

/**
 * The view that torch's `_rebuild_tensor` makes, if it lies inside its storage:
 * offset + sum((size - 1) * stride) + 1 <= elements.
 *
 * @param offset  in elements of `dtype`
 * @throws WorkbenchError `checkpoint/storage-rank`, `storage-negative`, `storage-overflow`, `storage-bounds`
 */
export function viewOf(
  storage: PyStorage,
  dtype: Dtype,
  offset: bigint,
  sizes: readonly bigint[],
  strides: readonly bigint[],
  where: string,
): PyTensor {
  const place = `${where}: storage ${quoted(storage.record.key)}`;
  if (sizes.length !== strides.length || sizes.length > MAX_RANK) {
    const found = `${sizes.length} and ${strides.length}`;
    throw refusal('storage-rank', place, `as many sizes as strides, at most ${MAX_RANK}`, found);
  }
  const negative = [offset, ...sizes, ...strides].find((value) => value < 0n);
  if (negative !== undefined) {
    throw refusal('storage-negative', place, 'an offset, sizes and strides of at least 0', textOf(negative));
  }
  requireSafe([offset, ...sizes, ...strides], place);
  const count = sizes.reduce((product, size) => product * size, 1n);
  const width = BigInt(elementBytes(dtype));
  requireSafe([count * width], place);
  const last = count === 0n ? 0n : sizes.reduce((sum, size, axis) => sum + (size - 1n) * strides[axis]!, 1n);
  if ((offset + last) * width > BigInt(storage.bytes)) {
    const found = `a view of ${textOf((offset + last) * width)} bytes`;
    throw refusal('storage-bounds', place, `a view inside its ${storage.bytes} bytes`, found);
  }
  return new PyTensor(storage.record, dtype, {
    shape: sizes.map(Number),
    strides: strides.map(Number),
    start: storage.start + Number(offset * width),
  });
}

function requireSafe(values: readonly bigint[], place: string): void {
  const largest = values.find((value) => value > Number.MAX_SAFE_INTEGER);
  if (largest !== undefined) throw refusal('storage-overflow', place, 'numbers below 2^53', textOf(largest));
}

/** A number from a file, cut so that an error stays one line. */
function textOf(value: bigint): string {
  const text = String(value);
  return text.length > 30 ? `${text.slice(0, 27)}...` : text;
}
