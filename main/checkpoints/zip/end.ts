/** Where the central directory of a ZIP archive lies: its end record, found strictly. */
import type { ByteSource } from '../byte-source.ts';
import { refusal } from '../refusal.ts';

/** Most members that an archive may have; the largest checkpoints have some ten thousand tensors. */
const MAX_MEMBERS = 100_000;

const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
const MAX_DIRECTORY_BYTES = 64 * 2 ** 20;

export interface Directory {
  readonly offset: number;
  readonly size: number;
  readonly members: number;
}

/** Whether the last bytes of the source are the end of a ZIP archive. */
export function endsLikeZip(source: ByteSource): boolean {
  return endRecords(source).at >= 0;
}

/**
 * Reads the end record and, where there is one, its zip64 form; both must say the same.
 *
 * @throws WorkbenchError `checkpoint/zip-truncated`, `zip-two-ends`, `zip-disks`, `zip64`,
 *   `zip-directory`, `zip-outside`, `zip-members`
 */
export function findDirectory(source: ByteSource): Directory {
  const { name } = source;
  const { at, tail, start } = endRecords(source);
  if (at < 0) throw refusal('zip-truncated', name, 'a ZIP end record that closes the file', 'none');
  const view = viewOf(tail);
  // A second record in the comment is what makes two readers see two archives.
  for (let i = at + END_BYTES; i + 4 <= tail.length; i++) {
    if (view.getUint32(i, true) === 0x06054b50) {
      throw refusal('zip-two-ends', name, 'one ZIP end record', 'another in the archive comment');
    }
  }
  const end = start + at;
  const said = {
    disks: [view.getUint16(at + 4, true), view.getUint16(at + 6, true)],
    here: view.getUint16(at + 8, true),
    members: view.getUint16(at + 10, true),
    size: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
  const wide = readZip64End(source, end);
  if (said.disks.some((disk) => disk !== 0 && !(wide !== null && disk === 0xffff))) {
    throw refusal('zip-disks', name, 'an archive on one disk', `disk ${said.disks.join(' of ')}`);
  }
  let directory: Directory;
  let close = end;
  if (wide === null) {
    if (said.here === 0xffff || said.size === 0xffffffff || said.offset === 0xffffffff) {
      throw refusal('zip64', name, 'a zip64 end record where the end record is full', 'none');
    }
    if (said.here !== said.members) {
      throw refusal('zip-disks', name, `all ${said.members} members on one disk`, `${said.here}`);
    }
    directory = said;
  } else {
    const agrees = (short: number, full: number, most: number) => short === full || short === most;
    const isSame =
      agrees(said.here, wide.members, 0xffff) &&
      agrees(said.members, wide.members, 0xffff) &&
      agrees(said.size, wide.size, 0xffffffff) &&
      agrees(said.offset, wide.offset, 0xffffffff);
    if (!isSame) {
      throw refusal('zip64', name, 'the end record and its zip64 form to agree', 'two different directories');
    }
    directory = wide;
    close = wide.at;
  }
  const { members, size, offset } = directory;
  if (members > MAX_MEMBERS)
    throw refusal('zip-members', name, `at most ${MAX_MEMBERS} members`, `${members}`);
  if (offset + size > close) {
    throw refusal('zip-directory', name, `a directory that ends before byte ${close}`, `${offset + size}`);
  }
  if (offset + size < close) {
    throw refusal(
      'zip-outside',
      name,
      `the end record at byte ${offset + size}, after its directory`,
      `${close}`,
    );
  }
  if (size > MAX_DIRECTORY_BYTES || size < 46 * members) {
    throw refusal('zip-directory', name, `a directory that fits ${members} members`, `${size} bytes`);
  }
  return { offset, size, members };
}

/** The last place where an end record with a comment of the declared length closes the file, or -1. */
function endRecords(source: ByteSource): { at: number; tail: Uint8Array; start: number } {
  const length = Math.min(source.size, END_BYTES + MAX_COMMENT);
  const start = source.size - length;
  const tail = source.read(start, length);
  const view = viewOf(tail);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) === length) return { at, tail, start };
  }
  return { at: -1, tail, start };
}

function readZip64End(source: ByteSource, end: number): (Directory & { at: number }) | null {
  const { name } = source;
  if (end < LOCATOR_BYTES) return null;
  const locator = viewOf(source.read(end - LOCATOR_BYTES, LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== 0x07064b50) return null;
  const at = end - LOCATOR_BYTES - END64_BYTES;
  if (at < 0 || locator.getBigUint64(8, true) !== BigInt(at)) {
    throw refusal('zip64', name, `its zip64 end record at byte ${at}`, `${locator.getBigUint64(8, true)}`);
  }
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) > 1) {
    throw refusal('zip-disks', name, 'an archive on one disk', 'several in the zip64 locator');
  }
  const record = viewOf(source.read(at, END64_BYTES));
  const isRecord = record.getUint32(0, true) === 0x06064b50 && record.getBigUint64(4, true) === 44n;
  if (!isRecord) throw refusal('zip64', name, 'a zip64 end record of 56 bytes', 'something else');
  if (record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0) {
    throw refusal('zip-disks', name, 'an archive on one disk', 'several in the zip64 end record');
  }
  const [here, members, size, offset] = [24, 32, 40, 48].map((place) => record.getBigUint64(place, true));
  const most = BigInt(source.size);
  if (here !== members || members! > most || size! > most || offset! > most) {
    throw refusal('zip64', name, 'zip64 numbers that lie inside the file', `${members}, ${size}, ${offset}`);
  }
  return { at, members: Number(members), size: Number(size), offset: Number(offset) };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
