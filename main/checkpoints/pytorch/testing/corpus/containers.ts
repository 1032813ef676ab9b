import { raw, utf8 } from '../assembler.ts';
import { stateDict, torchZip } from '../torch-file.ts';
import { both } from './case.ts';
import type { Case } from './case.ts';

export const containers: readonly Case[] = [
  both('big-endian storages', () => torchZip(stateDict(), { byteorder: 'big' }), 'torch-byteorder'),
  both('a version that is none', () => torchZip(stateDict(), { version: 'latest' }), 'torch-version'),
  both(
    'TorchScript by its constants',
    () => torchZip(stateDict(), { extra: [{ name: 'constants.pkl', data: raw(1) }] }),
    'torch-script',
  ),
  both(
    'TorchScript by its compressed code',
    () =>
      torchZip(stateDict(), {
        extra: [{ name: 'code/__torch__.py', data: utf8('x'.repeat(99)), method: 8 }],
      }),
    'torch-script',
  ),
  both(
    'a compressed member',
    () => torchZip(stateDict(), { change: (all) => all.map((member) => ({ ...member, method: 8 })) }),
    'zip-compressed',
  ),
  ...['evil.pkl', 'data/payload.pkl', 'readme.txt', '.data/extern_modules', 'nested/data.pkl'].map(
    (name): Case => [
      `a further member ${name}`,
      () => torchZip(stateDict(), { extra: [{ name, data: new Uint8Array(0) }] }),
      'torch-extra-member',
      { warnings: ['checkpoint/torch-extra-member'] },
    ],
  ),
  both('no data.pkl', () => torchZip(stateDict(), { change: (all) => all.slice(1) }), 'torch-layout'),
  both(
    'a data.pkl of another name',
    () =>
      torchZip(stateDict(), {
        change: ([first, ...rest]) => [{ ...first!, name: 'model/data.bin' }, ...rest],
      }),
    'torch-layout',
  ),
  both('no folder', () => torchZip(stateDict(), { prefix: '' }), 'torch-layout'),
  both(
    'two folders',
    () =>
      torchZip(stateDict(), {
        change: ([first, ...rest]) => [first!, { name: 'other/data.pkl', data: stateDict() }, ...rest],
      }),
    'torch-layout',
  ),
  both(
    'a pickle with a wrong CRC',
    () => torchZip(stateDict(), { change: ([first, ...rest]) => [{ ...first!, crc: 1 }, ...rest] }),
    'zip-crc',
  ),
  both(
    'a storage with a wrong CRC',
    () =>
      torchZip(stateDict(), {
        change: (all) =>
          all.map((member) => (member.name === 'model/data/0' ? { ...member, crc: 1 } : member)),
      }),
    'zip-crc',
  ),
  both('a huge note', () => torchZip(stateDict(), { version: '3'.repeat(1000) }), 'zip-budget'),
];
