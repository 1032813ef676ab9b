import { assemble, call, dict, global, int, list, pickleOf, text, tuple } from '../assembler.ts';
import { floats, storage, torchLegacy } from '../torch-file.ts';
import { both, legacyOf } from './case.ts';
import type { Case } from './case.ts';

export const legacies: readonly Case[] = [
  both('another magic number', () => torchLegacy(legacyOf({}), { magic: 1n }), 'torch-legacy'),
  both('another protocol', () => torchLegacy(legacyOf({}), { protocol: 1000 }), 'torch-legacy'),
  both(
    'a big-endian machine',
    () => torchLegacy(legacyOf({}), { littleEndian: 'NEWFALSE' }),
    'torch-byteorder',
  ),
  both(
    'a global for the byte order',
    () => torchLegacy(legacyOf({}), { littleEndian: tuple() }),
    'torch-byteorder',
  ),
  [
    'a call in the first pickle',
    () => assemble(pickleOf(call('os', 'system')), legacyOf({})),
    'pickle-global',
    'torch-legacy',
  ],
  [
    'a call in the object',
    () => torchLegacy(pickleOf(dict([text('x'), call('os', 'system')])), { keys: list(), storages: [] }),
    'pickle-global',
    { inert: ['os.system'] },
  ],
  both(
    'a storage in the list of keys',
    () => torchLegacy(legacyOf({}), { keys: list(storage({ isLegacy: true })) }),
    'pickle-persistent-id',
  ),
  both('keys that are no list', () => torchLegacy(legacyOf({}), { keys: text('0') }), 'torch-legacy'),
  both(
    'a key that is missing',
    () => torchLegacy(legacyOf({}), { keys: list(), storages: [] }),
    'storage-missing',
  ),
  both(
    'a key too many',
    () => torchLegacy(legacyOf({}), { keys: list(text('0'), text('1')) }),
    'storage-mismatch',
  ),
  both(
    'a key twice',
    () => torchLegacy(legacyOf({}), { keys: list(text('0'), text('0')) }),
    'storage-mismatch',
  ),
  both(
    'another count of elements',
    () => torchLegacy(legacyOf({}), { storages: [{ count: 5, data: floats(6) }] }),
    'storage-size',
  ),
  both(
    'a negative count of elements',
    () => torchLegacy(legacyOf({}), { storages: [{ count: -6, data: floats(6) }] }),
    'storage-size',
  ),
  both(
    'fewer bytes than elements',
    () => torchLegacy(legacyOf({}), { storages: [{ count: 6, data: floats(5) }] }),
    'truncated',
  ),
  both('a storage larger than the file', () => torchLegacy(legacyOf({ numel: 1e9 })), 'storage-size'),
  [
    'bytes after the last storage',
    () => torchLegacy(legacyOf({}), { after: pickleOf(call('os', 'system')) }),
    'torch-trailing',
    { warnings: ['checkpoint/torch-trailing'] },
  ],
  both(
    'a part beyond its storage',
    () => torchLegacy(legacyOf({ view: tuple(text('p'), int(5), int(2)), size: [1], stride: [1] })),
    'storage-bounds',
  ),
  both(
    'a part before its storage',
    () => torchLegacy(legacyOf({ view: tuple(text('p'), int(-1), int(2)), size: [1], stride: [1] })),
    'storage-negative',
  ),
  both(
    'a part of two items',
    () => torchLegacy(legacyOf({ view: tuple(text('p'), int(1)) })),
    'pickle-persistent-id',
  ),
  both(
    'a view beyond its part',
    () => torchLegacy(legacyOf({ view: tuple(text('p'), int(1), int(2)), size: [3], stride: [1] })),
    'storage-bounds',
  ),
  [
    'source text of a module',
    () =>
      torchLegacy(
        pickleOf(
          tuple(text('module'), global('model', 'Net'), text('model.py'), text('import os')),
          'BINPERSID',
        ),
        { keys: list(), storages: [] },
      ),
    'pickle-global',
    { inert: ['model.Net'] },
  ],
];
