/** IDX, the format of MNIST: 0, 0, a type, the number of sizes, big-endian sizes, then the numbers. */
import { refused } from './image-rules.ts';

const UNSIGNED_BYTE = 0x08;

export interface IdxArray {
  readonly sizes: readonly number[];
  readonly values: Uint8Array;
}

/** True if the file begins as IDX does, of any type. */
export function isIdx(bytes: Uint8Array): boolean {
  const [first, second, type, sizes] = bytes;
  return first === 0 && second === 0 && type! >= UNSIGNED_BYTE && type! <= 0x0e && sizes! >= 1 && sizes! <= 4;
}

/** @throws WorkbenchError `dataset/idx-type`, `dataset/truncated`, `dataset/trailing-bytes` */
export function parseIdx(file: string, bytes: Uint8Array): IdxArray {
  const [, , type, rank = 0] = bytes;
  if (type !== UNSIGNED_BYTE) {
    throw refused('idx-type', file, 'IDX of unsigned bytes (type 8)', `type ${type}`);
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw refused('truncated', file, `${rank} sizes in the header`, `${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = sizes.reduce((product, size) => product * size, 1);
  const found = bytes.length - start;
  const shown = `${expected} numbers, as its sizes ${sizes.join(' x ')} say`;
  if (found < expected) throw refused('truncated', file, shown, `${found}`);
  if (found > expected) throw refused('trailing-bytes', file, `${shown}, and no more`, `${found}`);
  return { sizes, values: bytes.subarray(start) };
}
