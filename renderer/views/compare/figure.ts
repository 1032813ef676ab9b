import { shortNumber, xmlElement, xmlText } from '../../export/xml.ts';
import { gridImage } from '../../scene/grid-image.ts';
import type { Paint } from '../../theme/paint.ts';
import type { Mark } from './marks.ts';

/** One cell of a figure. */
export interface FigureCell {
  readonly marks: readonly Mark[];
  /** A picture over all of the cell, as a `data:` address. */
  readonly image: string | null;
  /** Written below the picture: the distance, or why there is none. */
  readonly text: string | null;
  /** Written instead of a picture. */
  readonly state: string | null;
}

export interface FigureRow {
  readonly name: string;
  /** CSS colour; null for references. */
  readonly colour: string | null;
  readonly cells: readonly FigureCell[];
}

export interface MatrixFigure {
  readonly columns: readonly string[];
  readonly rows: readonly FigureRow[];
  /** Places of marks are in pixels of a square cell of this side. */
  readonly sidePx: number;
  /** Said below. */
  readonly note: string;
  readonly paint: Paint;
}

const fontFamily = "'Inter Variable', Inter, 'Helvetica Neue', Arial, sans-serif";
const headPx = 150;
const headerPx = 24;
const footPx = 28;
const gapPx = 6;
/** Longest name that has room before the cells. */
const longestName = 22;
/** Longest text that has room in a cell. */
const longestText = 28;

/** The matrix as one whole `<svg>` element: vectors, with names, evaluations and distances. */
export function matrixSvg({ columns, rows, sidePx, note, paint }: MatrixFigure): string {
  const width = headPx + columns.length * (sidePx + gapPx);
  const height = headerPx + rows.length * (sidePx + gapPx) + footPx;
  const ink = paint.css('--ink-2');
  const left = (column: number): number => headPx + column * (sidePx + gapPx);
  const headings = columns.map((title, column) => text(title, { x: left(column), y: 16, fill: ink }));
  const drawn = rows.map(({ name, colour, cells }, row) => {
    const top = headerPx + row * (sidePx + gapPx);
    const mark = colour === null ? '' : xmlElement('circle', { cx: 12, cy: top + 12, r: 4, fill: colour });
    return [
      mark,
      text(shortened(name, longestName), {
        x: colour === null ? 8 : 22,
        y: top + 16,
        fill: paint.css('--ink'),
      }),
      ...cells.map((cell, column) =>
        xmlElement(
          'svg',
          { x: left(column), y: top, width: sidePx, height: sidePx, overflow: 'hidden' },
          cellSvg(cell, sidePx, paint),
        ),
      ),
    ].join('');
  });
  return xmlElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': fontFamily,
      'font-size': 11,
    },
    xmlElement('title', {}, xmlText(`Samples of ${rows.length} rows from the same noise`)),
    xmlElement('rect', { width, height, fill: paint.css('--surface-stage') }),
    ...headings,
    ...drawn,
    text(note, { x: 8, y: height - 10, fill: paint.css('--ink-3') }),
  );
}

/** Whole `<svg>` elements below each other in one. @param pictures  each with `width` and `height` in pixels */
export function svgStacked(pictures: readonly string[], ground: string): string {
  let y = 0;
  let width = 0;
  const placed = pictures.map((picture) => {
    const at = y;
    y += numberIn(picture, 'height');
    width = Math.max(width, numberIn(picture, 'width'));
    return picture.replace('<svg ', `<svg y="${at}" `);
  });
  const size = { width, height: y };
  return xmlElement(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', ...size, viewBox: `0 0 ${width} ${y}` },
    xmlElement('rect', { ...size, fill: ground }),
    ...placed,
  );
}

function numberIn(picture: string, name: string): number {
  return Number(new RegExp(`^<svg [^>]*?\\b${name}="([\\d.]+)"`).exec(picture)?.[1] ?? 0);
}

function cellSvg({ marks, image, text: told, state }: FigureCell, sidePx: number, paint: Paint): string {
  const frame = {
    width: sidePx - 1,
    height: sidePx - 1,
    x: 0.5,
    y: 0.5,
    fill: 'none',
    stroke: paint.css('--hairline'),
  };
  const middle = { x: sidePx / 2, y: sidePx / 2, fill: paint.css('--ink-3'), 'text-anchor': 'middle' };
  return [
    ...marks.map(markSvg),
    image === null
      ? ''
      : xmlElement('image', {
          x: 0,
          y: 0,
          width: sidePx,
          height: sidePx,
          href: image,
          style: 'image-rendering: pixelated',
        }),
    xmlElement('rect', frame),
    state === null ? '' : text(state, middle),
    told === null
      ? ''
      : text(shortened(told, longestText), { x: 6, y: sidePx - 7, fill: paint.css('--ink') }),
  ].join('');
}

/** All dots or pieces of one colour are one element: a figure has tens of thousands. */
function markSvg(mark: Mark): string {
  if (mark.kind === 'image') {
    const { ground, left, top, sidePx } = mark;
    const { values, side } = ground.grid;
    const href = gridImage({ values, side, low: 0, high: ground.high, colours: ground.colours });
    return xmlElement('image', { x: left, y: top, width: sidePx, height: sidePx, href });
  }
  const { places, colour, opacity } = mark;
  const at = (i: number): string => `${shortNumber(places[i] ?? 0)} ${shortNumber(places[i + 1] ?? 0)}`;
  let d = '';
  if (mark.kind === 'dots') {
    for (let i = 0; i + 1 < places.length; i += 2) d += `M${at(i)}h0`;
    return xmlElement('path', {
      d,
      stroke: colour,
      'stroke-width': mark.sizePx,
      'stroke-linecap': 'round',
      'stroke-opacity': opacity,
    });
  }
  for (let i = 0; i + 3 < places.length; i += 4) d += `M${at(i)}L${at(i + 2)}`;
  return xmlElement('path', {
    d,
    fill: 'none',
    stroke: colour,
    'stroke-width': 0.75,
    'stroke-opacity': opacity,
  });
}

function shortened(name: string, longest: number): string {
  return name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
}

function text(words: string, attributes: Record<string, string | number>): string {
  return xmlElement('text', attributes, xmlText(words));
}
