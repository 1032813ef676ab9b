/** The central directory of a ZIP archive. */
import type { ByteSource } from '../byte-source.ts';
import { quoted, refusal } from '../refusal.ts';
import { viewOf } from './end.ts';
import type { Directory } from './end.ts';
import { FULL, extraFields, hex } from './extra.ts';
import { decodedName } from './names.ts';

export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  /** Of its content in the file. */
  readonly offset: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc: number;
}

/** A member as the directory has it. */
export interface Central extends Omit<ZipMember, 'offset'> {
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** Of the local header. */
  readonly header: number;
}

const CENTRAL_BYTES = 46;
export const FLAG_DESCRIPTOR = 0x8;
const FLAG_UTF8 = 0x800;

/** @throws WorkbenchError `checkpoint/zip-...` */
export function readDirectory(source: ByteSource, directory: Directory): Central[] {
  const bytes = source.read(directory.offset, directory.size);
  const view = viewOf(bytes);
  const centrals: Central[] = [];
  let at = 0;
  for (let i = 0; i < directory.members; i++) {
    const where = `${source.name}, entry ${i} of the directory`;
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
      throw refusal('zip-directory', where, 'a directory entry', 'something else');
    }
    const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [number, number, number];
    const nameEnd = at + CENTRAL_BYTES + lengths[0];
    const extraEnd = nameEnd + lengths[1];
    const end = extraEnd + lengths[2];
    if (end > bytes.length)
      throw refusal('zip-directory', where, 'an entry inside the directory', 'a longer one');
    const nameBytes = bytes.subarray(at + CENTRAL_BYTES, nameEnd);
    const flags = view.getUint16(at + 8, true);
    if ((flags & ~(FLAG_DESCRIPTOR | FLAG_UTF8)) !== 0) {
      throw refusal('zip-flags', where, 'no flags but those for UTF-8 and a descriptor', hex(flags));
    }
    const name = decodedName(nameBytes, (flags & FLAG_UTF8) !== 0, where);
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) {
      throw refusal('zip-method', `${source.name}, ${quoted(name)}`, 'method 0 or 8', `${method}`);
    }
    if (view.getUint16(at + 34, true) !== 0) throw refusal('zip-disks', where, 'disk 0', 'another disk');
    const numbers = wideNumbers(
      [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
      extraFields(bytes.subarray(nameEnd, extraEnd), where),
      source.size,
      where,
    );
    const [size, compressedSize, header] = numbers;
    if (method === 0 && size !== compressedSize) {
      throw refusal(
        'zip-sizes',
        `${source.name}, ${quoted(name)}`,
        'a stored member of one size',
        `${compressedSize} and ${size}`,
      );
    }
    const crc = view.getUint32(at + 16, true);
    centrals.push({ name, nameBytes, flags, method, crc, size, compressedSize, header });
    at = end;
  }
  if (at !== bytes.length)
    throw refusal('zip-directory', source.name, 'nothing after its last entry', 'more bytes');
  return centrals;
}

/** Replaces full 32-bit fields by those of the zip64 extra field, which may hold nothing else. */
function wideNumbers(
  short: readonly [number, number, number],
  wide: readonly bigint[] | null,
  fileSize: number,
  where: string,
): [number, number, number] {
  let used = 0;
  const numbers = short.map((value) => {
    if (value !== FULL) return value;
    const full = wide?.[used++];
    if (full === undefined) throw refusal('zip64', where, 'a zip64 number for a full field', 'none');
    // A size may exceed the file where it is compressed; 2^53 is what a number holds.
    if (full > BigInt(Number.MAX_SAFE_INTEGER))
      throw refusal('zip64', where, 'numbers below 2^53', `${full}`);
    return Number(full);
  }) as [number, number, number];
  if (wide !== null && used !== wide.length) {
    throw refusal('zip64', where, `${used} zip64 numbers, one for each full field`, `${wide.length}`);
  }
  const [, compressedSize, header] = numbers;
  if (compressedSize > fileSize || header > fileSize) {
    throw refusal(
      'zip-truncated',
      where,
      `a member inside a file of ${fileSize} bytes`,
      `${compressedSize} at ${header}`,
    );
  }
  return numbers;
}
