import { describe, expect, it } from 'vitest';
import type { Paint } from '../../theme/paint.ts';
import { matrixSvg, svgStacked } from './figure.ts';
import type { Mark } from './marks.ts';

const paint: Paint = {
  scheme: 'light',
  colour: () => [0, 0, 0],
  css: (token) => `#${token.length.toString(16)}`,
};
const dots: Mark = {
  kind: 'dots',
  places: Float32Array.of(10, 20, 30.123, 40),
  sizePx: 2,
  colour: 'red',
  opacity: 0.5,
};
const pieces: Mark = { kind: 'pieces', places: Float32Array.of(1, 2, 3, 4), colour: 'blue', opacity: 1 };

const svg = matrixSvg({
  columns: ['1 NFE', '2 NFE'],
  rows: [
    {
      name: 'References',
      colour: null,
      cells: [{ marks: [dots], image: null, text: 'Data: a < b', state: null }],
    },
    {
      name: 'a run with a name that is longer than its place',
      colour: 'orange',
      cells: [
        { marks: [pieces], image: 'data:image/png;base64,AA==', text: 'rms 0.1', state: null },
        { marks: [], image: null, text: null, state: 'one step only' },
      ],
    },
  ],
  sidePx: 100,
  note: '2 samples',
  paint,
});

describe('matrixSvg', () => {
  it('is one whole element with all marks, words and a size', () => {
    expect(svg.startsWith('<svg ')).toBe(true);
    expect(svg.match(/<svg /g)).toHaveLength(1 + 3);
    expect(svg).toContain('d="M10 20h0M30.12 40h0"');
    expect(svg).toContain('d="M1 2L3 4"');
    expect(svg.match(/<image /g)).toHaveLength(1);
    expect(svg).toContain('href="data:image/png;base64,AA=="');
    for (const words of [
      '1 NFE',
      '2 NFE',
      'References',
      'rms 0.1',
      'one step only',
      '2 samples',
      'Data: a &lt; b',
    ]) {
      expect(svg).toContain(words);
    }
    expect(svg).toContain('a run with a name tha…');
  });
});

describe('svgStacked', () => {
  it('lays pictures below each other and is as large as all of them', () => {
    const picture = (width: number, height: number) =>
      `<svg xmlns="x" width="${width}" height="${height}"></svg>`;
    const stacked = svgStacked([picture(10, 20), picture(30, 5)], 'white');
    expect(stacked).toContain('viewBox="0 0 30 25"');
    expect(stacked).toContain('<svg y="0" xmlns="x" width="10"');
    expect(stacked).toContain('<svg y="20" xmlns="x" width="30"');
  });
});
