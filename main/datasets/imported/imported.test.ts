import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { expectAverage } from '../testdata/monte-carlo.ts';
import { npyFile } from '../testdata/npy.ts';
import { refusalOf, resultOrRefusal } from '../testdata/refusal.ts';
import { importedDataset, npyFromPoints, pointsFromFile } from './imported.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('a file of points', () => {
  it('is told by its content, whatever its name', () => {
    const values = Float64Array.of(1, 2, 3, 4);
    const points = { count: 2, dim: 2, values };
    expect(pointsFromFile('points.npy', npyFile({}))).toEqual(points);
    expect(pointsFromFile('points.txt', npyFile({}))).toEqual(points);
    expect(pointsFromFile('points.csv', bytesOf('1,2\n3,4'))).toEqual(points);
    expect(pointsFromFile('points', bytesOf('1,2\n3,4'))).toEqual(points);
    expect(pointsFromFile('back.npy', npyFromPoints(points))).toEqual(points);
  });

  it('that is called NPY has to be', () => {
    expect(refusalOf(() => pointsFromFile('points.NPY', bytesOf('1,2\n3,4'))).code).toBe('dataset/npy-magic');
  });

  it.each([
    ['is empty', 'dataset/empty', ''],
    ['has one point', 'dataset/too-few-points', '1,2'],
    ['has a header and no points', 'dataset/empty', 'x,y'],
    ['has equal points', 'dataset/zero-spread', '0.1,0.2\n'.repeat(10)],
    ['has points too far apart for float64', 'dataset/out-of-range', '1e308\n-1e308'],
    ['has points too close for float64', 'dataset/out-of-range', `${'0\n'.repeat(5)}5e-324`],
  ])('is refused when it %s', (_what, code, text) => {
    const error = refusalOf(() => pointsFromFile('my points.csv', bytesOf(text)));
    expect(error.code).toBe(code);
    expect(error.message).toContain('my points.csv');
  });

  it.each(['points.csv', 'points.npy'])('of random bytes called %s is read or refused', (name) => {
    const start = fc.constantFrom('', '1,2\n3,4\n', '\x93NUMPY\x01\x00');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, tail) => {
        const bytes = Uint8Array.from([...Array.from(head, (char) => char.charCodeAt(0)), ...tail]);
        const result = resultOrRefusal(() => pointsFromFile(name, bytes));
        expect('values' in result || result.message.includes(name)).toBe(true);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('cut anywhere is read or refused', () => {
    const text = bytesOf('\ufeffx,y\r\n1.5,-2e3 # é\r\n3,4\r\n5,6\r\n');
    for (let length = 0; length < text.length; length++) {
      resultOrRefusal(() => pointsFromFile('points.csv', text.subarray(0, length)));
    }
    const npy = npyFile({ version: 3 });
    for (let length = 0; length < npy.length; length++) {
      refusalOf(() => pointsFromFile('points.npy', npy.subarray(0, length)));
    }
  });
});

describe('imported points', () => {
  const count = 40;
  const DRAWS = 20_000;
  /** Far from the origin, of unequal spread over the coordinates. */
  const pointsOf = (dim: number) => ({
    count,
    dim,
    values: new Rng(5, 'imported')
      .fillNormal(new Float64Array(count * dim))
      .map((x, i) => 1000 + x * (1 + (i % dim))),
  });

  it.each([1, 2, 3])(
    'are drawn with replacement, evenly, in units of their own moments (dimension %d)',
    (dim) => {
      const points = pointsOf(dim);
      const dataset = importedDataset('mine', 'mine.csv', points);
      expect(dataset).toMatchObject({ id: 'mine', title: 'mine.csv', dim, analytic: false, imported: true });
      const source = dataset.create({});
      const sample = source.sample(new Rng(6, 'draws'), DRAWS);
      const rowOf = (i: number) => Array.from(sample.subarray(i * dim, (i + 1) * dim));

      // With 500 draws a point, each is drawn: the rows found are the points themselves.
      const found = new Map<string, number[]>();
      for (let i = 0; i < DRAWS; i++) found.set(rowOf(i).join(), rowOf(i));
      expect(found.size).toBe(count);
      const rows = [...found.values()];

      // Their own moments are exact, but for float32.
      const mean = (term: (row: number[]) => number) => rows.reduce((sum, row) => sum + term(row), 0) / count;
      for (let j = 0; j < dim; j++) expect(mean((row) => row[j]!)).toBeCloseTo(0, 6);
      expect(mean((row) => row.reduce((sum, x) => sum + x * x, 0) / dim)).toBeCloseTo(1, 6);

      // One shift and one positive scale give the points back, whatever their order.
      const sorted = (values: number[][]) => values.toSorted((a, b) => a[0]! - b[0]!);
      const native = Array.from({ length: count }, (_, i) =>
        Array.from(points.values.subarray(i * dim, (i + 1) * dim)),
      );
      const [from, to] = [sorted(native), sorted(rows)];
      const scale = (from[count - 1]![0]! - from[0]![0]!) / (to[count - 1]![0]! - to[0]![0]!);
      for (let j = 0; j < dim; j++) {
        const shift = from[0]![j]! - to[0]![j]! * scale;
        from.forEach((row, i) => expect(to[i]![j]! * scale + shift).toBeCloseTo(row[j]!, 4));
      }

      for (const key of found.keys()) {
        expectAverage(DRAWS, (i) => (rowOf(i).join() === key ? 1 : 0), 1 / count);
      }
    },
  );

  it('are drawn by the cursor alone', () => {
    const source = importedDataset('mine', 'mine.csv', pointsOf(2)).create({});
    const draw = (step: number) => source.sample(new Rng(7, 'draws').at(step), 32);
    expect(draw(0)).toEqual(draw(0));
    expect(draw(1)).not.toEqual(draw(0));
  });

  it('keep unit spread at any scale that a file can hold', () => {
    const value = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 12 }), (list) => {
        const values = Float64Array.from(list);
        const points = resultOrRefusal(() =>
          pointsFromFile('points.npy', npyFromPoints({ count: values.length, dim: 1, values })),
        );
        if (!('values' in points)) return;
        const sample = importedDataset('mine', 'points.npy', points)
          .create({})
          .sample(new Rng(8, 'draws'), 8);
        // No standardised value of n points is beyond sqrt(n - 1).
        for (const x of sample) expect(Math.abs(x)).toBeLessThan(Math.sqrt(values.length - 1) + 1e-4);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});
