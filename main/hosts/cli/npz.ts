/** Arrays for NumPy: NPY, and NPZ, a ZIP of them that is stored as it is. */
import { crc32 } from 'node:zlib';
import { WorkbenchError } from '#contract/errors.ts';

export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const ALIGNMENT = 64;
/** NPY 1.0: magic, version and the length of the header. */
const PREFIX_BYTES = 10;
/** ZIP without its 64-bit extension ends here. */
const MOST_BYTES = 0xffffffff;

/** An NPY 1.0 file, row-major and little-endian. */
export function npyOf({ shape, data }: NumpyArray): Uint8Array {
  const descr = data instanceof Int32Array ? '<i4' : '<f4';
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dims}), }`;
  const used = PREFIX_BYTES + dict.length + 1;
  const header = `${dict}${' '.repeat((ALIGNMENT - (used % ALIGNMENT)) % ALIGNMENT)}\n`;
  const file = new Uint8Array(PREFIX_BYTES + header.length + data.byteLength);
  file.set([0x93, ...Buffer.from('NUMPY'), 1, 0]);
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(Buffer.from(header), PREFIX_BYTES);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), PREFIX_BYTES + header.length);
  return file;
}

/** @throws WorkbenchError `cli/too-large` beyond 4 GiB */
export function npzOf(arrays: Readonly<Record<string, NumpyArray>>): Uint8Array {
  const members = Object.entries(arrays).map(([name, array]) => {
    const bytes = npyOf(array);
    return { name: Buffer.from(`${name}.npy`), bytes, crc: crc32(bytes) };
  });
  const size = members.reduce(
    (sum, { name, bytes }) => sum + LOCAL + CENTRAL + 2 * name.length + bytes.length,
    END,
  );
  if (size > MOST_BYTES) {
    throw new WorkbenchError(
      'cli/too-large',
      `--out: expected at most 4 GiB of samples for NPZ, found ${size} bytes`,
    );
  }
  const file = Buffer.alloc(size);
  let at = 0;
  const offsets = members.map((member) => {
    const offset = at;
    at = writeEntry(file, at, 0x04034b50, member, null);
    file.set(member.bytes, at);
    at += member.bytes.length;
    return offset;
  });
  const directory = at;
  members.forEach((member, i) => (at = writeEntry(file, at, 0x02014b50, member, offsets[i]!)));
  file.writeUInt32LE(0x06054b50, at);
  file.writeUInt16LE(members.length, at + 8);
  file.writeUInt16LE(members.length, at + 10);
  file.writeUInt32LE(at - directory, at + 12);
  file.writeUInt32LE(directory, at + 16);
  return file;
}

/** Bytes of a local header, of an entry of the directory and of its end, without names. */
const LOCAL = 30;
const CENTRAL = 46;
const END = 22;
/** 2.0, what a reader needs for stored members; and 1 January 1980, so that equal samples are equal files. */
const VERSION = 20;
const DATE = 0x0021;

/** @param offset  of the local header, for an entry of the directory; null for the local header itself */
function writeEntry(
  file: Buffer,
  at: number,
  signature: number,
  { name, bytes, crc }: { readonly name: Buffer; readonly bytes: Uint8Array; readonly crc: number },
  offset: number | null,
): number {
  file.writeUInt32LE(signature, at);
  // The directory also says which version made it.
  let place = at + 4;
  if (offset !== null) place = file.writeUInt16LE(VERSION, place);
  file.writeUInt16LE(VERSION, place);
  file.writeUInt16LE(DATE, place + 8);
  file.writeUInt32LE(crc, place + 10);
  file.writeUInt32LE(bytes.length, place + 14);
  file.writeUInt32LE(bytes.length, place + 18);
  file.writeUInt16LE(name.length, place + 22);
  if (offset !== null) file.writeUInt32LE(offset, at + 42);
  const end = at + (offset === null ? LOCAL : CENTRAL);
  file.set(name, end);
  return end + name.length;
}
