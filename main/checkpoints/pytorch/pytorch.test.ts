import { describe, expect, it } from 'vitest';
import { call, dict, float, global, int, list, pickleOf, text, tuple } from './testing/assembler.ts';
import type { Part } from './testing/assembler.ts';
import { bytesOf, fixture, opened, outcome, valuesOf } from './testing/opened.ts';
import { storage, tensor, torchZip } from './testing/torch-file.ts';

const MODES = ['inspect', 'import'] as const;
const DTYPES: Record<string, string> = {
  ...{ float32: 'F32', float16: 'F16', bfloat16: 'BF16', float64: 'F64' },
  ...{ int64: 'I64', int32: 'I32', uint8: 'U8', bool: 'BOOL' },
};

describe.each(MODES)('files that torch wrote, to %s', (mode) => {
  it.each(['flavours-zip.pt', 'flavours-legacy.pt'])('has every value of %s', (name) => {
    const expected = JSON.parse(new TextDecoder().decode(fixture('flavours-zip.json'))) as Record<
      string,
      { dtype: string; shape: number[]; values: number[] }
    >;
    const checkpoint = opened(fixture(name), mode);
    expect(checkpoint.tensors.map((info) => info.name)).toEqual(
      Object.keys(expected).map((key) => `state_dict.${key}`),
    );
    for (const [key, { dtype, shape, values }] of Object.entries(expected)) {
      const found = checkpoint.tensors.find((info) => info.name === `state_dict.${key}`)!;
      expect(found).toMatchObject({ dtype: DTYPES[dtype], shape });
      expect(valuesOf(checkpoint, found.name)).toEqual(values);
    }
    const shared = checkpoint.tensors.filter((info) => info.sharedWith !== undefined);
    expect(shared.map((info) => [info.name, info.sharedWith])).toEqual([
      ['state_dict.slice', 'state_dict.transposed'],
      ['state_dict.shared_a', 'state_dict.transposed'],
    ]);
    expect(Object.fromEntries(checkpoint.facts)).toMatchObject({ epoch: '3', note: 'flavours' });
    expect([...checkpoint.inert, ...checkpoint.warnings]).toEqual([]);
  });

  it.each(['training.pt', 'training-legacy.pt'])('takes %s with its optimiser and arguments', (name) => {
    const checkpoint = opened(fixture(name), mode);
    const names = checkpoint.tensors.map((info) => info.name);
    const own = ['steps', 'a.weight', 'a.bias', 'b.weight', 'b.bias'];
    expect(names.slice(0, 10)).toEqual([
      ...own.map((key) => `model.${key}`),
      ...own.map((key) => `ema.${key}`),
    ]);
    expect(names).toContain('opt.state.3.exp_avg_sq');
    expect(Object.fromEntries(checkpoint.facts)).toMatchObject({
      ...{
        'args.model': 'SiT-XL/2',
        'args.num_classes': '1000',
        'args.compile': 'false',
        'args.resume': 'none',
      },
      ...{
        'args.betas': '[0.9, 0.999]',
        'opt.param_groups.0.params': '[0, 1, 2, 3]',
        steps: '1200',
        loss: '0.25',
      },
    });
    expect(checkpoint.inert).toEqual(
      mode === 'inspect' ? ['argparse.Namespace', 'numpy._core.multiarray.scalar', 'numpy.dtype'] : [],
    );
    expect(valuesOf(checkpoint, 'model.steps')).toEqual([7]);
    expect(valuesOf(checkpoint, 'ema.b.weight')).toEqual(valuesOf(checkpoint, 'model.b.weight'));
  });

  it('reads the narrow dtypes', () => {
    const checkpoint = opened(fixture('narrow.pt'), mode);
    expect(checkpoint.tensors.map(({ dtype }) => dtype)).toEqual([
      'U16',
      'F8_E4M3',
      'F8_E5M2',
      'C64',
      'I8',
      'I16',
      'U64',
    ]);
    expect(valuesOf(checkpoint, 'u16')).toEqual([1, 65535]);
    expect(valuesOf(checkpoint, 'i8')).toEqual([-1, 1]);
    expect(valuesOf(checkpoint, 'i16')).toEqual([-300]);
    // 1 and -2, in 4 and in 5 bits of exponent.
    expect([...bytesOf(checkpoint, 'f8')]).toEqual([0x38, 0xc0]);
    expect([...bytesOf(checkpoint, 'f8b')]).toEqual([0x3c, 0xc0]);
    expect([...new Float32Array(bytesOf(checkpoint, 'c64').buffer)]).toEqual([1, 2, 3, -4]);
  });
});

it('looks at protocol 4 and does not import it', () => {
  const checkpoint = opened(fixture('protocol-4.pt'), 'inspect');
  expect(valuesOf(checkpoint, 'a')).toEqual([0, 1, 2, 3, 4, 5]);
  expect(valuesOf(checkpoint, 'n.m.0')).toEqual([1, 1]);
  expect(Object.fromEntries(checkpoint.facts)).toEqual({ 'n.s': 'text', 'n.l': '[1.5, 2]' });
  expect(outcome(fixture('protocol-4.pt'), 'import')).toBe('checkpoint/pickle-opcode');
});

describe('names and facts', () => {
  const one = tensor({ size: [6], stride: [1] });
  const namesOf = (...parts: Part[]) =>
    opened(torchZip(pickleOf(...parts)), 'import').tensors.map(({ name }) => name);

  it('joins keys and indices by dots', () => {
    expect(namesOf(dict([text('a'), list(one, dict([int(7), one]))], [text('b.c'), one]))).toEqual([
      ...['a.0', 'a.1.7', 'b.c'],
    ]);
    expect(namesOf(dict([tuple(int(1), text('x')), one]))).toEqual(['(1, x)']);
  });

  it('calls a bare tensor "tensor"', () => expect(namesOf(one)).toEqual(['tensor']));

  it('keeps the names that JavaScript has a use for as plain names', () => {
    const keys = ['__proto__', 'constructor', 'hasOwnProperty', 'toString'];
    const nested = dict([text('__proto__'), one], [text('polluted'), text('yes')]);
    const pickle = pickleOf(dict(...keys.map((key) => [text(key), nested] as const)));
    const { tensors, facts } = opened(torchZip(pickle), 'import');
    expect(tensors.map(({ name }) => name)).toEqual(keys.map((key) => `${key}.__proto__`));
    expect(facts.get('__proto__.polluted')).toBe('yes');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('takes the last of two equal keys, as Python does', () => {
    const pickle = pickleOf(
      dict([int(1), text('int')], ['NEWTRUE', text('bool')], [float(1), text('float')]),
    );
    expect([...opened(torchZip(pickle, { storages: {} }), 'import').facts]).toEqual([['1', 'float']]);
  });

  it('makes names unique when inspecting', () => {
    const pickle = pickleOf(dict([text('a.b'), one], [text('a'), dict([text('b'), one])]));
    const { tensors, warnings } = opened(torchZip(pickle), 'inspect');
    expect(tensors.map(({ name }) => name)).toEqual(['a.b', 'a.b (2)']);
    expect(warnings.map(({ code }) => code)).toEqual(['checkpoint/torch-name-clash']);
  });

  it('lists no more than 1000 facts of 200 characters', () => {
    const entries = Array.from({ length: 1500 }, (_, i) => [int(i), text('x'.repeat(300))] as const);
    const { facts } = opened(torchZip(pickleOf(dict(...entries)), { storages: {} }), 'import');
    expect(facts.size).toBe(1000);
    expect([...facts.values()].every((fact) => fact.length === 200)).toBe(true);
  });

  it('sees through Parameter, attributes and subclasses of dict', () => {
    const rebuild = (...items: Part[]) => [tuple(...items), 'REDUCE'] as const;
    const parameter = call(
      'torch._utils',
      '_rebuild_parameter',
      one,
      'NEWTRUE',
      call('collections', 'OrderedDict'),
    );
    const newobj = [global('torch.nn.parameter', 'Parameter'), tuple(one, 'NEWTRUE'), 'NEWOBJ'] as const;
    const attributed = [
      global('torch._tensor', '_rebuild_from_type_v2'),
      ...rebuild(
        global('torch._utils', '_rebuild_tensor'),
        global('torch', 'Tensor'),
        tuple(storage({}), int(0), tuple(int(6)), tuple(int(1))),
        dict([text('note'), text('x')]),
      ),
    ] as const;
    const counter = call('collections', 'Counter', dict([text('n'), int(3)]));
    const defaults = [
      ...[call('collections', 'defaultdict', global('__builtin__', 'list')), 'MARK'],
      ...[text('d'), one, 'SETITEMS'],
    ] as Part[];
    const { tensors, facts } = opened(
      torchZip(pickleOf(list(parameter, newobj, attributed, counter, defaults))),
      'import',
    );
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ...['0', '1', '2', '4.d'].map((name) => [name, [6]]),
    ]);
    expect(facts.get('3.n')).toBe('3');
  });
});

it('fits the training file of a network with 5000 parameters, in time', () => {
  // Model, EMA and two moments: 20,000 tensors of 35 opcodes each.
  const one = tensor({ size: [2, 3], stride: [3, 1] });
  const group = dict(...Array.from({ length: 5000 }, (_, i) => [int(i), one] as const));
  const file = torchZip(pickleOf(list(group, group, group, group)));
  expect(opened(file, 'import').tensors).toHaveLength(20_000);
});
