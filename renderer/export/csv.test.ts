import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvParts, numberText } from './csv.ts';

fc.configureGlobal({ seed: 20261122 });

describe('numberText', () => {
  it('reads back as the same float32, in as few digits as that takes', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        expect(Math.fround(Number(numberText(value, true)))).toBe(value);
      }),
    );
    expect(numberText(Math.fround(0.1), true)).toBe('0.1');
    expect(numberText(Math.fround(1 / 3), true)).toBe('0.33333334');
  });

  it('reads back as the same float64', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Number(numberText(value, false))).toBe(value);
      }),
    );
  });
});

describe('csvParts', () => {
  it('has one row per sample and gives every number back', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, size, fc.infiniteStream(fc.float()), (rows, width, numbers) => {
        const values = Float32Array.from({ length: rows * width }, () => numbers.next().value as number);
        const lines = csvParts([{ name: 'points', shape: [rows, width], values }], '{}')
          .join('')
          .split('\n');
        expect(lines.slice(0, 1)).toEqual(['# fewstep: {}']);
        expect(lines.at(-1)).toBe('');
        const back = lines.slice(2, -1).map((line) => line.split(',').map(Number));
        expect(back).toHaveLength(rows);
        expect(Float32Array.from(back.flat())).toEqual(values);
      }),
      { numRuns: 30 },
    );
  });

  it('puts arrays of as many samples side by side and others into comments', () => {
    const text = csvParts(
      [
        { name: 'x', shape: [2, 2, 1], values: Float32Array.of(1, 2, 3, 4) },
        { name: 'mode', shape: [2], values: Float32Array.of(0, -1) },
        { name: 'times', shape: [3], values: Float32Array.of(1, 0.5, 0) },
      ],
      '{"run":"a"}',
    ).join('');
    expect(text).toBe('# fewstep: {"run":"a"}\n# times [3]: 1 0.5 0\nx_0_0,x_1_0,mode\n1,2,0\n3,4,-1\n');
  });

  it('quotes a name that would end its field', () => {
    const [, header] = csvParts([{ name: 'loss of "a, b"', shape: [0], values: new Float64Array() }], '{}');
    expect(header).toBe('"loss of ""a, b"""\n');
  });

  it('is cut into parts, so that no string is as long as the file', () => {
    const rows = 10_000;
    const parts = csvParts([{ name: 'x', shape: [rows], values: new Float64Array(rows) }], '{}');
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(2000 * 2);
    expect(parts.join('').split('\n')).toHaveLength(rows + 3);
  });
});
