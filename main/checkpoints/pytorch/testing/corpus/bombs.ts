import { dict, get, global, int, pickleOf, put, repeated, text, tuple } from '../assembler.ts';
import type { Part } from '../assembler.ts';
import { storage, torchZip } from '../torch-file.ts';
import { both, zipped } from './case.ts';
import type { Case } from './case.ts';

export const bombs: readonly Case[] = [
  both('a million opcodes', zipped('NONE', repeated(500_000, 'EMPTY_TUPLE', 'TUPLE2')), 'pickle-limit'),
  both('400,000 nested tuples', zipped('EMPTY_TUPLE', repeated(400_000, 'TUPLE1')), 'torch-nesting'),
  both(
    '400,000 nested tuples in a discarded value',
    zipped(
      dict([int(1), ['EMPTY_TUPLE', repeated(400_000, 'TUPLE1')]], [int(1), 'NONE']),
      repeated(300, 'TUPLE1'),
    ),
    'torch-nesting',
  ),
  both('a stack of 20,000 values', zipped(repeated(20_000, 'NONE')), 'pickle-limit'),
  both('20,000 marks', zipped(repeated(20_000, 'MARK')), 'pickle-limit'),
  both(
    '200,000 remembered values',
    zipped(
      'NONE',
      Array.from({ length: 200_000 }, (_, i) => put(i)),
    ),
    'pickle-limit',
  ),
  both(
    'one value used 400,000 times',
    zipped('NONE', put(0), repeated(400_000, get(0), 'TUPLE2')),
    'pickle-limit',
  ),
  both(
    'billion laughs: 60 pairs of pairs',
    zipped('EMPTY_LIST', text('ha'), 'APPEND', repeated(60, put(0), get(0), 'TUPLE2')),
    'torch-limit',
  ),
  both('a list in itself', zipped('EMPTY_LIST', put(0), get(0), 'APPEND'), 'torch-cycle'),
  both('a dict in itself', zipped('EMPTY_DICT', put(0), text('self'), get(0), 'SETITEM'), 'torch-cycle'),
  both(
    'names that double',
    zipped(dict([text('x'.repeat(900)), dict([text('y'.repeat(900)), dict([int(1), int(2)])])])),
    'torch-name',
  ),
  both(
    'copies of a long list',
    zipped(
      'EMPTY_LIST',
      put(0),
      'MARK',
      repeated(5000, 'NONE'),
      'APPENDS',
      repeated(9000, global('builtins', 'set'), get(0), 'TUPLE1', 'REDUCE', 'TUPLE2'),
    ),
    'pickle-limit',
  ),
  both(
    'tensors of 64 dimensions by the thousand',
    () =>
      torchZip(
        pickleOf(
          ...['EMPTY_LIST' as const, global('torch._utils', '_rebuild_tensor'), put(0)],
          tuple(
            storage({}),
            int(0),
            tuple(...Array<Part>(64).fill(int(1))),
            tuple(...Array<Part>(64).fill(int(1))),
          ),
          ...[
            put(1),
            'TUPLE3' as const,
            'EMPTY_LIST' as const,
            repeated(90_000, put(2), get(0), get(1), 'REDUCE', 'APPEND'),
          ],
          'TUPLE2',
        ),
      ),
    'pickle-limit',
  ),
  both('a pickle of 65 MiB', () => torchZip(new Uint8Array(65 * 2 ** 20), { storages: {} }), 'pickle-size'),
];
