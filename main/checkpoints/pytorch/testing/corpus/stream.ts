import { assemble, call, global, int, little, pickleOf, raw, text, utf8 } from '../assembler.ts';
import { stateDict, torchZip } from '../torch-file.ts';
import { bare, both, zipped } from './case.ts';
import type { Case } from './case.ts';

export const stream: readonly Case[] = [
  both('no STOP', bare('PROTO', raw(2), 'NONE'), 'pickle-truncated'),
  both('no bytes at all', bare(), 'pickle-truncated'),
  both(
    'a string longer than the file',
    bare('PROTO', raw(2), 'BINUNICODE', little(0xffffffff, 4)),
    'pickle-truncated',
  ),
  [
    'bytes longer than any file',
    bare('PROTO', raw(4), 'BINBYTES8', little(-1, 8)),
    'pickle-opcode',
    'pickle-truncated',
  ],
  both('a line without an end', bare('PROTO', raw(2), 'GLOBAL', utf8('os')), 'pickle-truncated'),
  both('an empty stack at STOP', bare('PROTO', raw(2), 'STOP'), 'pickle-stack'),
  both('two values at STOP', zipped('NONE', 'NONE'), 'pickle-stack'),
  both('a mark at STOP', zipped('NONE', 'MARK'), 'pickle-stack'),
  both('TUPLE without a mark', zipped('NONE', 'TUPLE'), 'pickle-stack'),
  both(
    'REDUCE across a mark',
    zipped(global('collections', 'OrderedDict'), 'MARK', 'EMPTY_TUPLE', 'REDUCE'),
    'pickle-stack',
  ),
  both('SETITEMS with a key alone', zipped('EMPTY_DICT', 'MARK', int(1), 'SETITEMS'), 'pickle-stack'),
  both('protocol 6', bare('PROTO', raw(6), 'NONE', 'STOP'), 'pickle-protocol'),
  both('PROTO twice', zipped('PROTO', raw(2), 'NONE'), 'pickle-protocol'),
  ['no PROTO', bare('NONE', 'STOP'), 'pickle-protocol', {}],
  both('text that is no UTF-8', zipped('BINUNICODE', little(2, 4), raw(0xc3, 0x28)), 'pickle-text'),
  both('half a surrogate pair', zipped('BINUNICODE', little(3, 4), raw(0xed, 0xa0, 0x80)), 'pickle-text'),
  [
    'an integer of a million digits',
    zipped('LONG', utf8(`${'9'.repeat(60_000)}L\n`)),
    'pickle-opcode',
    'pickle-text',
  ],
  ['a line of a million bytes', zipped('INT', utf8(`${'9'.repeat(1e6)}\n`)), 'pickle-opcode', 'pickle-text'],
  ['an integer that is none', zipped('INT', utf8('0x10\n')), 'pickle-opcode', 'pickle-text'],
  ['a LONG4 of 4 GiB', zipped('LONG4', little(0xffffffff, 4)), 'pickle-opcode', 'pickle-limit'],
  ['a string without quotes', zipped('STRING', utf8('id\n')), 'pickle-opcode', 'pickle-text'],
  [
    'a second pickle after STOP',
    () => torchZip(assemble(stateDict(), pickleOf(call('os', 'system')))),
    'pickle-trailing',
    {
      inert: [],
      warnings: ['checkpoint/pickle-trailing'],
    },
  ],
  [
    'a frame longer than its pickle',
    bare('PROTO', raw(4), 'FRAME', little(99, 8), 'NONE', 'STOP'),
    'pickle-opcode',
    'pickle-frame',
  ],
  [
    'a frame of 2^64 - 1 bytes',
    bare('PROTO', raw(4), 'FRAME', little(-1, 8), 'NONE', 'STOP'),
    'pickle-opcode',
    'pickle-frame',
  ],
  [
    'an opcode that straddles a frame',
    bare('PROTO', raw(4), 'FRAME', little(2, 8), text('straddle'), 'STOP'),
    'pickle-opcode',
    'pickle-frame',
  ],
  [
    'a frame in a frame',
    bare('PROTO', raw(4), 'FRAME', little(11, 8), 'FRAME', little(1, 8), 'NONE', 'STOP'),
    'pickle-opcode',
    'pickle-frame',
  ],
  [
    'STOP before the end of its frame',
    bare('PROTO', raw(4), 'FRAME', little(3, 8), 'NONE', 'STOP', 'NONE'),
    'pickle-opcode',
    'pickle-frame',
  ],
];
