/** Persistent ids: how a pickle names the storages that lie outside it. */
import type { OpenMode } from '../checkpoint.ts';
import { quoted, refusal } from '../refusal.ts';
import { kindOf } from './pickle/describe.ts';
import { PyGlobal, PyObject, PyTuple } from './pickle/values.ts';
import type { PyValue } from './pickle/values.ts';
import { elementBytes, PyStorage } from './storages.ts';
import type { StorageRecord } from './storages.ts';

interface PersistentIdRules {
  readonly mode: OpenMode;
  readonly where: string;
  /** The legacy stream names views of storages too, and the source text of modules. */
  readonly isLegacy: boolean;
  /** Bytes that the file has for a storage. @throws WorkbenchError if it has none or others */
  requireBytes(key: string, bytes: number): void;
  leftInert(name: string): void;
  warn(code: string, message: string): void;
}

interface StorageTable {
  /** By key, in the order in which they were named. */
  readonly records: ReadonlyMap<string, StorageRecord>;
  /** Keys of storages of unknown types, when inspecting: of unknown size. */
  readonly unread: ReadonlySet<string>;
  /** @throws WorkbenchError `checkpoint/pickle-persistent-id`, `storage-*` */
  resolve(id: PyValue): PyValue;
}

export function storageTable(rules: PersistentIdRules): StorageTable {
  const records = new Map<string, StorageRecord & { readonly type: string }>();
  const unread = new Set<string>();
  const bad = (expected: string, found: string) =>
    refusal('pickle-persistent-id', rules.where, expected, found);

  function resolve(id: PyValue): PyValue {
    const items = id instanceof PyTuple ? id.items : null;
    const [kind, type, key, location, numel] = items ?? [];
    if (rules.isLegacy && rules.mode === 'inspect' && kind === 'module' && type !== undefined) return type;
    if (items === null || kind !== 'storage') {
      throw bad("a tuple that begins with 'storage'", kind === undefined ? kindOf(id) : named(kind));
    }
    if (items.length !== (rules.isLegacy ? 6 : 5)) {
      throw bad(`a storage of ${rules.isLegacy ? 6 : 5} items`, String(items.length));
    }
    if (typeof key !== 'string') throw bad('a string as key of a storage', kindOf(key));
    if (typeof location !== 'string') throw bad('a string as location of a storage', kindOf(location!));
    if (typeof numel !== 'bigint') throw bad('an integer as size of a storage', kindOf(numel));
    const cause = type instanceof PyObject ? type.of : type;
    if (!(cause instanceof PyGlobal)) throw bad('a storage type', kindOf(type));
    const { role } = cause;
    if (role?.kind === 'unread-storage') {
      const inert = leaveOut(cause, key);
      recordOf(key, cause.fullName, role.bytes, numel);
      return inert;
    }
    if (role === null || role.kind === 'unsupported') {
      unread.add(key);
      return leaveOut(cause, key);
    }
    if (role.kind !== 'storage' && role.kind !== 'untyped-storage')
      throw bad('a storage type', cause.fullName);

    const dtype = role.kind === 'storage' ? role.dtype : 'U8';
    const record = recordOf(key, cause.fullName, elementBytes(dtype), numel);
    const view = items[5] ?? null;
    if (view === null) return new PyStorage(record, dtype, 0, record.bytes);
    return partOf(record, dtype, view);
  }

  function recordOf(key: string, type: string, width: number, numel: bigint) {
    const place = `${rules.where}: storage ${quoted(key)}`;
    if (numel < 0n) throw refusal('storage-negative', place, 'a size of at least 0', named(numel));
    if (numel * BigInt(width) > Number.MAX_SAFE_INTEGER) {
      throw refusal('storage-overflow', place, 'a size below 2^53 bytes', named(numel));
    }
    const bytes = Number(numel) * width;
    const known = records.get(key);
    if (known === undefined) {
      rules.requireBytes(key, bytes);
      const made = { key, bytes, elementBytes: width, type };
      records.set(key, made);
      return made;
    }
    if (known.bytes !== bytes || known.type !== type) {
      const found = `${type} of ${bytes} bytes`;
      throw refusal('storage-mismatch', place, `${known.type} of ${known.bytes} bytes as before`, found);
    }
    return known;
  }

  /** `(key, offset, size)` in elements. */
  function partOf(record: StorageRecord, dtype: PyStorage['dtype'], view: PyValue): PyStorage {
    const [key, offset, size] = view instanceof PyTuple && view.items.length === 3 ? view.items : [];
    if (typeof key !== 'string' || typeof offset !== 'bigint' || typeof size !== 'bigint') {
      throw bad('a view of a storage: key, offset and size', kindOf(view));
    }
    const place = `${rules.where}: storage ${quoted(record.key)}`;
    if (offset < 0n || size < 0n) {
      throw refusal(
        'storage-negative',
        place,
        'an offset and a size of at least 0',
        named(offset < 0n ? offset : size),
      );
    }
    const width = elementBytes(dtype);
    if ((offset + size) * BigInt(width) > BigInt(record.bytes)) {
      throw refusal(
        'storage-bounds',
        place,
        `a part of its ${record.bytes} bytes`,
        `${named(offset)} + ${named(size)} elements`,
      );
    }
    return new PyStorage(record, dtype, Number(offset) * width, Number(size) * width);
  }

  function leaveOut(cause: PyGlobal, key: string): PyObject {
    const what = `a storage of type ${cause.fullName}`;
    if (rules.mode === 'import') {
      throw refusal(
        'storage-dtype',
        `${rules.where}: storage ${quoted(key)}`,
        'a type that is read here',
        what,
      );
    }
    rules.leftInert(cause.fullName);
    rules.warn('storage-dtype', `${what} is not read`);
    return new PyObject(new PyGlobal(cause.module, cause.name, { kind: 'unsupported', what }));
  }

  return { records, unread, resolve };
}

function named(value: PyValue): string {
  if (typeof value === 'string') return quoted(value);
  return typeof value === 'bigint' ? String(value).slice(0, 30) : kindOf(value);
}
