/** Checkpoints as torch writes them, and as it never would. */
import { zipOf } from '../../zip/testing.ts';
import type { TestArchive, TestMember } from '../../zip/testing.ts';
import { assemble, call, dict, global, int, little, list, pickleOf, text, tuple, utf8 } from './assembler.ts';
import type { Part } from './assembler.ts';

export interface TestView {
  /** Type of the storage, `FloatStorage` if left out. */
  type?: string;
  key?: string;
  /** Elements that the persistent id says the storage has. */
  numel?: number | bigint;
  offset?: number | bigint;
  size: readonly (number | bigint)[];
  stride: readonly (number | bigint)[];
  /** The legacy stream's part of a storage; None if left out. */
  view?: Part;
  isLegacy?: boolean;
}

/** BINPERSID of a storage. */
export function storage(view: Partial<TestView>): Part {
  const { type = 'FloatStorage', key = '0', numel = 6, view: part = 'NONE' } = view;
  const items: Part[] = [text('storage'), global('torch', type), text(key), text('cpu'), int(numel)];
  return [tuple(...items, ...(view.isLegacy === true ? [part] : [])), 'BINPERSID'];
}

/** `_rebuild_tensor_v2` of a view. */
export function tensor(view: TestView): Part {
  return call(
    'torch._utils',
    '_rebuild_tensor_v2',
    storage(view),
    int(view.offset ?? 0),
    tuple(...view.size.map(int)),
    tuple(...view.stride.map(int)),
    'NEWFALSE',
    call('collections', 'OrderedDict'),
  );
}

export const WEIGHT: TestView = { size: [2, 3], stride: [3, 1] };

/** A state dict of one tensor `weight`, [2, 3] unless said otherwise. */
export function stateDict(view: TestView = WEIGHT): Uint8Array {
  return pickleOf(dict([text('weight'), tensor(view)]));
}

/** The bytes 1.0, 2.0, ... as float32. */
export function floats(count: number): Uint8Array {
  return new Uint8Array(Float32Array.from({ length: count }, (_, i) => i + 1).buffer);
}

interface TestZip {
  prefix?: string;
  storages?: Record<string, Uint8Array>;
  byteorder?: string;
  version?: string;
  /** Further members, by their names without the folder. */
  extra?: readonly TestMember[];
  /** Changes to the members that a good file has. */
  change?: (members: TestMember[]) => TestMember[];
  archive?: TestArchive;
}

export function torchZip(pickle: Uint8Array, zip: TestZip = {}): Uint8Array {
  const { prefix = 'model/', storages = { 0: floats(6) }, extra = [], change = (same) => same } = zip;
  const members: TestMember[] = [
    { name: 'data.pkl', data: pickle },
    { name: '.format_version', data: utf8('1') },
    { name: '.storage_alignment', data: utf8('64') },
    { name: 'byteorder', data: utf8(zip.byteorder ?? 'little') },
    ...Object.entries(storages).map(([key, data]) => ({ name: `data/${key}`, data })),
    { name: 'version', data: utf8(zip.version ?? '3\n') },
    { name: '.data/serialization_id', data: utf8('0123456789') },
    ...extra,
  ].map((member: TestMember) => ({ align: 64, ...member, name: prefix + member.name }));
  return zipOf(change(members), zip.archive);
}

interface TestLegacy {
  magic?: bigint;
  protocol?: number;
  littleEndian?: Part;
  keys?: Part;
  /** Elements and bytes of each storage in the stream. */
  storages?: readonly { count: number | bigint; data: Uint8Array }[];
  after?: Uint8Array;
}

/** @param object  a pickle whose storages have `isLegacy` */
export function torchLegacy(object: Uint8Array, legacy: TestLegacy = {}): Uint8Array {
  const { storages = [{ count: 6, data: floats(6) }] } = legacy;
  return assemble(
    pickleOf(int(legacy.magic ?? 0x1950a86a20f9469cfc6cn)),
    pickleOf(int(legacy.protocol ?? 1001)),
    pickleOf(dict([text('little_endian'), legacy.littleEndian ?? 'NEWTRUE'])),
    object,
    pickleOf(legacy.keys ?? list(text('0'))),
    ...storages.flatMap(({ count, data }) => [little(count, 8), data]),
    legacy.after ?? new Uint8Array(0),
  );
}
