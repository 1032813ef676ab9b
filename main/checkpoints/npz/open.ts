import type { CheckpointFormat } from '#contract/checkpoints.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { requireTensor } from '../pieces.ts';
import { quoted, refusal } from '../refusal.ts';
import { requireRules } from '../zip/index.ts';
import type { ZipArchive, ZipMember } from '../zip/index.ts';
import { npyPieces } from './elements.ts';
import type { NpyArray } from './elements.ts';
import { NPY_HEAD_BYTES, parseNpyHeader } from './header.ts';

/** Largest compressed array: it is inflated as a whole. */
const MAX_INFLATED_BYTES = 256 * 2 ** 20;
/** Content whose CRC is checked when an archive is opened; what is beyond is checked when it is read. */
const EAGER_BYTES = 256 * 2 ** 20;

/** A single NPY array, named `array`. @throws WorkbenchError `checkpoint/...` */
export function openNpy(source: ByteSource): Checkpoint {
  const head = source.read(0, Math.min(NPY_HEAD_BYTES, source.size));
  const header = parseNpyHeader(head, source.size, source.name);
  const { dtype, shape } = header;
  const read = (offset: number, length: number) => source.read(header.dataStart + offset, length);
  let whole: Uint8Array | null = null;
  const array: NpyArray = {
    name: 'array',
    dtype,
    shape,
    header,
    read,
    whole: () => (whole ??= read(0, header.dataBytes)),
  };
  return checkpointOf('npy', [array], source);
}

/**
 * An NPZ archive: one array for each member, named without `.npy`.
 *
 * @throws WorkbenchError `checkpoint/npz-member` for a member that is no array, `zip-budget` for a
 *   compressed one that is too large to be inflated, and what the readers of ZIP and NPY refuse
 */
export function openNpz(source: ByteSource, archive: ZipArchive): Checkpoint {
  requireRules(archive, { methods: 'stored-or-deflated', names: 'exact' });
  let inflated: { member: ZipMember; content: Uint8Array } | null = null;
  function contentOf(member: ZipMember): Uint8Array {
    if (inflated?.member !== member) {
      // Released first, so that no two are held at once.
      inflated = null;
      inflated = { member, content: archive.read(member, MAX_INFLATED_BYTES) };
    }
    return inflated.content;
  }
  let kept: { member: ZipMember; content: Uint8Array } | null = null;
  let unchecked = EAGER_BYTES;
  const arrays = archive.members.map((member): NpyArray => {
    const where = `${source.name}, ${quoted(member.name)}`;
    if (!member.name.endsWith('.npy')) {
      throw refusal('npz-member', where, 'only members that end in .npy', 'another');
    }
    if (member.method !== 0 && member.size > MAX_INFLATED_BYTES) {
      throw refusal(
        'zip-budget',
        where,
        `at most ${MAX_INFLATED_BYTES} bytes if compressed`,
        `${member.size}`,
      );
    }
    const isEager = member.size <= unchecked;
    if (isEager) {
      unchecked -= member.size;
      if (member.method === 0) archive.verify(member);
      else contentOf(member);
    }
    const header = parseNpyHeader(archive.peek(member, NPY_HEAD_BYTES), member.size, where);
    const { dtype, shape, dataStart } = header;
    const read = (offset: number, length: number) => {
      const from = dataStart + offset;
      return member.method === 0
        ? archive.slice(member, from, from + length)
        : Uint8Array.from(contentOf(member).subarray(from, from + length));
    };
    const whole = () => {
      if (kept?.member !== member) {
        kept = null;
        kept = { member, content: read(0, header.dataBytes) };
      }
      return kept.content;
    };
    return { name: member.name.slice(0, -'.npy'.length), dtype, shape, header, read, whole };
  });
  inflated = null;
  return checkpointOf('npz', arrays, source);
}

function checkpointOf(format: CheckpointFormat, arrays: readonly NpyArray[], source: ByteSource): Checkpoint {
  const byName = new Map(arrays.map((array) => [array.name, array]));
  return {
    format,
    tensors: arrays.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    metadata: new Map(),
    facts: new Map(),
    inert: [],
    warnings: [],
    fileBytes: source.size,
    pieces: (name, from, to) => npyPieces(requireTensor(byName, name), from, to),
    close: () => source.close(),
  };
}
