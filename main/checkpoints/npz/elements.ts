/** The elements of an NPY array in the order and form of a checkpoint: row-major, little-endian. */
import type { TensorInfo } from '../checkpoint.ts';
import { byteRanges, elementCount, normaliseBooleans } from '../pieces.ts';
import { refusal } from '../refusal.ts';
import { bitsOf } from '../safetensors/dtypes.ts';
import type { NpyHeader } from './header.ts';

/** Largest array in Fortran order: its rows lie scattered, so that it is read as a whole. */
const MAX_FORTRAN_BYTES = 256 * 2 ** 20;

/** One array: its header, and its bytes after the header by place. */
export interface NpyArray extends TensorInfo {
  readonly header: NpyHeader;
  read(offset: number, length: number): Uint8Array;
  /** All of them, kept until those of another array are asked for. */
  whole(): Uint8Array;
}

/** @throws WorkbenchError `checkpoint/npy-fortran` */
export function* npyPieces(array: NpyArray, from?: number, to?: number): Generator<Uint8Array> {
  const { header, dtype, shape } = array;
  const isScattered = header.isFortranOrder && shape.filter((size) => size > 1).length > 1;
  if (isScattered && header.dataBytes > MAX_FORTRAN_BYTES) {
    throw refusal(
      'npy-fortran',
      array.name,
      `at most ${MAX_FORTRAN_BYTES} bytes in Fortran order`,
      `${header.dataBytes}; save it in C order`,
    );
  }
  for (const { offset, length } of byteRanges(array, from, to)) {
    let piece: Uint8Array;
    if (isScattered) {
      piece = gatherRows(array.whole(), shape, bitsOf(dtype) / 8, offset, length);
    } else {
      piece = array.read(offset, length);
    }
    // A complex number is two floats, each with its own byte order.
    if (header.isBigEndian) reverseBytes(piece, dtype === 'C64' ? 4 : bitsOf(dtype) / 8);
    yield dtype === 'BOOL' ? normaliseBooleans(piece) : piece;
  }
}

/** Row-major bytes `offset` to `offset + length` of an array whose first dimension is the fastest. */
function gatherRows(
  whole: Uint8Array,
  shape: readonly number[],
  width: number,
  offset: number,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  const strides = shape.map((_, axis) => width * elementCount(shape.slice(0, axis)));
  const index = new Array<number>(shape.length).fill(0);
  let rest = offset / width;
  let place = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
    place += index[axis]! * strides[axis]!;
  }
  for (let at = 0; at < length; at += width) {
    for (let i = 0; i < width; i++) out[at + i] = whole[place + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      place -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function reverseBytes(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
}
