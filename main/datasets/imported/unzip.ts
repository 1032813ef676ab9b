/**
 * Members of a ZIP file as NumPy writes it: stored or deflated, one disk, no encryption. Its 64-bit
 * extension is not read, for nothing above 4 GiB is imported.
 */
import zlib from 'node:zlib';
import { refused } from './image-rules.ts';

export interface ZipMember {
  readonly name: string;
  readonly size: number;
  /** Inflates to `size` bytes and no more. @throws WorkbenchError `dataset/zip`, `dataset/zip-crc` */
  content(): Uint8Array;
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [LOCAL_BYTES, CENTRAL_BYTES, END_BYTES] = [30, 46, 22];
/** The end of a directory may carry a comment of this length. */
const LONGEST_COMMENT = 0xffff;
const FULL = 0xffffffff;
const ENCRYPTED = 1;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === LOCAL;
}

/**
 * The members by their directory, whose names differ.
 * @throws WorkbenchError `dataset/zip`
 */
export function unzip(file: string, bytes: Uint8Array): ZipMember[] {
  const view = viewOf(bytes);
  const end = endOf(view);
  if (end === null) throw refused('zip', file, 'a ZIP file with its directory at the end', 'none: cut off?');
  const members: ZipMember[] = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + CENTRAL_BYTES > end || view.getUint32(at, true) !== CENTRAL) {
      throw refused('zip', file, 'an entry of the directory', `something else at byte ${at}`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) =>
      view.getUint16(at + place, true),
    ) as [number, number, number];
    const name = new TextDecoder().decode(
      bytes.subarray(at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength),
    );
    const entry = {
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      header: view.getUint32(at + 42, true),
    };
    if (members.some((member) => member.name === name)) {
      throw refused('zip', file, 'names that differ', `${name} twice`);
    }
    members.push({ name, size: entry.size, content: () => contentOf(`${file}, ${name}`, bytes, entry) });
    at += CENTRAL_BYTES + nameLength + extraLength + commentLength;
  }
  return members;
}

interface Entry {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Where the local header begins. */
  readonly header: number;
}

function endOf(view: DataView): number | null {
  const first = Math.max(0, view.byteLength - END_BYTES - LONGEST_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= first; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  return null;
}

function contentOf(where: string, bytes: Uint8Array, entry: Entry): Uint8Array {
  const { flags, method, crc, packed, size, header } = entry;
  const view = viewOf(bytes);
  if ((flags & ENCRYPTED) !== 0) throw refused('zip', where, 'a member in the clear', 'an encrypted one');
  if ([packed, size, header].includes(FULL)) throw refused('zip', where, 'less than 4 GiB', 'more');
  if (method !== 0 && method !== 8) {
    throw refused('zip', where, 'a stored or deflated member', `compression method ${method}`);
  }
  if (header + LOCAL_BYTES > bytes.length || view.getUint32(header, true) !== LOCAL) {
    throw refused('zip', where, 'a header before the member', 'something else');
  }
  const start = header + LOCAL_BYTES + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + packed > bytes.length) throw refused('zip', where, `${packed} bytes`, 'the end of the file');
  const raw = bytes.subarray(start, start + packed);
  const content = method === 0 ? raw : inflated(where, raw, size);
  if (content.length !== size) throw refused('zip', where, `${size} bytes`, `${content.length}`);
  if (zlib.crc32(content) !== crc) throw refused('zip-crc', where, 'content with its CRC', 'damaged content');
  return content;
}

function inflated(where: string, raw: Uint8Array, size: number): Uint8Array {
  try {
    return zlib.inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) });
  } catch (error) {
    throw refused(
      'zip',
      where,
      `deflated data of ${size} bytes`,
      error instanceof Error ? error.message : 'none',
    );
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
