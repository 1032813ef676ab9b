import { call, dict, global, int, list, pickleOf, text, tuple } from '../assembler.ts';
import { floats, stateDict, storage, tensor, torchZip, WEIGHT } from '../torch-file.ts';
import { both, viewed, zipped } from './case.ts';
import type { Case } from './case.ts';

export const storages: readonly Case[] = [
  both('fewer elements than bytes', viewed({ numel: 5, size: [2, 2] }), 'storage-size'),
  both('more elements than bytes', viewed({ numel: 7 }), 'storage-size'),
  both('2^62 elements', viewed({ numel: 2n ** 62n }), 'storage-overflow'),
  both('2^600 elements', viewed({ numel: 2n ** 600n }), 'storage-overflow'),
  both('-1 elements', viewed({ numel: -1 }), 'storage-negative'),
  both('a view beyond its storage', viewed({ size: [3, 3] }), 'storage-bounds'),
  both('a view one element beyond', viewed({ offset: 1 }), 'storage-bounds'),
  both('strides beyond the storage', viewed({ stride: [4, 1] }), 'storage-bounds'),
  both('an empty view beyond the storage', viewed({ size: [0], stride: [1], offset: 7 }), 'storage-bounds'),
  both('a negative offset', viewed({ offset: -1 }), 'storage-negative'),
  both('a negative size', viewed({ size: [-2, -3] }), 'storage-negative'),
  both('a negative stride', viewed({ stride: [-3, 1] }), 'storage-negative'),
  both(
    'sizes whose product wraps to 0',
    viewed({ size: [2n ** 32n, 2n ** 32n], stride: [0, 0] }),
    'storage-overflow',
  ),
  both('a stride of 2^63', viewed({ stride: [2n ** 63n, 1] }), 'storage-overflow'),
  both('an offset of 2^600', viewed({ offset: 2n ** 600n }), 'storage-overflow'),
  both(
    '65 dimensions',
    viewed({ size: Array<number>(65).fill(1), stride: Array<number>(65).fill(1) }),
    'storage-rank',
  ),
  both('more sizes than strides', viewed({ stride: [1] }), 'storage-rank'),
  both('a storage that is not there', viewed({ key: '9' }), 'storage-missing'),
  both('a storage outside its folder', viewed({ key: '../../etc/passwd' }), 'storage-missing'),
  both('a storage called __proto__', viewed({ key: '__proto__' }), 'storage-missing'),
  both(
    'one storage of two types',
    () => torchZip(pickleOf(list(tensor(WEIGHT), tensor({ ...WEIGHT, type: 'IntStorage' })))),
    'storage-mismatch',
  ),
  both(
    'one storage of two sizes',
    () => torchZip(pickleOf(list(tensor(WEIGHT), tensor({ ...WEIGHT, numel: 3, size: [1], stride: [1] })))),
    'storage-mismatch',
  ),
  [
    'one element as 10^9',
    () =>
      torchZip(stateDict({ numel: 1, size: [1_000_000_000], stride: [0] }), { storages: { 0: floats(1) } }),
    'storage-budget',
    { warnings: ['checkpoint/storage-budget'] },
  ],
  [
    'complex doubles',
    () =>
      torchZip(stateDict({ type: 'ComplexDoubleStorage', numel: 1, size: [1], stride: [1] }), {
        storages: { 0: new Uint8Array(16) },
      }),
    'storage-dtype',
    { inert: ['torch.ComplexDoubleStorage'], warnings: ['checkpoint/storage-dtype'] },
  ],
  ...(
    [
      ['quantised', '_rebuild_qtensor'],
      ['sparse', '_rebuild_sparse_tensor'],
      ['meta', '_rebuild_meta_tensor_no_storage'],
      ['nested', '_rebuild_nested_tensor'],
    ] as const
  ).map(([what, name]): Case => [
    `a ${what} tensor`,
    () => torchZip(pickleOf(call('torch._utils', name, storage({}), int(0)))),
    'torch-tensor-kind',
    { inert: [`torch._utils.${name}`], warnings: ['checkpoint/torch-tensor-kind'] },
  ]),
  [
    'a tensor that is yet to be conjugated',
    () =>
      torchZip(
        pickleOf(
          call(
            'torch._utils',
            '_rebuild_tensor_v2',
            storage({}),
            int(0),
            tuple(int(6)),
            tuple(int(1)),
            'NEWFALSE',
            'NONE',
            dict([text('conj'), 'NEWTRUE']),
          ),
        ),
      ),
    'torch-tensor-kind',
    { inert: ['torch.Tensor'], warnings: ['checkpoint/torch-tensor-kind'] },
  ],
  both('a persistent id that is no tuple', zipped(text('storage'), 'BINPERSID'), 'pickle-persistent-id'),
  both(
    'a persistent id of a module',
    zipped(tuple(text('module'), 'NONE', text('a.py'), text('import os')), 'BINPERSID'),
    'pickle-persistent-id',
  ),
  both(
    'a persistent id of four items',
    zipped(tuple(text('storage'), 'NONE', text('0'), text('cpu')), 'BINPERSID'),
    'pickle-persistent-id',
  ),
  both(
    'a storage at a location that is a number',
    zipped(tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), int(0), int(6)), 'BINPERSID'),
    'pickle-persistent-id',
  ),
  both(
    'a storage of the type OrderedDict',
    zipped(
      tuple(text('storage'), global('collections', 'OrderedDict'), text('0'), text('cpu'), int(6)),
      'BINPERSID',
    ),
    'pickle-persistent-id',
  ),
  [
    'two tensors of one name',
    () =>
      torchZip(pickleOf(dict([text('a.b'), tensor(WEIGHT)], [text('a'), dict([text('b'), tensor(WEIGHT)])]))),
    'torch-name-clash',
    {
      warnings: ['checkpoint/torch-name-clash'],
    },
  ],
];
