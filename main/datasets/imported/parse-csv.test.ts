import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalOf, resultOrRefusal } from '../testdata/refusal.ts';
import { parseCsv } from './parse-csv.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => parseCsv('points.csv', bytesOf(text));
const expected = { count: 2, dim: 2, values: Float64Array.of(1, 2, -0.5, 3e-4) };

describe('reads', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const rows = fc
    .integer({ min: 1, max: 3 })
    .chain((dim) =>
      fc.array(fc.array(finite, { minLength: dim, maxLength: dim }), { minLength: 1, maxLength: 20 }),
    );
  const layout = fc.record({
    delimiter: fc.constantFrom(',', ', ', ';', ' ; ', '\t', ' ', '   ', ' \t '),
    end: fc.constantFrom('\n', '\r\n', '\r', '\n\n', '\r\n \r\n'),
    header: fc.boolean(),
    mark: fc.constantFrom('', '\ufeff'),
    comment: fc.constantFrom('', '# made by hand', '   # 1, 2; "3'),
    quote: fc.constantFrom('', '"'),
    isCut: fc.boolean(),
  });

  it('any numbers in any layout, to the last bit', () => {
    fc.assert(
      fc.property(rows, layout, (points, { delimiter, end, header, mark, comment, quote, isCut }) => {
        const joined = (cells: unknown[]) =>
          cells.map((cell) => quote + String(cell) + quote).join(delimiter);
        const lines = points.map((row) => joined(row) + comment);
        if (header) lines.unshift(joined(points[0]!.map((_, j) => `x${j}`)));
        if (comment !== '') lines.unshift(comment);
        const text = mark + lines.join(end) + (isCut ? '' : end);
        expect(read(text)).toEqual({
          count: points.length,
          dim: points[0]!.length,
          // The text of -0 is 0.
          values: Float64Array.from(points.flat(), (x) => x + 0),
        });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each([
    ['commas', '1,2\n-0.5,3e-4\n'],
    ['commas and spaces', ' 1, 2\n -.5, +3.0E-4 \n'],
    ['semicolons', '1;2\n-0.5;0.0003'],
    ['tabs', '1.\t2\n-0.5\t.0003'],
    ['spaces', '  1   2\n-0.5 3e-04\n\n'],
    ['a header', 'x,y\n1,2\n-0.5,3e-4'],
    ['a header of quoted names', '"x, mm","y; # 2"\n1,2\n-0.5,3e-4'],
    ['a header of quoted words', '"x of it" "y of it"\n1 2\n-0.5 3e-4'],
    ['quoted numbers', '"1","2"\n" -0.5 ","3e-4"'],

    ['a header whose names look like words of the format', 'info,nano\n1,2\n-0.5,3e-4'],
    ['a byte-order mark', '\ufeff1,2\n-0.5,3e-4'],
    ['a byte-order mark before a header', '\ufeffx,y\n1,2\n-0.5,3e-4'],
    ['line ends of Windows', '1,2\r\n-0.5,3e-4\r\n'],
    ['line ends of old', '1,2\r-0.5,3e-4\r'],
    ['comments', '# NumPy savetxt\n1 2 # first\n\n#\n-0.5 3e-4'],
  ])('%s', (_what, text) => {
    expect(read(text)).toEqual(expected);
  });

  it('one column as points on a line', () => {
    expect(read('x\n1\n2\n')).toEqual({ count: 2, dim: 1, values: Float64Array.of(1, 2) });
  });
});

type Place = { row: number; column?: number };
const corpus: [what: string, code: string, text: string, place?: Place][] = [
  ['text among numbers', 'dataset/not-a-number', 'x,y\n1,2\n3,four\n', { row: 3, column: 2 }],
  ['text in its first row of numbers', 'dataset/not-a-number', '1,two\n3,4\n', { row: 1, column: 2 }],
  ['a second header', 'dataset/not-a-number', 'x,y\nmm,mm\n1,2\n', { row: 2, column: 1 }],
  ['an empty cell', 'dataset/not-a-number', '1,2\n3,\n', { row: 2, column: 2 }],
  ['a number in half its quotes', 'dataset/not-a-number', 'x,y\n"1,2\n', { row: 2, column: 1 }],
  ['a header with an empty cell', 'dataset/not-a-number', ',x\n1,2\n', { row: 1, column: 1 }],
  ['a header alone', 'dataset/empty', 'x,y\n'],
  ['bytes of zero', 'dataset/not-text', 'PK\u0003\u0004\0\0'],

  ['decimal commas', 'dataset/not-a-number', '1,5;2,5\n3,5;4,5\n', { row: 1, column: 1 }],
  ['hexadecimal numbers', 'dataset/not-a-number', '1,2\n0x10,3\n', { row: 2, column: 1 }],
  ['numbers with units', 'dataset/not-a-number', '1mm,2mm\n3mm,4mm\n', { row: 1, column: 1 }],
  ['a row too short', 'dataset/ragged-row', '# made by hand\n\n1,2\n3\n', { row: 4 }],
  ['a row too long', 'dataset/ragged-row', '1,2\n3,4,5\n', { row: 2 }],
  ['a header too short', 'dataset/ragged-row', 'x\n1,2\n3,4\n', { row: 2 }],
  ['NaN', 'dataset/non-finite', '1,2\n3,NaN\n', { row: 2, column: 2 }],
  ['NaN in all of its first row', 'dataset/non-finite', 'nan,nan\n3,4\n', { row: 1, column: 1 }],
  ['an infinity', 'dataset/non-finite', '1,2\n-inf,4\n', { row: 2, column: 1 }],
  ['a number beyond float64', 'dataset/non-finite', '1,2\n3,1e999\n', { row: 2, column: 2 }],
  ['4 columns', 'dataset/unsupported-dim', '1,2,3,4\n5,6,7,8\n'],
  ['nothing in it', 'dataset/empty', ''],
  ['white space alone', 'dataset/empty', ' \n\t\r\n'],
  ['comments alone', 'dataset/empty', '# x y\n# z'],
  ['a byte-order mark alone', 'dataset/empty', '\ufeff'],
];

describe('refuses a file with', () => {
  it.each(corpus)('%s', (_what, code, text, place) => {
    const error = refusalOf(() => parseCsv('my points.csv', bytesOf(text)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/expected .*found .*my points\.csv/);
    expect(error.detail).toMatchObject({ file: 'my points.csv', ...place });
    if (place) expect(error.message).toContain(`row ${place.row}`);
    if (place?.column !== undefined) expect(error.message).toContain(`column ${place.column}`);
  });

  it.each([
    ['Latin-1', Uint8Array.of(0x78, 0xe9, 0x2c, 0x79, 0x0a)],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x31, 0x00, 0x2c, 0x00, 0x32, 0x00)],
    ['an image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
  ])('%s in place of UTF-8', (_what, bytes) => {
    const error = refusalOf(() => parseCsv('my points.csv', bytes));
    expect(error.code).toBe('dataset/not-text');
    expect(error.message).toContain('my points.csv');
  });

  it('decimal commas, and says what to change', () => {
    expect(refusalOf(() => read('1,5;2,5\n')).message).toBe(
      'expected a number with a decimal point, found "1,5" in row 1, column 1 of points.csv',
    );
  });

  it('a long cell, without repeating all of it', () => {
    const error = refusalOf(() => read(`1,2\n3,${'x'.repeat(100_000)}`));
    expect(error.message.length).toBeLessThan(200);
  });

  // Quadratic time in any of these would take minutes.
  it.each([
    ['digits', 'dataset/not-a-number', `1\n${'1'.repeat(1_000_000)}x`],
    ['digits of an exponent', 'dataset/not-a-number', `1\n1e${'1'.repeat(1_000_000)}x`],
    ['comment signs before a line separator', 'dataset/empty', `${'#'.repeat(1_000_000)}\u2028`],
    ['quotes', 'dataset/not-a-number', `1\n${'"'.repeat(1_000_001)}`],
    ['spaces', 'dataset/empty', ' '.repeat(1_000_000)],
    ['spaces in a row', 'dataset/not-a-number', `1 2\n3${' '.repeat(1_000_000)}x`],
    ['line ends', 'dataset/empty', '\r\n'.repeat(500_000)],
    [
      'cells in its first row, before as many rows',
      'dataset/unsupported-dim',
      `1${',1'.repeat(500_000)}${'\n1'.repeat(500_000)}`,
    ],
  ])('a million %s, soon', (_what, code, text) => {
    expect(refusalOf(() => read(text)).code).toBe(code);
  });

  it('any text, or reads it, and nothing else', () => {
    const word = fc.constantFrom(
      ...['1', '-2.5', '3e4', '.', '-', 'e', 'nan', 'inf', 'x', ',', ';', '\t', ' ', '\n', '\r', '\r\n', '#'],
      ...['"', '\u2028', '\u0000', '\ufeff', '1e999'],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const result = resultOrRefusal(() => read(words.join('')));
        if ('values' in result) {
          expect(result.values).toHaveLength(result.count * result.dim);
          expect(result.values.every(Number.isFinite)).toBe(true);
        }
      }),
      { seed: 2, numRuns: 3000 },
    );
  });
});
