import { crc32 } from './crc32.ts';

export interface ZipMember {
  /** Printable ASCII. */
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** ZIP counts in 32 bits; larger files need an extension that is not written here. */
const mostBytes = 0xffffffff;
/** Versions and times do not say when the file was made: the same data gives the same bytes. */
const version = 20;
const dosDate = (1 << 5) | 1; // 1 January 1980

/**
 * A ZIP file of stored members (PKWARE APPNOTE 4.3), as parts for a Blob.
 *
 * @throws Error if it would be larger than 4 GiB
 */
export function zipParts(members: readonly ZipMember[]): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const crc = crc32(bytes);
    const local = record(0x04034b50, [version], crc, bytes.length, name, [0], []);
    const entry = record(0x02014b50, [version, version], crc, bytes.length, name, [0, 0, 0, 0], [0, offset]);
    parts.push(local, bytes);
    directory.push(entry);
    offset += local.length + bytes.length;
  }
  const directorySize = directory.reduce((sum, entry) => sum + entry.length, 0);
  if (offset + directorySize > mostBytes) {
    throw new Error('Expected at most 4 GiB of arrays for one NPZ file, found more');
  }
  return [...parts, ...directory, endRecord(members.length, directorySize, offset)];
}

/**
 * The record before a member or in the directory. Both have the same middle: flags, method, time, CRC,
 * sizes, length of the name.
 *
 * @param before  numbers of 16 bits ahead of the middle
 * @param after   numbers of 16 bits behind it
 * @param last    numbers of 32 bits behind those
 */
function record(
  mark: number,
  before: readonly number[],
  crc: number,
  size: number,
  name: string,
  after: readonly number[],
  last: readonly number[],
): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(name);
  const bytes = new Uint8Array(26 + 2 * before.length + 2 * after.length + 4 * last.length + encoded.length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put16 = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const put32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  put32(mark);
  before.forEach(put16);
  [0, 0, 0, dosDate].forEach(put16); // flags, method (stored), time, date
  [crc, size, size].forEach(put32);
  put16(encoded.length);
  after.forEach(put16);
  last.forEach(put32);
  bytes.set(encoded, at);
  return bytes;
}

function endRecord(count: number, size: number, offset: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(22);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, size, true);
  view.setUint32(16, offset, true);
  return bytes;
}
