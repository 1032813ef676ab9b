/** Images as an NPZ file that NumPy reads, and {@link imagesFromFiles} too: how an import is kept. */
import { crc32 } from 'node:zlib';
import type { ImageArray } from '../images/image-set.ts';
import { npyOf } from './write-npy.ts';

/** Arrays `images` uint8 [n, h, w, c] and, where there are labels, `labels` uint16 [n]; equal images, equal bytes. */
export function npzFromImages({ count, shape, values, labels }: ImageArray): Uint8Array<ArrayBuffer> {
  const arrays = new Map([['images', npyOf('|u1', [count, ...shape], values)]]);
  if (labels !== null) {
    const data = new DataView(new ArrayBuffer(2 * count));
    labels.forEach((label, i) => data.setUint16(2 * i, label, true));
    arrays.set('labels', npyOf('<u2', [count], new Uint8Array(data.buffer)));
  }
  return storedZip([...arrays].map(([name, bytes]) => ({ name: `${name}.npy`, bytes })));
}

/** A ZIP file of uncompressed members, together below 4 GiB, all of 1 January 1980. */
export function storedZip(
  members: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of members) {
    const nameBytes = new TextEncoder().encode(name);
    const crc = crc32(bytes);
    parts.push(headerOf(30, 0x04034b50, 4, crc, bytes.length, nameBytes), nameBytes, bytes);
    const entry = headerOf(46, 0x02014b50, 6, crc, bytes.length, nameBytes);
    entry[4] = VERSION;
    new DataView(entry.buffer).setUint32(42, offset, true);
    directory.push(entry, nameBytes);
    offset += 30 + nameBytes.length + bytes.length;
  }
  const end = new Uint8Array(22);
  const view = new DataView(end.buffer);
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, members.length, true);
  view.setUint16(10, members.length, true);
  view.setUint32(12, lengthOf(directory), true);
  view.setUint32(16, offset, true);
  return joined([...parts, ...directory, end]);
}

/** 2.0: what a reader must know to read stored members. */
const VERSION = 20;
const FIRST_DAY = 0x0021;

/** The fields that local headers and the directory share, `at` the place where they begin. */
function headerOf(
  length: number,
  signature: number,
  at: number,
  crc: number,
  size: number,
  name: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(length);
  const view = new DataView(header.buffer);
  view.setUint32(0, signature, true);
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 8, FIRST_DAY, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, name.length, true);
  return header;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
