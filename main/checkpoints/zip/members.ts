/** The members of a ZIP archive: what the central directory says, held against each local header. */
import type { ByteSource } from '../byte-source.ts';
import { quoted, refusal } from '../refusal.ts';
import { readDirectory } from './directory.ts';
import type { Central, ZipMember } from './directory.ts';
import { findDirectory } from './end.ts';
import { checkDescriptor, checkLocal } from './local.ts';

/**
 * All members in the order of the directory. They and the directory tile the file: nothing lies
 * before, between or after them, and no two share a byte.
 *
 * @throws WorkbenchError `checkpoint/zip-...`
 */
export function readMembers(source: ByteSource): ZipMember[] {
  const directory = findDirectory(source);
  const centrals = readDirectory(source, directory);
  const offsets = new Map<Central, number>();
  let place = 0;
  const ordered = [...centrals].sort((a, b) => a.header - b.header);
  for (const [i, central] of ordered.entries()) {
    const where = `${source.name}, ${quoted(central.name)}`;
    if (central.header < place) {
      throw refusal('zip-overlap', where, `to begin at byte ${place} or later`, `${central.header}`);
    }
    if (central.header > place) {
      throw refusal(
        'zip-outside',
        where,
        `to begin at byte ${place}, where what is before it ends`,
        `${central.header}`,
      );
    }
    const next = ordered[i + 1]?.header ?? directory.offset;
    const content = checkLocal(source, central, Math.max(next, place), directory.offset, where);
    offsets.set(central, content);
    const end = content + central.compressedSize;
    if (end > directory.offset) {
      throw refusal(
        'zip-truncated',
        where,
        `${central.compressedSize} bytes before the directory`,
        `${directory.offset - content}`,
      );
    }
    place = end + checkDescriptor(source, central, end, next, where);
  }
  if (place !== directory.offset) {
    throw refusal(
      'zip-outside',
      source.name,
      `the directory at byte ${place}, after the last member`,
      `${directory.offset}`,
    );
  }
  return centrals.map((central) => {
    const { name, method, compressedSize, size, crc } = central;
    return { name, method, compressedSize, size, crc, offset: offsets.get(central)! };
  });
}
