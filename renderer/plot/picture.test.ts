import { describe, expect, it } from 'vitest';
import { ChartPainter } from './picture.ts';
import type { ChartLine, PictureOptions } from './picture.ts';
import { readingsAt, tableText } from './readings.ts';
import { SeriesBuffer } from './series-buffer.ts';

function line(key: string, steps: number[], values: number[], more: Partial<ChartLine> = {}): ChartLine {
  const source = new SeriesBuffer();
  source.append(Float64Array.from(steps), Float64Array.from(values));
  return { key, label: key, colour: '--run-blue', dash: 0, source, ...more };
}

const options: PictureOptions = {
  title: 'Loss',
  xTitle: 'Training step',
  x: 'linear',
  y: 'linear',
  smoothing: 0,
  window: null,
  width: 300,
  height: 150,
};

describe('ChartPainter', () => {
  it('shows all of every run, with ticks within', () => {
    const lines = [line('a', [1, 2, 3], [4, 2, 1]), line('b', [2, 8], [9, 5])];
    const picture = new ChartPainter().picture(lines, options);
    expect(picture.x.range).toEqual({ low: 1, high: 8 });
    expect(picture.y.range.low).toBeLessThanOrEqual(1);
    expect(picture.y.range.high).toBeGreaterThanOrEqual(9);
    expect(picture.lines.map(({ key, isRaw }) => [key, isRaw])).toEqual([
      ['a', false],
      ['b', false],
    ]);
  });

  it('keeps the raw line below the smoothed one', () => {
    const { lines } = new ChartPainter().picture([line('a', [0, 1], [4, 2])], { ...options, smoothing: 0.5 });
    expect(lines.map(({ isRaw }) => isRaw)).toEqual([true, false]);
    expect(Array.from(lines[0]?.y ?? [])).toEqual([4, 2]);
    // Without its bias: (0.25 * 4 + 0.5 * 2) / 0.75.
    expect(lines[1]?.y[1]).toBeCloseTo(8 / 3, 12);
  });

  it('says how many values a logarithmic axis leaves out, of those in view', () => {
    const lines = [line('a', [0, 1, 2, 3], [1, 0, -1, 5])];
    const painter = new ChartPainter();
    expect(painter.picture(lines, { ...options, y: 'log10' }).hidden).toBe(2);
    expect(painter.picture(lines, { ...options, y: 'log10', window: { low: 2, high: 3 } }).hidden).toBe(1);
    expect(painter.picture(lines, options).hidden).toBe(0);
  });

  it('marks where a value was no number', () => {
    const { broken, isEmpty } = new ChartPainter().picture(
      [line('a', [0, 1, 2], [1, NaN, Infinity])],
      options,
    );
    expect(broken.map(({ x }) => x)).toEqual([1, 2]);
    expect(isEmpty).toBe(false);
    expect(new ChartPainter().picture([line('a', [0], [NaN])], options).isEmpty).toBe(true);
  });

  it('draws a deviation to both sides, and on a logarithmic axis only as far as that goes', () => {
    const lines = [line('a', [1, 2], [1, 4], { spread: Float64Array.of(2, 1) })];
    const painter = new ChartPainter();
    expect(painter.picture(lines, options).lines[0]?.bars).toEqual([
      { x: 1, low: -1, high: 3 },
      { x: 2, low: 3, high: 5 },
    ]);
    expect(painter.picture(lines, { ...options, y: 'log10' }).lines[0]?.bars[0]).toEqual({
      x: 1,
      low: 1,
      high: 3,
    });
  });

  it('takes a logarithmic axis for positive values of different magnitudes', () => {
    const painter = new ChartPainter();
    expect(painter.fittingKind([line('a', [0, 1], [0.01, 1])])).toBe('log10');
    expect(painter.fittingKind([line('a', [0, 1], [0.5, 1])])).toBe('linear');
    expect(painter.fittingKind([line('a', [0, 1, 2], [0, 0.01, 1])])).toBe('linear');
    expect(painter.fittingKind([])).toBe('linear');
  });
});

describe('readings', () => {
  const lines = [line('a', [0, 10], [0.1, NaN]), line('b', [0, 4], [1 / 3, 0.25])];

  it('are exact, at the record next to the cursor', () => {
    const painter = new ChartPainter();
    const [a, b] = readingsAt(painter, lines, 3, { y: 'linear', smoothing: 0 });
    expect([a?.x, a?.raw]).toEqual([0, 0.1]);
    expect([b?.x, b?.raw]).toEqual([4, 0.25]);
    expect(readingsAt(painter, lines, 9, { y: 'linear', smoothing: 0 })[1]?.x).toBeNull();
  });

  it('are the newest without a cursor', () => {
    const [a, b] = readingsAt(new ChartPainter(), lines, null, { y: 'linear', smoothing: 0.9 });
    expect([a?.x, a?.raw]).toEqual([10, NaN]);
    expect([b?.x, b?.raw]).toEqual([4, 0.25]);
  });

  it('are copied with every digit', () => {
    const readings = readingsAt(new ChartPainter(), lines, 0, { y: 'linear', smoothing: 0 });
    expect(tableText('Loss', 'step', readings)).toBe(`run\tstep\tLoss\na\t0\t0.1\nb\t0\t${1 / 3}`);
  });
});
