import { call, little, raw, text, utf8 } from '../assembler.ts';
import type { Part } from '../assembler.ts';
import { both, zipped } from './case.ts';
import type { Case } from './case.ts';

export const opcodes: readonly Case[] = [
  ...(['DUP', 'POP', 'POP_MARK', 'OBJ', 'INST', 'EXT1', 'EXT2', 'EXT4'] as const).map((name) =>
    both(name, zipped('NONE', name, raw(1, 1, 1, 1)), 'pickle-opcode'),
  ),
  ...(['PERSID', 'NEXT_BUFFER', 'READONLY_BUFFER'] as const).map((name) =>
    both(name, zipped('NONE', name, utf8('x\n')), 'pickle-opcode'),
  ),
  both('a byte that is no opcode', zipped(raw(0xff)), 'pickle-opcode'),
  [
    'a call hidden by POP',
    zipped(call('os', 'system', text('id')), 'POP', 'NONE'),
    'pickle-global',
    'pickle-opcode',
  ],
  both('a call by INST', zipped('MARK', text('id'), 'INST', utf8('os\nsystem\n')), 'pickle-opcode'),
  both('a call by OBJ', zipped('MARK', 'NONE', text('id'), 'OBJ', 'POP', 'NONE'), 'pickle-opcode'),
  ...(
    [
      ['MEMOIZE', ['NONE', 'MEMOIZE']],
      ['text PUT and GET', ['NONE', 'PUT', utf8('7\n'), 'GET', utf8('7\n'), 'TUPLE2']],
      ['BYTEARRAY8', ['BYTEARRAY8', little(1, 8), raw(65)]],
      ['SHORT_BINBYTES', ['SHORT_BINBYTES', raw(1, 65)]],
      ['text INT', ['INT', utf8('12\n')]],
      ['text LONG', ['LONG', utf8('12L\n')]],
      ['text FLOAT', ['FLOAT', utf8('1.5e3\n')]],
      ['text STRING', ['STRING', utf8("'a\\x41'\n")]],
      ['text UNICODE', ['UNICODE', utf8('a\\u0041\n')]],
      ['LONG4', ['LONG4', little(2, 4), raw(1, 1)]],
      ['FROZENSET', ['MARK', 'FROZENSET']],
    ] as [string, Part[]][]
  ).map(([what, parts]): Case => [`${what}, of another protocol`, zipped(...parts), 'pickle-opcode', {}]),
];
