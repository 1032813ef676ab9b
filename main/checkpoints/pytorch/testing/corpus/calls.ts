import { call, dict, float, global, int, pickleOf, repeated, text, tuple } from '../assembler.ts';
import type { Part } from '../assembler.ts';
import { storage, tensor, torchZip, WEIGHT } from '../torch-file.ts';
import { both, zipped } from './case.ts';
import type { Case } from './case.ts';

function call0(...parts: readonly Part[]): Part {
  return [...parts, 'EMPTY_TUPLE', 'REDUCE'];
}

export const calls: readonly Case[] = [
  both('REDUCE of a string', zipped(call0(text('os.system'))), 'pickle-call'),
  both('REDUCE of a tuple', zipped(call0('EMPTY_TUPLE')), 'pickle-call'),
  both(
    'REDUCE with a list',
    zipped(global('collections', 'OrderedDict'), 'EMPTY_LIST', 'REDUCE'),
    'pickle-call',
  ),
  both('REDUCE of a storage type', zipped(call('torch', 'FloatStorage', int(1 << 30))), 'pickle-call'),
  both('REDUCE of a type', zipped(call('builtins', 'list', int(1 << 30))), 'pickle-call'),
  both('20 arguments', zipped(call('torch', 'Size', ...Array<Part>(20).fill('NONE'))), 'pickle-call'),
  both(
    'NEWOBJ of a function',
    zipped(global('torch._utils', '_rebuild_tensor'), 'EMPTY_TUPLE', 'NEWOBJ'),
    'pickle-call',
  ),
  both('SETITEM on a list', zipped('EMPTY_LIST', int(1), int(2), 'SETITEM'), 'pickle-call'),
  both(
    'SETITEM on a namespace',
    zipped(call('argparse', 'Namespace'), text('a'), int(2), 'SETITEM'),
    'pickle-call',
  ),
  both(
    'SETITEM on a tensor',
    () => torchZip(pickleOf(tensor(WEIGHT), int(1), int(2), 'SETITEM')),
    'pickle-call',
  ),
  both('APPEND to a dict', zipped('EMPTY_DICT', int(1), 'APPEND'), 'pickle-call'),
  both('APPEND to a tuple', zipped('EMPTY_TUPLE', int(1), 'APPEND'), 'pickle-call'),
  both('BUILD on a dict', zipped('EMPTY_DICT', dict([text('__class__'), int(1)]), 'BUILD'), 'pickle-call'),
  both(
    'BUILD on a tensor',
    () => torchZip(pickleOf(tensor(WEIGHT), tuple(storage({})), 'BUILD')),
    'pickle-call',
  ),
  both('a list as key', zipped(dict(['EMPTY_LIST', int(1)])), 'pickle-key'),
  both('a key of a million characters', zipped(dict([text('x'.repeat(1e6)), int(1)])), 'pickle-key'),
  both(
    'a key nested 1000 deep',
    zipped('EMPTY_DICT', 'EMPTY_TUPLE', repeated(1000, 'TUPLE1'), int(1), 'SETITEM'),
    'pickle-key',
  ),
  both(
    'a tensor of strings',
    zipped(call('torch._utils', '_rebuild_tensor', text('x'), int(0), tuple(), tuple())),
    'pickle-call',
  ),
  both(
    'a tensor of three arguments',
    zipped(call('torch._utils', '_rebuild_tensor', int(0), tuple(), tuple())),
    'pickle-call',
  ),
  both(
    'sizes of floats',
    () =>
      torchZip(
        pickleOf(
          call('torch._utils', '_rebuild_tensor', storage({}), int(0), tuple(float(2)), tuple(int(1))),
        ),
      ),
    'pickle-call',
  ),
  both(
    'a NumPy scalar without a dtype',
    zipped(call('numpy.core.multiarray', 'scalar', text('f8'), text('x'))),
    'pickle-call',
  ),
  both('bytes beyond Latin-1', zipped(call('_codecs', 'encode', text('€'), text('latin1'))), 'pickle-call'),
  both('bytes of another codec', zipped(call('_codecs', 'encode', text('x'), text('rot13'))), 'pickle-call'),
];
