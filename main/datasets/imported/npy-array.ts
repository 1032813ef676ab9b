/** An array of an NPY file, whatever its shape: its numbers are read one by one, where they lie. */
import { WorkbenchError } from '#contract/errors.ts';
import { type Fail, readHeader } from './npy-header.ts';

export interface NpyArray {
  readonly shape: readonly number[];
  readonly kind: 'f' | 'i' | 'u';
  readonly itemBytes: number;
  /** True where the first index runs fastest. */
  readonly fortranOrder: boolean;
  /** All bytes after the header, however many: see {@link requireExactLength}. */
  readonly data: Uint8Array;
  /** The number at a place in memory order. 64-bit integers beyond 2^53 are rounded to float64. */
  read(place: number): number;
  readonly fail: Fail;
}

/**
 * Reads the header of float or integer numbers, in either byte and memory order.
 *
 * @param file  name for messages
 * @throws WorkbenchError `dataset/npy-magic`, `dataset/npy-version`, `dataset/npy-header`,
 *   `dataset/npy-object`, `dataset/npy-dtype`, `dataset/truncated`; `detail` has `file` and the first and
 *   last bytes in hex
 */
export function openNpy(file: string, bytes: Uint8Array): NpyArray {
  const fail: Fail = (code, message, more = {}) => {
    throw new WorkbenchError(`dataset/${code}`, `${message} in ${file}`, { file, ...ends(bytes), ...more });
  };
  const { header, dataStart } = readHeader(bytes, fail);
  const { read, kind, itemBytes } = readerOf(header.descr, fail);
  const data = bytes.subarray(dataStart);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { shape, fortranOrder } = header;
  return { shape, kind, itemBytes, fortranOrder, data, read: (place) => read(view, place * itemBytes), fail };
}

/** @throws WorkbenchError `dataset/truncated`, `dataset/trailing-bytes` unless `count` numbers are all there is */
export function requireExactLength({ data, itemBytes, fail }: NpyArray, count: number): void {
  const expected = count * itemBytes;
  if (data.length < expected)
    fail('truncated', `expected ${expected} bytes of numbers, found ${data.length}`);
  if (data.length > expected) {
    fail('trailing-bytes', `expected ${expected} bytes of numbers and no more, found ${data.length}`);
  }
}

function readerOf(
  descr: string | null,
  fail: Fail,
): { read: (view: DataView, offset: number) => number; kind: 'f' | 'i' | 'u'; itemBytes: number } {
  if (descr === null) return fail('npy-dtype', 'expected plain numbers, found a structured dtype');
  if (/^[|<>=]?O/.test(descr))
    return fail('npy-object', 'expected numbers, found Python objects (dtype object)');
  const match = /^([<>|])([fiu])([1248])$/.exec(descr);
  const code = `${match?.[2]}${match?.[3]}`;
  const isLittle = match?.[1] !== '>';
  const readers: Record<string, (view: DataView, offset: number) => number> = {
    f4: (view, offset) => view.getFloat32(offset, isLittle),
    f8: (view, offset) => view.getFloat64(offset, isLittle),
    i1: (view, offset) => view.getInt8(offset),
    i2: (view, offset) => view.getInt16(offset, isLittle),
    i4: (view, offset) => view.getInt32(offset, isLittle),
    i8: (view, offset) => Number(view.getBigInt64(offset, isLittle)),
    u1: (view, offset) => view.getUint8(offset),
    u2: (view, offset) => view.getUint16(offset, isLittle),
    u4: (view, offset) => view.getUint32(offset, isLittle),
    u8: (view, offset) => Number(view.getBigUint64(offset, isLittle)),
  };
  const read = readers[code];
  // '|' means that byte order does not matter, which is true of single bytes only.
  if (read === undefined || (match![1] === '|' && match![3] !== '1')) {
    return fail(
      'npy-dtype',
      `expected a dtype of float32, float64 or integers of 1 to 8 bytes, found ${JSON.stringify(descr.slice(0, 40))}`,
    );
  }
  return { read, kind: match![2] as 'f' | 'i' | 'u', itemBytes: Number(match![3]) };
}

function ends(bytes: Uint8Array): { head: string; tail: string } {
  const hex = (part: Uint8Array) => Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { head: hex(bytes.subarray(0, 16)), tail: hex(bytes.subarray(-16)) };
}
