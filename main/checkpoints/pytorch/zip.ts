/** The ZIP container of torch 1.6 and later: `<prefix>/data.pkl` beside `<prefix>/data/<key>`. */
import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint, OpenMode } from '../checkpoint.ts';
import { quoted, refusal } from '../refusal.ts';
import { requireRules } from '../zip/index.ts';
import type { ZipArchive, ZipMember } from '../zip/index.ts';
import { bytesSource } from '../byte-source.ts';
import { Findings, torchCheckpoint } from './open.ts';
import { storageTable } from './persistent-ids.ts';
import { MAX_PICKLE_BYTES, PickleCursor } from './pickle/cursor.ts';
import { unpickle } from './pickle/machine.ts';

const PICKLE = 'data.pkl';
const STORAGES = 'data/';
/** Small members that torch writes, with the bytes they have at most. */
const NOTES: Record<string, number> = {
  version: 16,
  byteorder: 16,
  '.data/serialization_id': 128,
  '.format_version': 16,
  '.storage_alignment': 16,
};
/** `.format_version` and `version` are small decimal numbers. */
const MAX_VERSION = 100;

/**
 * @param archive  of the same source
 * @throws WorkbenchError `checkpoint/torch-*`, `pickle-*`, `storage-*`, `zip-*`
 */
export function openPytorchZip(source: ByteSource, archive: ZipArchive, mode: OpenMode): Checkpoint {
  const findings = new Findings(source.name);
  const members = membersOf(source, archive);
  requireRules(archive, { methods: 'stored', names: 'exact' });
  const pickle = members.get(PICKLE)!;
  const where = `${source.name}: ${PICKLE}`;
  const metadata = notesOf(source, archive, members);

  const storages = new Map<string, ZipMember>();
  const extra: string[] = [];
  for (const [name, member] of members) {
    if (name.startsWith(STORAGES)) storages.set(name.slice(STORAGES.length), member);
    else if (name !== PICKLE && !Object.hasOwn(NOTES, name)) extra.push(name);
  }
  const table = storageTable({
    mode,
    where,
    isLegacy: false,
    leftInert: findings.leftInert,
    warn: findings.warn,
    requireBytes(key, bytes) {
      const member = storages.get(key);
      const place = `${where}: storage ${quoted(key)}`;
      if (member === undefined)
        throw refusal('storage-missing', place, `a member ${quoted(STORAGES + key)}`, 'none');
      if (member.size !== bytes)
        throw refusal('storage-size', place, `${bytes} bytes in its member`, `${member.size}`);
    },
  });

  if (pickle.size > MAX_PICKLE_BYTES) {
    throw refusal('pickle-size', where, `at most ${MAX_PICKLE_BYTES} bytes`, `${pickle.size}`);
  }
  const bytes = bytesSource(source.name, archive.read(pickle, MAX_PICKLE_BYTES));
  const cursor = new PickleCursor(bytes, 0, where);
  const { leftInert, warn } = findings;
  const root = unpickle(cursor, { mode, where, persistent: table.resolve, leftInert, warn });

  const strictOrWarn = (code: string, message: string, found: string) => {
    const error = refusal(code, source.name, message, found);
    if (mode === 'import') throw error;
    warn(code, error.message);
  };
  if (cursor.remaining > 0) {
    strictOrWarn('pickle-trailing', `nothing after the STOP of ${PICKLE}`, `${cursor.remaining} bytes`);
  }
  for (const key of storages.keys()) {
    if (!table.records.has(key) && !table.unread.has(key)) extra.push(STORAGES + key);
  }
  for (const name of extra)
    strictOrWarn('torch-extra-member', 'only members that torch writes', quoted(name));

  return torchCheckpoint({
    source,
    mode,
    format: 'pytorch-zip',
    root,
    findings,
    metadata,
    readRecord: ({ key }, start, length) => archive.slice(storages.get(key)!, start, start + length),
  });
}

/** The members by their names without the one folder that all lie in. */
function membersOf(source: ByteSource, { members }: ZipArchive): Map<string, ZipMember> {
  const prefixes = new Set(members.map(({ name }) => name.slice(0, name.indexOf('/') + 1)));
  const [prefix = ''] = prefixes;
  if (prefixes.size !== 1 || prefix.length < 2) {
    throw refusal('torch-layout', source.name, 'all members in one folder', `${prefixes.size} folders`);
  }
  const found = new Map(members.map((member) => [member.name.slice(prefix.length), member]));
  const script = [...found.keys()].find((name) => name === 'constants.pkl' || name.startsWith('code/'));
  if (script !== undefined) {
    throw refusal(
      'torch-script',
      source.name,
      'a checkpoint, which holds data',
      `a TorchScript program (${quoted(script)})`,
    );
  }
  if (!found.has(PICKLE)) throw refusal('torch-layout', source.name, `a member ${PICKLE}`, 'none');
  return found;
}

/** What the small members say. @throws WorkbenchError `checkpoint/torch-byteorder`, `torch-version` */
function notesOf(
  source: ByteSource,
  archive: ZipArchive,
  members: ReadonlyMap<string, ZipMember>,
): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [name, most] of Object.entries(NOTES)) {
    const member = members.get(name);
    if (member === undefined) continue;
    const text = Buffer.from(archive.read(member, most)).toString('latin1').trim();
    if (name === 'byteorder' && text !== 'little') {
      throw refusal('torch-byteorder', source.name, 'little-endian storages', `byteorder ${quoted(text)}`);
    }
    if (/version$/.test(name) && !(/^\d{1,3}$/.test(text) && Number(text) <= MAX_VERSION)) {
      throw refusal('torch-version', source.name, `a number in ${name}`, quoted(text));
    }
    if (/^[\x20-\x7e]*$/.test(text)) metadata.set(name, text);
  }
  return metadata;
}
