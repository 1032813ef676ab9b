import { describe, expect, it } from 'vitest';
import { elementsOf, parseXml, textOf } from '../export/testing/xml-reader.ts';
import type { Paint } from '../theme/paint.ts';
import { figureSvg } from './figure-svg.ts';
import { ChartPainter } from './picture.ts';
import type { ChartLine, PictureOptions } from './picture.ts';
import { SeriesBuffer } from './series-buffer.ts';

/** Colours that say which token they stand for. */
const paint: Paint = {
  scheme: 'light',
  colour: () => [0, 0, 0],
  css: (token) => `var(${token})`,
};

function line(key: string, values: number[], more: Partial<ChartLine> = {}): ChartLine {
  const source = new SeriesBuffer();
  source.append(
    Float64Array.from(values, (_, step) => step),
    Float64Array.from(values),
  );
  return { key, label: `run ${key}`, colour: `--run-${key}`, dash: 0, source, ...more };
}

function svgOf(
  charts: readonly ChartLine[][],
  options: Partial<PictureOptions> = {},
  note: string | null = null,
) {
  const drawn = charts.map((lines, index) => ({
    hint: index === 0 ? 'lower is better' : undefined,
    picture: (size: { width: number; height: number }) =>
      new ChartPainter().picture(lines, {
        title: `Chart <${index}>`,
        xTitle: 'Training step',
        x: 'linear',
        y: 'linear',
        smoothing: 0,
        window: null,
        ...size,
        ...options,
      }),
  }));
  return parseXml(figureSvg(drawn, paint, { note }));
}

describe('figureSvg', () => {
  it('is one well-formed picture with titles, axes, a legend of all runs and the note', () => {
    const root = svgOf([[line('a', [3, 2, 1]), line('b', [1, 2])], [line('a', [5])]], {}, 'Mean & spread');
    const texts = elementsOf(root, 'text').map(textOf);
    expect(root.name).toBe('svg');
    expect(texts).toEqual(expect.arrayContaining(['run a', 'run b', 'Training step', 'Mean & spread']));
    expect(texts).toContain('Chart <0>lower is better');
    expect(texts.filter((text) => text === 'run a')).toHaveLength(1);
  });

  it('puts every value where the axes say', () => {
    const root = svgOf([[line('a', [0, 50, 100])]]);
    const path = elementsOf(root, 'path').find(({ attributes }) => attributes['stroke'] === 'var(--run-a)');
    const points = (path?.attributes['d'] ?? '')
      .split(/[ML]/)
      .slice(1)
      .map((pair) => pair.split(' ').map(Number));
    const tickAt = (label: string): number =>
      Number(elementsOf(root, 'text').find((text) => textOf(text) === label)?.attributes['y']) - 4;
    expect(points.map(([, y]) => y)).toEqual([tickAt('0'), tickAt('50'), tickAt('100')]);
    const [first, middle, last] = points.map(([x]) => x ?? NaN);
    expect(middle).toBeCloseTo(((first ?? NaN) + (last ?? NaN)) / 2, 2);
  });

  it('leaves gaps open, marks what stands alone and what was no number', () => {
    const root = svgOf([[line('a', [1, NaN, ...Array.from({ length: 60 }, () => 2)])]]);
    const drawn = elementsOf(root, 'path').filter(
      ({ attributes }) => attributes['stroke'] === 'var(--run-a)',
    );
    const [path, cross] = drawn.map(({ attributes }) => attributes['d'] ?? '');
    expect(path?.match(/M/g)).toHaveLength(2);
    expect(cross).toMatch(/l6 6m0 -6l-6 6$/);
    expect(elementsOf(root, 'circle')).toHaveLength(1);
  });

  it('can be read without colour: runs have different dashes, in the legend as in the charts', () => {
    const root = svgOf([[line('a', [1, 2]), line('b', [2, 1])], [line('b', [2, 1])]]);
    const dashesOf = (name: string): Set<string | undefined> =>
      new Set(
        [...elementsOf(root, 'path'), ...elementsOf(root, 'line')]
          .filter(({ attributes }) => attributes['stroke'] === `var(--run-${name})`)
          .map(({ attributes }) => attributes['stroke-dasharray']),
      );
    expect(dashesOf('a').size).toBe(1);
    expect(dashesOf('b').size).toBe(1);
    expect(dashesOf('a')).not.toEqual(dashesOf('b'));
  });

  it('draws few elements of a long series', () => {
    const values = Array.from({ length: 200_000 }, (_, step) => Math.sin(step / 999));
    const root = svgOf([[line('a', values)]]);
    const path = elementsOf(root, 'path').find(({ attributes }) => attributes['stroke'] === 'var(--run-a)');
    expect((path?.attributes['d'] ?? '').match(/[ML]/g)?.length).toBeLessThan(3000);
  });

  it('says that nothing is on the axis', () => {
    const root = svgOf([[line('a', [0, -1])]], { y: 'log10' });
    expect(elementsOf(root, 'text').map(textOf)).toContain('no value on this axis');
  });
});
