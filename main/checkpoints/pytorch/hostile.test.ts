/** Files that somebody made to do harm, and what each must give: README.md lists the codes. */
import { describe, expect, it } from 'vitest';
import { call, dict, global, int, pickleOf, text } from './testing/assembler.ts';
import type { Part } from './testing/assembler.ts';
import { opcodes } from './testing/corpus/opcodes.ts';
import { globals } from './testing/corpus/globals.ts';
import { calls } from './testing/corpus/calls.ts';
import { stream } from './testing/corpus/stream.ts';
import { bombs } from './testing/corpus/bombs.ts';
import { storages } from './testing/corpus/storages.ts';
import { containers } from './testing/corpus/containers.ts';
import { legacies } from './testing/corpus/legacies.ts';
import { zipped } from './testing/corpus/case.ts';
import { DANGEROUS_GLOBALS } from './testing/dangerous-globals.ts';
import { bytesOf, opened, outcome } from './testing/opened.ts';
import { floats, stateDict, tensor, torchZip, WEIGHT } from './testing/torch-file.ts';

describe.each(Object.entries({ opcodes, globals, calls, stream, bombs, storages, containers, legacies }))(
  'hostile %s',
  (_, cases) => {
    it.each(cases.map((one) => [...one] as const))('%s', (_what, make, imported, inspected) => {
      const file = make();
      expect(outcome(file, 'import')).toBe(`checkpoint/${imported}`);
      if (typeof inspected === 'string') {
        expect(outcome(file, 'inspect')).toBe(`checkpoint/${inspected}`);
      } else {
        const { inert, warnings } = opened(file, 'inspect');
        expect({ inert, warnings: warnings.map(({ code }) => code) }).toEqual({
          inert: [],
          warnings: [],
          ...inspected,
        });
      }
    });
  },
);

describe.each(DANGEROUS_GLOBALS.map(([module, name]) => ({ module, name })))(
  '$module.$name',
  ({ module, name }) => {
    const file = zipped(dict([text('x'), call(module, name, text('id'))], [text('y'), int(1)]))();
    it('is refused with its name', () => {
      expect(() => opened(file, 'import')).toThrow(
        expect.objectContaining({
          code: 'checkpoint/pickle-global',
          message: expect.stringContaining(`${module}.${name}`) as string,
        }),
      );
    });
    it('is left inert with its name', () => {
      const { inert, tensors, facts } = opened(file, 'inspect');
      expect(inert).toEqual([`${module}.${name}`]);
      expect(tensors).toEqual([]);
      expect([...facts]).toEqual([['y', '1']]);
    });
  },
);

it('lists an expanded view and does not read it', () => {
  const file = torchZip(stateDict({ numel: 1, size: [1e9], stride: [0] }), { storages: { 0: floats(1) } });
  const checkpoint = opened(file, 'inspect');
  expect(checkpoint.tensors.map(({ shape }) => shape)).toEqual([[1e9]]);
  expect(() => bytesOf(checkpoint, 'weight', 0, 1)).toThrow(
    expect.objectContaining({ code: 'checkpoint/storage-budget' }),
  );
});

it('shows what lies in an object of an unknown class', () => {
  const module: Part = [
    global('model', 'Net'),
    'EMPTY_TUPLE',
    'NEWOBJ',
    dict([text('_parameters'), dict([text('w'), tensor(WEIGHT)])]),
    'BUILD',
  ];
  const { tensors, inert } = opened(torchZip(pickleOf(module)), 'inspect');
  expect(tensors.map(({ name }) => name)).toEqual(['_parameters.w']);
  expect(inert).toEqual(['model.Net']);
});
