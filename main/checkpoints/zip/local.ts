/** What lies around the content of a ZIP member, held against the directory. */
import type { ByteSource } from '../byte-source.ts';
import { quoted, refusal } from '../refusal.ts';
import { FLAG_DESCRIPTOR } from './directory.ts';
import type { Central } from './directory.ts';
import { viewOf } from './end.ts';
import { FULL, extraFields, hex } from './extra.ts';

const LOCAL_BYTES = 30;

/** Holds a local header against its directory entry. @returns where the content begins */
export function checkLocal(
  source: ByteSource,
  central: Central,
  next: number,
  limit: number,
  where: string,
): number {
  const at = central.header;
  if (at + LOCAL_BYTES + central.nameBytes.length > limit) {
    throw refusal('zip-truncated', where, 'a local header before the directory', 'the directory');
  }
  // The extra field, whose length is not known yet, is nearly always in the first 128 bytes.
  const guess = Math.min(LOCAL_BYTES + central.nameBytes.length + 128, Math.max(next, at) - at);
  let bytes = source.read(at, Math.max(guess, LOCAL_BYTES + central.nameBytes.length));
  let view = viewOf(bytes);
  const disagree = (what: string, expected: string, found: string) =>
    refusal(
      'zip-headers-disagree',
      where,
      `${what} ${expected} in the local header, as in the directory`,
      found,
    );
  if (view.getUint32(0, true) !== 0x04034b50) {
    throw refusal('zip-headers-disagree', where, `a local header at byte ${at}`, 'something else');
  }
  const nameLength = view.getUint16(26, true);
  const nameEnd = LOCAL_BYTES + nameLength;
  const name = bytes.subarray(LOCAL_BYTES, nameEnd);
  if (nameLength !== central.nameBytes.length || Buffer.compare(name, central.nameBytes) !== 0) {
    throw disagree('the name', quoted(central.name), quoted(Buffer.from(name).toString('latin1')));
  }
  const flags = view.getUint16(6, true);
  if (flags !== central.flags) throw disagree('flags', hex(central.flags), hex(flags));
  const method = view.getUint16(8, true);
  if (method !== central.method) throw disagree('method', `${central.method}`, `${method}`);
  const content = nameEnd + view.getUint16(28, true);
  if (at + content > limit)
    throw refusal('zip-truncated', where, 'an extra field before the directory', 'a longer one');
  if (content > bytes.length) {
    bytes = source.read(at, content);
    view = viewOf(bytes);
  }
  const wide = extraFields(bytes.subarray(nameEnd, content), where);
  const hasDescriptor = (flags & FLAG_DESCRIPTOR) !== 0;
  const isTrue = (found: bigint, expected: number) =>
    found === BigInt(expected) || (hasDescriptor && found === 0n);
  const crc = view.getUint32(14, true);
  if (!isTrue(BigInt(crc), central.crc)) throw disagree('the CRC', hex(central.crc), hex(crc));
  const wideValues = (wide ?? []) as bigint[];
  let used = 0;
  for (const [what, place, expected] of [
    ['the size', 22, central.size],
    ['the compressed size', 18, central.compressedSize],
  ] as const) {
    const short = view.getUint32(place, true);
    const found = short === FULL && wide !== null ? (wideValues[used++] ?? -1n) : BigInt(short);
    if (!isTrue(found, expected)) throw disagree(what, `${expected}`, `${found}`);
  }
  // Writers of archives above 4 GB put the header's own offset here too; nothing else may hide in it.
  for (const found of wideValues.slice(used)) {
    if (![central.size, central.compressedSize, central.header, 0].some((known) => found === BigInt(known))) {
      throw disagree('zip64 numbers', 'of this member', `${found}`);
    }
  }
  return at + content;
}

/** Checks the descriptor between the content and what follows it. @returns its length, 0 without one */
export function checkDescriptor(
  source: ByteSource,
  central: Central,
  end: number,
  next: number,
  where: string,
): number {
  if ((central.flags & FLAG_DESCRIPTOR) === 0) return 0;
  const length = next - end;
  // Without signature 12 or 20 bytes, with it 16 or 24: the length says which form it is.
  if (![12, 16, 20, 24].includes(length)) {
    if (length < 12) throw refusal('zip-overlap', where, 'a descriptor after its content', `${length} bytes`);
    throw refusal('zip-outside', where, 'nothing after its descriptor', `${length} bytes`);
  }
  const view = viewOf(source.read(end, length));
  const isSigned = length === 16 || length === 24;
  const at = isSigned ? 4 : 0;
  const read = (place: number) =>
    length - at === 20 ? view.getBigUint64(place, true) : BigInt(view.getUint32(place, true));
  const second = length - at === 20 ? 12 : 8;
  const isMatch =
    (!isSigned || view.getUint32(0, true) === 0x08074b50) &&
    view.getUint32(at, true) === central.crc &&
    read(at + 4) === BigInt(central.compressedSize) &&
    read(at + second) === BigInt(central.size);
  if (!isMatch) {
    throw refusal('zip-headers-disagree', where, 'a descriptor that says what the directory says', 'another');
  }
  return length;
}
