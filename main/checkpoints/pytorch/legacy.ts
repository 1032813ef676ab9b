/**
 * The stream of torch before 1.6: pickles of a magic number, a protocol, facts of the machine, the object
 * and the keys of its storages, and then each storage as a count of elements and its bytes.
 */
import type { ByteSource } from '../byte-source.ts';
import type { Checkpoint, OpenMode } from '../checkpoint.ts';
import { quoted, refusal } from '../refusal.ts';
import { Findings, torchCheckpoint } from './open.ts';
import { storageTable } from './persistent-ids.ts';
import { PickleCursor } from './pickle/cursor.ts';
import { kindOf } from './pickle/describe.ts';
import { unpickle } from './pickle/machine.ts';
import { PyDict, PyList } from './pickle/values.ts';
import type { PyValue } from './pickle/values.ts';
import type { StorageRecord } from './storages.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001n;
const COUNT_BYTES = 8;

/** @throws WorkbenchError `checkpoint/torch-*`, `pickle-*`, `storage-*`, `truncated` */
export function openPytorchLegacy(source: ByteSource, mode: OpenMode): Checkpoint {
  const { name } = source;
  const findings = new Findings(name);
  const { leftInert, warn } = findings;
  let at = 0;

  function next(part: string, persistent: (id: PyValue) => PyValue): PyValue {
    const where = `${name}: ${part}`;
    const cursor = new PickleCursor(source, at, where);
    const value = unpickle(cursor, { mode, where, persistent, leftInert, warn });
    at = cursor.at;
    return value;
  }
  const none = (id: PyValue): PyValue => {
    throw refusal('pickle-persistent-id', name, 'storages named by the object alone', kindOf(id));
  };

  const magic = next('magic number', none);
  if (magic !== MAGIC) throw refusal('torch-legacy', name, "torch's magic number", kindOf(magic));
  const protocol = next('protocol', none);
  if (protocol !== PROTOCOL) {
    const found = typeof protocol === 'bigint' ? String(protocol).slice(0, 30) : kindOf(protocol);
    throw refusal('torch-legacy', name, `protocol ${PROTOCOL}`, found);
  }
  requireLittleEndian(name, next('facts of the machine', none));

  const table = storageTable({
    mode,
    where: `${name}: object`,
    isLegacy: true,
    leftInert,
    warn,
    // What the stream says of it comes after the object; until then no storage is larger than the file.
    requireBytes(key, bytes) {
      if (bytes > source.size) {
        throw refusal(
          'storage-size',
          `${name}: storage ${quoted(key)}`,
          `at most ${source.size} bytes`,
          `${bytes}`,
        );
      }
    },
  });
  const root = next('object', table.resolve);
  if (table.unread.size > 0) {
    throw refusal(
      'storage-dtype',
      name,
      'storages whose size is known',
      `storage ${quoted([...table.unread][0]!)}`,
    );
  }
  const keys = keysOf(name, next('keys of storages', none), table.records);

  const places = new Map<StorageRecord, number>();
  for (const key of keys) {
    const record = table.records.get(key)!;
    const place = `${name}: storage ${quoted(key)}`;
    const head = source.read(at, COUNT_BYTES);
    const count = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    if (count * BigInt(record.elementBytes) !== BigInt(record.bytes)) {
      throw refusal('storage-size', place, `${record.bytes / record.elementBytes} elements`, `${count}`);
    }
    at += COUNT_BYTES;
    places.set(record, at);
    at += record.bytes;
    if (at > source.size) throw refusal('truncated', place, `${at} bytes in the file`, `${source.size}`);
  }
  if (at < source.size) {
    const error = refusal(
      'torch-trailing',
      name,
      'nothing after the last storage',
      `${source.size - at} bytes`,
    );
    if (mode === 'import') throw error;
    warn('torch-trailing', error.message);
  }
  return torchCheckpoint({
    source,
    mode,
    format: 'pytorch-legacy',
    root,
    findings,
    metadata: new Map([['protocol', String(PROTOCOL)]]),
    readRecord: (record, start, length) => source.read(places.get(record)! + start, length),
  });
}

function requireLittleEndian(name: string, machine: PyValue): void {
  if (!(machine instanceof PyDict)) {
    throw refusal('torch-legacy', name, 'a dict of facts of the machine', kindOf(machine));
  }
  if (machine.get('little_endian') !== true) {
    throw refusal('torch-byteorder', name, 'little-endian storages', 'big-endian ones');
  }
}

/** Each storage that the object names, once, and no other. */
function keysOf(name: string, value: PyValue, records: ReadonlyMap<string, StorageRecord>): string[] {
  if (!(value instanceof PyList))
    throw refusal('torch-legacy', name, 'a list of storage keys', kindOf(value));
  const keys = new Set<string>();
  for (const key of value.items) {
    if (typeof key !== 'string' || keys.has(key) || !records.has(key)) {
      const found = typeof key === 'string' ? quoted(key) : kindOf(key);
      throw refusal('storage-mismatch', name, 'the keys of storages that the object names, each once', found);
    }
    keys.add(key);
  }
  for (const key of records.keys()) {
    if (!keys.has(key))
      throw refusal('storage-missing', name, `storage ${quoted(key)} in the list of keys`, 'none');
  }
  return [...keys];
}
