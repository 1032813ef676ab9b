import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../byte-source.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { allBytes, codeOf, contentOf } from '../testing.ts';
import { openZip } from '../zip/index.ts';
import { zipOf } from '../zip/testing.ts';
import type { TestMember } from '../zip/testing.ts';
import { openNpy, openNpz } from './index.ts';
import { npyFile, npyOf } from './testing.ts';

const SEED = 20261122;
const WIDTHS: Readonly<Record<string, number>> = {
  '|b1': 1,
  '|i1': 1,
  '|u1': 1,
  '<i2': 2,
  '>u2': 2,
  '<f2': 2,
  '>f2': 2,
  '<i4': 4,
  '>i4': 4,
  '<u4': 4,
  '<f4': 4,
  '>f4': 4,
  '<i8': 8,
  '>i8': 8,
  '<u8': 8,
  '<f8': 8,
  '>f8': 8,
  '<c8': 8,
  '>c8': 8,
};

function openArray(bytes: Uint8Array): Checkpoint {
  return openNpy(bytesSource('test.npy', bytes));
}

function openArrays(bytes: Uint8Array): Checkpoint {
  const source = bytesSource('test.npz', bytes);
  return openNpz(source, openZip(source, { methods: 'stored-or-deflated', names: 'exact' }));
}

const array = fc
  .record({
    descr: fc.constantFrom(...Object.keys(WIDTHS)),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    fortran: fc.boolean(),
    version: fc.constantFrom(1 as const, 2 as const, 3 as const),
  })
  .chain(({ descr, shape, fortran, version }) => {
    const length = shape.reduce((a, b) => a * b, 1) * WIDTHS[descr]!;
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((data) => ({ descr, shape, fortran, version, data }));
  });

/** The model: element by element, by index, with nothing of the reader's arithmetic. */
function rowMajor({
  descr,
  shape,
  fortran,
  data,
}: {
  descr: string;
  shape: number[];
  fortran: boolean;
  data: Uint8Array;
}) {
  const width = WIDTHS[descr]!;
  const unit = descr.endsWith('c8') ? 4 : width;
  const out: number[] = [];
  const walk = (index: number[]): void => {
    if (index.length < shape.length) {
      for (let i = 0; i < shape[index.length]!; i++) walk([...index, i]);
      return;
    }
    let place = 0;
    const axes = shape.map((_, axis) => axis);
    for (const axis of fortran ? axes.reverse() : axes) place = place * shape[axis]! + index[axis]!;
    const bytes = [...data.subarray(place * width, (place + 1) * width)];
    for (let at = 0; at < width; at += unit) {
      const part = bytes.slice(at, at + unit);
      if (descr.startsWith('>')) part.reverse();
      out.push(...(descr === '|b1' ? part.map((byte) => Math.min(byte, 1)) : part));
    }
  };
  walk([]);
  return Uint8Array.from(out);
}

describe('whole arrays', () => {
  it('gives every dtype, byte order, memory order and version as row-major little-endian', () => {
    fc.assert(
      fc.property(array, fc.nat(), fc.nat(), (given, a, b) => {
        const opened = openArray(npyOf(given));
        expect(opened.tensors[0]).toMatchObject({ name: 'array', shape: given.shape });
        const expected = rowMajor(given);
        expect(allBytes(opened, 'array')).toEqual(expected);
        const count = given.shape.reduce((product, size) => product * size, 1);
        const [from, to] = [a % (count + 1), b % (count + 1)].sort((x, y) => x - y) as [number, number];
        const width = WIDTHS[given.descr]!;
        expect(allBytes(opened, 'array', from, to)).toEqual(expected.subarray(from * width, to * width));
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('gives the arrays of an archive, stored or deflated', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(array, fc.constantFrom(0, 8)), { maxLength: 5 }), (arrays) => {
        const members = arrays.map(([given, method], i) => ({
          name: `a${i}.npy`,
          method,
          data: npyOf(given),
        }));
        const opened = openArrays(zipOf(members));
        expect(opened.tensors.map(({ name }) => name)).toEqual(arrays.map((_, i) => `a${i}`));
        for (const [i, [given]] of arrays.entries())
          expect(allBytes(opened, `a${i}`)).toEqual(rowMajor(given));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('reads what Python 2 and other writers write', () => {
    const data = new Uint8Array(24);
    for (const literal of [
      "{'shape': (3L,), 'fortran_order': False, 'descr': '<f8'}",
      '{"descr":"<f8","fortran_order":False,"shape":(3,)}',
      "{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : ( 3 , 1 , ) , }",
    ]) {
      expect(openArray(npyFile(literal, data)).tensors[0]!.shape[0]).toBe(3);
    }
  });
});

describe('refusals', () => {
  const header = (fields: string) => npyFile(`{${fields}}`, new Uint8Array(24));
  const literal = (descr: string, shape = '(3,)') =>
    header(`'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}`);
  const cases: [string, Uint8Array, string][] = [
    ['Python objects', literal("'|O'"), 'npy-object'],
    ['Python objects of a size', literal("'|O8'"), 'npy-object'],
    ['records', literal("[('a', '<f4'), ('b', '<f4')]"), 'npy-structured'],
    ['a record in a tuple', literal("('<f4', (2,))"), 'npy-structured'],
    ['text', literal("'<U2'"), 'unsupported-dtype'],
    ['bytes', literal("'|S8'"), 'unsupported-dtype'],
    ['raw data', literal("'|V8'"), 'unsupported-dtype'],
    ['times', literal("'<m8'"), 'unsupported-dtype'],
    ['dates with a unit', literal("'<M8[ns]'"), 'unsupported-dtype'],
    ['complex128', literal("'<c16'", '(1,)'), 'unsupported-dtype'],
    ['float128', literal("'<f16'", '(1,)'), 'unsupported-dtype'],
    ['no byte order', literal("'f8'"), 'unsupported-dtype'],
    ['a dtype from the prototype', literal("'<toString'"), 'unsupported-dtype'],
    ['a shape that overflows', literal("'<f8'", '(9007199254740991, 9007199254740991)'), 'size-overflow'],
    ['a product of zero and an overflow', literal("'<f8'", '(9007199254740991, 4, 0)'), 'size-overflow'],
    ['a size of 1000 digits', literal("'<f8'", `(${'9'.repeat(1000)},)`), 'size-overflow'],
    ['a larger shape than its data', literal("'<f8'", '(4,)'), 'npy-size'],
    ['a smaller shape than its data', literal("'<f8'", '(2,)'), 'npy-size'],
    ['140 TB in a small file', literal("'<f8'", '(17592186044416,)'), 'npy-size'],
    ['a negative size', literal("'<f8'", '(-3,)'), 'npy-header'],
    ['a fraction', literal("'<f8'", '(3.0,)'), 'npy-header'],
    ['a sum', literal("'<f8'", '(1+2,)'), 'npy-header'],
    ['a bare number as shape', literal("'<f8'", '3'), 'npy-header'],
    ['a number in parentheses', literal("'<f8'", '(3)'), 'npy-header'],
    ['a list as shape', literal("'<f8'", '[3]'), 'npy-header'],
    ['a shape of 65 dimensions', literal("'<f8'", `(${'1, '.repeat(65)})`), 'npy-header'],
    ['a call', literal("__import__('os').system('x')"), 'npy-header'],
    ['a literal bomb', header(`'descr': ${'('.repeat(5000)}`), 'npy-structured'],
    ['a nested shape', literal("'<f8'", '('.repeat(5000)), 'npy-header'],
    [
      'a repeated key',
      header("'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (3,)"),
      'npy-header',
    ],
    ['a missing key', header("'descr': '<f8', 'shape': (3,)"), 'npy-header'],
    ['another key', header("'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'x': 1"), 'npy-header'],
    ['an escape in a word', literal("'\\x3cf8'"), 'npy-header'],
    ['1 for True', header("'descr': '<f8', 'fortran_order': 1, 'shape': (3,)"), 'npy-header'],
    [
      'words after the literal',
      npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': ()} + 1", new Uint8Array(8)),
      'npy-header',
    ],
    ['an empty header', npyFile('', new Uint8Array(8)), 'npy-header'],
    ['no closing brace', npyFile("{'descr': '<f8'", new Uint8Array(8)), 'npy-header'],
    ['a header beyond 10 kB', npyFile(`{${' '.repeat(20_000)}}`), 'npy-header-length'],
    ['a header of 4 GB', npyFile('{}', new Uint8Array(0), 2, 0xffffffff), 'npy-header-length'],
    ['a header longer than the file', npyFile('{}', new Uint8Array(0), 1, 200), 'npy-header-length'],
    ['version 0', npyFile('{}', new Uint8Array(0), 0), 'npy-version'],
    ['version 4', npyFile('{}', new Uint8Array(0), 4), 'npy-version'],
    ['a header that is not UTF-8', npyFile(Uint8Array.of(0x7b, 0xff), new Uint8Array(0), 3), 'npy-header'],
    ['another magic', Uint8Array.from(Buffer.from('\x93NUMPI\x01\0\0\0\0\0', 'latin1')), 'npy-magic'],
  ];

  it.each(cases)('refuses %s', (_, file, code) => {
    expect(codeOf(() => openArray(file))).toBe(`checkpoint/${code}`);
  });

  const good = npyOf({ descr: '<f4', shape: [2], data: new Uint8Array(8) });
  const archives: [string, TestMember[], string][] = [
    [
      'a member that is no array',
      [
        { name: 'a.npy', data: good },
        { name: 'run.pkl', data: good },
      ],
      'npz-member',
    ],
    ['an object array', [{ name: 'a.npy', data: literal("'|O'") }], 'npy-object'],
    ['an array named .npy that is none', [{ name: 'a.npy', data: new Uint8Array(30) }], 'npy-magic'],
    ['a wrong CRC', [{ name: 'a.npy', data: good, crc: 1 }], 'zip-crc'],
    ['a wrong CRC of a deflated array', [{ name: 'a.npy', data: good, method: 8, crc: 1 }], 'zip-crc'],
    ['a bomb', [{ name: 'a.npy', data: good, method: 8, size: 20 }], 'zip-inflate'],
    [
      'a declared size of 3 GB when deflated',
      [{ name: 'a.npy', data: good, method: 8, size: 3e9 }],
      'zip-budget',
    ],
    [
      'the same name twice',
      [
        { name: 'a.npy', data: good },
        { name: 'a.npy', data: good },
      ],
      'zip-duplicate',
    ],
    ['a name that leads out', [{ name: '../a.npy', data: good }], 'zip-path'],
  ];

  it.each(archives)('refuses an archive with %s', (_, members, code) => {
    expect(codeOf(() => openArrays(zipOf(members)))).toBe(`checkpoint/${code}`);
  });

  it('knows no other tensor and no element outside', () => {
    const opened = openArray(good);
    expect(codeOf(() => allBytes(opened, 'other'))).toBe('checkpoint/unknown-tensor');
    expect(codeOf(() => allBytes(opened, 'array', 1, 3))).toBe('checkpoint/element-range');
    expect(codeOf(() => allBytes(opened, 'array', -1, 1))).toBe('checkpoint/element-range');
    expect(codeOf(() => allBytes(opened, 'array', 0.5, 1))).toBe('checkpoint/element-range');
  });
});

describe('damage', () => {
  it('refuses every truncation of an array', () => {
    fc.assert(
      fc.property(array, fc.nat(), (given, place) => {
        const bytes = npyOf(given);
        expect(codeOf(() => openArray(bytes.subarray(0, place % bytes.length)))).not.toBe('accepted');
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('after a flipped bit, an array is refused or has the bytes of the file in the form its header says', () => {
    fc.assert(
      fc.property(array, fc.nat(), fc.nat({ max: 7 }), (given, place, bit) => {
        const bytes = npyOf(given);
        const at = place % bytes.length;
        bytes[at]! ^= 1 << bit;
        let bytesRead = -1;
        const code = codeOf(() => (bytesRead = allBytes(openArray(bytes), 'array').length));
        if (code === 'accepted') expect(bytesRead).toBe(given.data.length);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('after a flipped bit, an archive is refused or unchanged, for every byte has a CRC', () => {
    const packed = fc.array(fc.tuple(array, fc.constantFrom(0, 8)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(packed, fc.nat(), fc.nat({ max: 7 }), (arrays, place, bit) => {
        const bytes = zipOf(
          arrays.map(([given, method], i) => ({ name: `${i}.npy`, method, data: npyOf(given) })),
        );
        const whole = contentOf(openArrays(bytes));
        bytes[place % bytes.length]! ^= 1 << bit;
        let found = new Map<string, string>();
        const code = codeOf(() => (found = contentOf(openArrays(bytes))));
        if (code === 'accepted') expect(found).toEqual(whole);
      }),
      { seed: SEED, numRuns: 600 },
    );
  });
});
