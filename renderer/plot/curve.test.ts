import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Curve } from './curve.ts';
import { MinMaxTree } from './min-max-tree.ts';
import { SeriesBuffer } from './series-buffer.ts';

fc.configureGlobal({ seed: 20261122 });

const value = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 1, arbitrary: fc.constant(NaN) },
);
/** Long enough for superblocks of the tree. */
const longSeries = fc.array(value, { minLength: 1, maxLength: 9000, size: 'max' });

function bufferOf(values: readonly number[]): SeriesBuffer {
  const buffer = new SeriesBuffer();
  buffer.append(
    Float64Array.from(values, (_, step) => step),
    Float64Array.from(values),
  );
  return buffer;
}

function curveOf(buffer: SeriesBuffer, kind: 'linear' | 'log10' = 'linear', weight = 0): Curve {
  const curve = new Curve(buffer, kind, weight);
  curve.update();
  return curve;
}

const all = { low: -Infinity, high: Infinity };

describe('MinMaxTree', () => {
  it('finds what a look at every value finds, wherever the stretch begins and ends', () => {
    fc.assert(
      fc.property(longSeries, fc.nat(), fc.nat(), (list, a, b) => {
        const values = Float64Array.from(list);
        const tree = new MinMaxTree(Number.isFinite);
        tree.extend(values.subarray(0, values.length >> 1));
        tree.extend(values);
        const [from, to] = [a % (values.length + 1), b % (values.length + 1)].sort((x, y) => x - y) as [
          number,
          number,
        ];
        const part = list.slice(from, to);
        const finite = part.filter(Number.isFinite);
        const found = tree.extremes(values, from, to);
        expect(values[found.low]).toBe(finite.length === 0 ? undefined : Math.min(...finite));
        expect(values[found.high]).toBe(finite.length === 0 ? undefined : Math.max(...finite));
        const gap = part.findIndex(Number.isNaN);
        expect(found.gap).toBe(gap < 0 ? -1 : from + gap);
        expect(found.broken).toBe(found.gap);
      }),
      { numRuns: 40 },
    );
  });
});

describe('Curve', () => {
  it('keeps the minimum and the maximum of every part that is drawn, in few values', () => {
    fc.assert(
      fc.property(longSeries, fc.integer({ min: 1, max: 60 }), (list, columns) => {
        const buffer = bufferOf(list);
        const range = { low: 0, high: list.length - 1 };
        const { x, y } = curveOf(buffer).sample(range, 'linear', columns);
        expect(x.length).toBeLessThanOrEqual(5 * columns + 2);
        const finite = list.filter(Number.isFinite);
        const drawn = [...y].filter(Number.isFinite);
        expect(drawn.length === 0).toBe(finite.length === 0);
        if (finite.length === 0) return;
        expect(Math.min(...drawn)).toBe(Math.min(...finite));
        expect(Math.max(...drawn)).toBe(Math.max(...finite));
        // Every value that is drawn is one that was recorded there.
        x.forEach((step, i) => expect(y[i]).toBe(list[step]));
      }),
      { numRuns: 40 },
    );
  });

  it('shows a gap in every column that has one', () => {
    const list = Array.from({ length: 5000 }, (_, step) => (step === 2345 ? NaN : step % 7));
    const { x, y } = curveOf(bufferOf(list)).sample({ low: 0, high: 4999 }, 'linear', 50);
    expect([...x].filter((_, i) => Number.isNaN(y[i]))).toEqual([2345]);
  });

  it('draws all of what is little, with a record on each side of the window', () => {
    const { x } = curveOf(bufferOf([5, 4, 3, 2, 1])).sample({ low: 1.5, high: 2.5 }, 'linear', 100);
    expect([...x]).toEqual([1, 2, 3]);
  });

  it('drops what has no logarithm as gaps, and counts it', () => {
    const curve = curveOf(bufferOf([1, 0, -2, NaN, 10]), 'log10');
    const { y } = curve.sample({ low: 0, high: 4 }, 'linear', 100);
    expect([...y]).toEqual([1, NaN, NaN, NaN, 10]);
    expect(curve.extremes(all)).toMatchObject({ hidden: 2, gap: 1, broken: 3 });
  });

  it('leaves steps that have no logarithm out of a logarithmic axis', () => {
    const { x } = curveOf(bufferOf([1, 2, 3])).sample({ low: 1, high: 2 }, 'log10', 100);
    expect([...x]).toEqual([1, 2]);
  });

  it('follows a series that starts again from a checkpoint', () => {
    const buffer = bufferOf(Array.from({ length: 300 }, () => 50));
    const curve = curveOf(buffer, 'linear', 0.9);
    buffer.append(Float64Array.of(10, 11), Float64Array.of(7, 7));
    curve.update();
    const fresh = curveOf(buffer, 'linear', 0.9);
    expect([...curve.values]).toEqual([...fresh.values]);
    expect(curve.extremes(all)).toEqual(fresh.extremes(all));
    expect(curve.steps.length).toBe(12);
  });

  it('reads the record next to a place, and none outside', () => {
    const buffer = new SeriesBuffer();
    buffer.append(Float64Array.of(100, 200, 300), Float64Array.of(1, 2, 3));
    const curve = curveOf(buffer);
    expect([99, 100, 149, 151, 300, 301].map((step) => curve.nearest(step))).toEqual([
      null,
      0,
      0,
      1,
      2,
      null,
    ]);
  });
});
