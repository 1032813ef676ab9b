/** A strict ZIP reader: a file that two readers could understand differently is refused. */
import zlib from 'node:zlib';
import type { ByteSource } from '../byte-source.ts';
import { PIECE_BYTES } from '../checkpoint.ts';
import { quoted, refusal } from '../refusal.ts';
import { readMembers } from './members.ts';
import type { ZipMember } from './directory.ts';
import { requireUniqueNames } from './names.ts';

export interface ZipRules {
  /** Whether members may be deflated, or must be stored. */
  readonly methods: 'stored' | 'stored-or-deflated';
  /** When two names are the same: `folded` also where they differ by case or Unicode form. */
  readonly names: 'exact' | 'folded';
}

export interface ZipArchive {
  readonly source: ByteSource;
  /** In the order of the directory. */
  readonly members: readonly ZipMember[];
  /** @returns null if there is no member of this name */
  member(name: string): ZipMember | null;
  /**
   * The whole content, after its CRC was found right.
   * @throws WorkbenchError `checkpoint/zip-budget` if it is larger than `budget` bytes, `zip-crc`,
   *   `zip-inflate`
   */
  read(member: ZipMember, budget: number): Uint8Array;
  /**
   * Bytes of a stored member from `from` up to `to`, in memory of their own. The first time its whole
   * content is streamed past its CRC, so that no byte of a damaged member is ever handed out.
   * @throws WorkbenchError `checkpoint/zip-crc`, `zip-compressed`, `truncated` outside the member
   */
  slice(member: ZipMember, from: number, to: number): Uint8Array;
  /** A stored member in pieces of at most 4 MiB, after its CRC was found right. */
  stream(member: ZipMember): Iterable<Uint8Array>;
  /** Streams a stored member past its CRC, once. @throws WorkbenchError `checkpoint/zip-crc` */
  verify(member: ZipMember): void;
  /** The first bytes of a member, at most `most`, whatever its CRC: to tell what it is. */
  peek(member: ZipMember, most: number): Uint8Array;
}

/**
 * Opens an archive by its directory and local headers; content is read, and its CRC held against it,
 * when it is asked for.
 *
 * @throws WorkbenchError `checkpoint/zip-...`
 */
export function openZip(source: ByteSource, rules: ZipRules): ZipArchive {
  const members = readMembers(source);
  const byName = new Map(members.map((member) => [member.name, member]));
  const verified = new Set<ZipMember>();
  const whereOf = (member: ZipMember) => `${source.name}, ${quoted(member.name)}`;

  function requireStored(member: ZipMember): void {
    if (member.method !== 0) {
      throw refusal('zip-compressed', whereOf(member), 'a stored member', 'a compressed one');
    }
  }
  function requireCrc(member: ZipMember, found: number): void {
    if (found !== member.crc) {
      throw refusal(
        'zip-crc',
        whereOf(member),
        `CRC ${hex(member.crc)}`,
        `${hex(found)}: its content is damaged`,
      );
    }
  }
  function verify(member: ZipMember): void {
    if (verified.has(member)) return;
    requireStored(member);
    let crc = 0;
    for (let at = 0; at < member.size; at += PIECE_BYTES) {
      crc = zlib.crc32(source.read(member.offset + at, Math.min(PIECE_BYTES, member.size - at)), crc);
    }
    requireCrc(member, crc);
    verified.add(member);
  }
  function slice(member: ZipMember, from: number, to: number): Uint8Array {
    verify(member);
    if (!(from >= 0 && from <= to && to <= member.size)) {
      throw refusal('truncated', whereOf(member), `at least ${to} bytes`, `${member.size}`);
    }
    return source.read(member.offset + from, to - from);
  }

  const archive: ZipArchive = {
    source,
    members,
    member: (name) => byName.get(name) ?? null,
    verify,
    slice,
    read(member, budget) {
      if (member.size > budget || member.compressedSize > budget + 1024) {
        throw refusal('zip-budget', whereOf(member), `at most ${budget} bytes`, `${member.size}`);
      }
      const packed = source.read(member.offset, member.compressedSize);
      const content = member.method === 0 ? packed : inflate(packed, member.size, whereOf(member));
      requireCrc(member, zlib.crc32(content));
      if (member.method === 0) verified.add(member);
      return content;
    },
    *stream(member) {
      verify(member);
      for (let at = 0; at < member.size; at += PIECE_BYTES) {
        yield slice(member, at, Math.min(at + PIECE_BYTES, member.size));
      }
    },
    peek(member, most) {
      if (member.method === 0) return source.read(member.offset, Math.min(most, member.size));
      const packed = source.read(member.offset, Math.min(member.compressedSize, most + 1024));
      return inflateStart(packed, whereOf(member)).slice(0, most);
    },
  };
  requireRules(archive, rules);
  return archive;
}

/** @throws WorkbenchError `checkpoint/zip-compressed`, `zip-duplicate` */
export function requireRules(archive: ZipArchive, rules: ZipRules): void {
  const { members, source } = archive;
  requireUniqueNames(members, rules.names, source.name);
  const packed = rules.methods === 'stored' ? members.find(({ method }) => method !== 0) : undefined;
  if (packed !== undefined) {
    throw refusal(
      'zip-compressed',
      `${source.name}, ${quoted(packed.name)}`,
      'a stored member',
      'a compressed one',
    );
  }
}

/** Inflates to exactly `size` bytes; no more are ever allocated, whatever the stream holds. */
function inflate(packed: Uint8Array, size: number, where: string): Uint8Array {
  const failed = (found: string) => refusal('zip-inflate', where, `deflated data of ${size} bytes`, found);
  let result: { buffer: Buffer; engine: { bytesWritten: number } };
  try {
    // `info` tells how much of the input was used: bytes after the end of the stream are refused.
    result = zlib.inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), info: true }) as never;
  } catch (error) {
    throw failed(messageOf(error));
  }
  if (result.buffer.length !== size) throw failed(`${result.buffer.length}`);
  if (result.engine.bytesWritten !== packed.length) throw failed('bytes after the end of the stream');
  return result.buffer;
}

/** What the first bytes of a deflated member hold; a stream that breaks off is no error here. */
function inflateStart(packed: Uint8Array, where: string): Uint8Array {
  try {
    return zlib.inflateRawSync(packed, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw refusal('zip-inflate', where, 'deflated data', messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
