import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { float64Bytes, npyFile } from '../testdata/npy.ts';
import { refusalOf, resultOrRefusal } from '../testdata/refusal.ts';
import { npyFromPoints, parseNpy } from './parse-npy.ts';

/** Files that NumPy wrote, see testdata/README.md. */
const written = JSON.parse(readFileSync(new URL('./testdata/numpy.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const numpyFile = (name: string) => Uint8Array.from(Buffer.from(written[name]!, 'base64'));

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Each dtype with values at the ends of its range and the DataView method that writes it. */
const dtypes: [
  code: string,
  values: number[],
  write: (view: DataView, at: number, value: number, isLittle: boolean) => void,
][] = [
  ['f4', [0.5, -2, 2 ** 127, 2 ** -149], (view, at, value, little) => view.setFloat32(at, value, little)],
  [
    'f8',
    [0.1, -2, Number.MAX_VALUE, Number.MIN_VALUE],
    (view, at, value, little) => view.setFloat64(at, value, little),
  ],
  ['i1', [0, 1, -128, 127], (view, at, value) => view.setInt8(at, value)],
  ['i2', [0, 1, -32768, 32767], (view, at, value, little) => view.setInt16(at, value, little)],
  ['i4', [0, 1, -(2 ** 31), 2 ** 31 - 1], (view, at, value, little) => view.setInt32(at, value, little)],
  [
    'i8',
    [0, 1, -(2 ** 63), 2 ** 53 - 1],
    (view, at, value, little) => view.setBigInt64(at, BigInt(value), little),
  ],
  ['u1', [0, 1, 128, 255], (view, at, value) => view.setUint8(at, value)],
  ['u2', [0, 1, 32768, 65535], (view, at, value, little) => view.setUint16(at, value, little)],
  ['u4', [0, 1, 2 ** 31, 2 ** 32 - 1], (view, at, value, little) => view.setUint32(at, value, little)],
  [
    'u8',
    [0, 1, 2 ** 63, 2 ** 53 - 1],
    (view, at, value, little) => view.setBigUint64(at, BigInt(value), little),
  ],
];

describe('reads', () => {
  const floats = [1.5, -2, 3, 4, 0.25, 1e-3];
  const integers = [1, -2, 300, 4, -5, 6];
  it.each([
    ['float64 little-endian', floats],
    ['float32 big-endian', floats.map(Math.fround)],
    ['fortran order', floats],
    ['int16 big-endian', integers],
    ['int64', integers],
    ['uint8', [1, 2, 200, 4, 5, 6]],
    ['version 2', floats],
    ['version 3', floats],
  ])('what NumPy writes: %s', (name, values) => {
    expect(parseNpy('points.npy', numpyFile(name))).toEqual({
      count: 3,
      dim: 2,
      values: Float64Array.from(values),
    });
  });

  it('what NumPy writes: one dimension', () => {
    const values = Float64Array.of(1.5, 3, 0.25);
    expect(parseNpy('points.npy', numpyFile('one dimension'))).toEqual({ count: 3, dim: 1, values });
  });

  it('what it writes, to the last bit', () => {
    const points = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }))
      .chain(([dim, count]) =>
        fc
          .array(finite, { minLength: dim * count, maxLength: dim * count })
          .map((values) => ({ count, dim, values: Float64Array.from(values) })),
      );
    fc.assert(
      fc.property(points, (original) => {
        const bytes = npyFromPoints(original);
        expect(bytes.length % 8).toBe(0);
        expect(parseNpy('points.npy', bytes)).toEqual(original);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('its own file where NumPy would look for the parts', () => {
    const bytes = npyFromPoints({ count: 2, dim: 2, values: Float64Array.of(1, 2, 3, 4) });
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }";
    const text = new TextDecoder('latin1').decode(bytes.subarray(10, 128));
    expect(Array.from(bytes.subarray(0, 10))).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    expect(text).toBe(`${header.padEnd(117)}\n`);
    expect(bytes.subarray(128)).toEqual(float64Bytes(1, 2, 3, 4));
  });

  it.each(dtypes.flatMap((dtype) => ['<', '>'].map((order) => [order, ...dtype] as const)))(
    'dtype %s%s',
    (order, code, values, write) => {
      const size = Number(code[1]);
      const data = new Uint8Array(values.length * size);
      values.forEach((value, i) => write(new DataView(data.buffer), i * size, value, order === '<'));
      const {
        count,
        dim,
        values: read,
      } = parseNpy('points.npy', npyFile({ descr: `'${order}${code}'`, data }));
      expect([count, dim]).toEqual([2, 2]);
      expect(Array.from(read)).toEqual(values);
    },
  );

  it.each(['|i1', '|u1'])('dtype %s', (descr) => {
    const { values } = parseNpy(
      'points.npy',
      npyFile({ descr: `'${descr}'`, data: Uint8Array.of(1, 2, 3, 4) }),
    );
    expect(Array.from(values)).toEqual([1, 2, 3, 4]);
  });

  it.each([1, 2, 3])('version %d', (version) => {
    expect(Array.from(parseNpy('points.npy', npyFile({ version })).values)).toEqual([1, 2, 3, 4]);
  });

  it('columns first where the file has them so', () => {
    const bytes = npyFile({ fortranOrder: 'True', shape: '(3, 2)', data: float64Bytes(1, 3, 5, 2, 4, 6) });
    expect(Array.from(parseNpy('points.npy', bytes).values)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each(['(4,)', '(4, )', '(4L,)', '( 4 ,)'])('shape %s as points on a line', (shape) => {
    const values = Float64Array.of(1, 2, 3, 4);
    expect(parseNpy('points.npy', npyFile({ shape }))).toEqual({ count: 4, dim: 1, values });
  });

  it.each([
    "{'shape': (2, 2), 'fortran_order': False, 'descr': '<f8'}",
    "{ 'descr' : '<f8' , 'fortran_order' : False , 'shape' : (2L, 2L) , }      \n",
    `{"descr": "<f8", "fortran_order": False, "shape": (2, 2)}\n`,
  ])('the header %s', (header) => {
    expect(Array.from(parseNpy('points.npy', npyFile({ header })).values)).toEqual([1, 2, 3, 4]);
  });

  it('a view into a larger buffer, from any offset', () => {
    const file = npyFile({});
    const around = new Uint8Array(file.length + 10).fill(0xff);
    around.set(file, 3);
    expect(Array.from(parseNpy('points.npy', around.subarray(3, 3 + file.length)).values)).toEqual([
      1, 2, 3, 4,
    ]);
  });
});

const good = npyFile({});
const dataStart = good.length - 4 * 8;

const corpus: [string, string, Uint8Array][] = [
  ['another file', 'dataset/npy-magic', new TextEncoder().encode('PK\x03\x04 a zip archive')],
  ['nothing', 'dataset/npy-magic', new Uint8Array()],
  ['magic alone', 'dataset/truncated', good.subarray(0, 6)],
  ['half a header', 'dataset/truncated', good.subarray(0, dataStart - 20)],
  ['a header and no data', 'dataset/truncated', good.subarray(0, dataStart)],
  ['all but one byte of its data', 'dataset/truncated', good.subarray(0, -1)],
  ['a byte too many', 'dataset/trailing-bytes', npyFile({ data: float64Bytes(1, 2, 3, 4, 5) })],
  ['version 0', 'dataset/npy-version', npyFile({ version: 0 })],
  ['version 4', 'dataset/npy-version', npyFile({ version: 4 })],
  ['a header of more than 10 kB', 'dataset/npy-header', npyFile({ version: 2, header: '{}'.padEnd(10_001) })],
  ['a header longer than the file', 'dataset/truncated', npyFile({ headerLength: 9_000 })],
  ['a header of 4 GB', 'dataset/npy-header', npyFile({ version: 2, headerLength: 2 ** 32 - 1 })],
  ['an empty header', 'dataset/npy-header', npyFile({ headerLength: 0 })],
  ['half a header by its own count', 'dataset/npy-header', npyFile({ headerLength: 30 })],
  ['a call for a header', 'dataset/npy-header', npyFile({ header: "__import__('os').abort()" })],
  [
    'a header without a shape',
    'dataset/npy-header',
    npyFile({ header: "{'descr': '<f8', 'fortran_order': False}" }),
  ],
  ['two shapes', 'dataset/npy-header', npyFile({ shape: "(2, 2), 'shape': (2, 2)" })],
  ['an unknown key', 'dataset/npy-header', npyFile({ shape: "(2, 2), 'strides': (16, 8)" })],
  ['text after its header', 'dataset/npy-header', npyFile({ shape: '(2, 2)} + {' })],
  ['no boolean for its order', 'dataset/npy-header', npyFile({ fortranOrder: '0' })],
  ['a negative size', 'dataset/npy-header', npyFile({ shape: '(-2, 2)' })],
  ['half a size', 'dataset/npy-header', npyFile({ shape: '(2.5, 2)' })],
  ['a size missing', 'dataset/npy-header', npyFile({ shape: '(, 2)' })],
  ['sizes without a comma', 'dataset/npy-header', npyFile({ shape: '(2 2)' })],
  ['a list for a shape', 'dataset/npy-header', npyFile({ shape: '[2, 2]' })],
  ['a size beyond exact numbers', 'dataset/npy-shape', npyFile({ shape: '(9007199254740993, 2)' })],
  ['a product beyond exact numbers', 'dataset/npy-shape', npyFile({ shape: '(4503599627370496, 3)' })],
  ['a size of 400 digits', 'dataset/npy-shape', npyFile({ shape: `(${'9'.repeat(400)}, 2)` })],
  ['0 by 400 digits', 'dataset/npy-shape', npyFile({ shape: `(0, ${'9'.repeat(400)})` })],
  // Larger than any array that may be allocated, in a file of 100 bytes.
  ['a petabyte by its shape', 'dataset/truncated', npyFile({ shape: '(70368744177664, 2)' })],
  // A loop over its rows would not end.
  ['2^53 - 1 rows of no columns', 'dataset/unsupported-dim', npyFile({ shape: '(9007199254740991, 0)' })],
  ['no rows', 'dataset/empty', npyFile({ shape: '(0, 2)' })],
  ['no rows of 2^53 - 1 columns', 'dataset/empty', npyFile({ shape: '(0, 9007199254740991)' })],
  ['4 columns', 'dataset/unsupported-dim', npyFile({ shape: '(1, 4)' })],
  ['one number', 'dataset/npy-shape', npyFile({ shape: '()' })],
  ['three axes', 'dataset/npy-shape', npyFile({ shape: '(1, 2, 2)' })],
  ['objects of NumPy', 'dataset/npy-object', numpyFile('object')],
  ['a structured array of NumPy', 'dataset/npy-dtype', numpyFile('structured')],
  ['complex numbers of NumPy', 'dataset/npy-dtype', numpyFile('complex')],
  ['half floats of NumPy', 'dataset/npy-dtype', numpyFile('half')],
  ['Python objects', 'dataset/npy-object', npyFile({ descr: "'|O'" })],
  [
    'a structured dtype',
    'dataset/npy-dtype',
    npyFile({ descr: "[('x', '<f8'), ('y', [('z', '<f8', (2,))])]" }),
  ],
  ['complex numbers', 'dataset/npy-dtype', npyFile({ descr: "'<c16'" })],
  ['half precision', 'dataset/npy-dtype', npyFile({ descr: "'<f2'" })],
  ['booleans', 'dataset/npy-dtype', npyFile({ descr: "'|b1'" })],
  ['text', 'dataset/npy-dtype', npyFile({ descr: "'<U8'" })],
  ['no byte order', 'dataset/npy-dtype', npyFile({ descr: "'|f8'" })],
  ['a number for a dtype', 'dataset/npy-header', npyFile({ descr: '8' })],
];

describe('refuses a file with', () => {
  it.each(corpus)('%s', (_what, code, bytes) => {
    const error = refusalOf(() => parseNpy('my points.npy', bytes));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/expected .*found .*my points\.npy/s);
    expect(error.detail).toMatchObject({ file: 'my points.npy' });
  });

  it.each([
    ['NaN', NaN, 'False', 2, 1],
    ['Infinity', Infinity, 'False', 2, 1],
    ['-Infinity', -Infinity, 'True', 1, 2],
  ])('%s, and says where', (text, value, fortranOrder, row, column) => {
    const bytes = npyFile({ fortranOrder, data: float64Bytes(1, 2, value, 4) });
    const error = refusalOf(() => parseNpy('my points.npy', bytes));
    expect(error.code).toBe('dataset/non-finite');
    expect(error.message).toContain(`found ${text} in row ${row}, column ${column} in my points.npy`);
    expect(error.detail).toMatchObject({ file: 'my points.npy', row, column });
  });

  it('any of its last bytes missing', () => {
    for (let length = 0; length < good.length; length++) {
      const { code } = refusalOf(() => parseNpy('my points.npy', good.subarray(0, length)));
      expect(code).toBe(length < 6 ? 'dataset/npy-magic' : 'dataset/truncated');
    }
  });

  it('any bytes changed, or reads it, and nothing else', () => {
    const change = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const result = resultOrRefusal(() => parseNpy('my points.npy', bytes));
        if ('values' in result) expect(result.values.every(Number.isFinite)).toBe(true);
      }),
      { seed: 2, numRuns: 3000 },
    );
  });

  it('any header, or reads it, and nothing else', () => {
    // Words of the grammar in any order reach further into it than random text does.
    const word = fc.constantFrom(
      ...['{', '}', '(', ')', '[', ']', ',', ':', ' ', "'", '"', "'descr'", "'fortran_order'", "'shape'"],
      ...["'<f8'", "'|O'", 'True', 'False', '2', '4', 'L', '-1', '1e3', '9007199254740993', '\\', '\n'],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const header = words.join('');
        resultOrRefusal(() => parseNpy('my points.npy', npyFile({ header })));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});
