import { shortNumber, xmlElement, xmlText } from '../export/xml.ts';
import type { Paint } from '../theme/paint.ts';
import { dashPatterns, fontFamily, tickText } from './frame.ts';
import type { ChartPicture, PictureLine } from './picture.ts';
import { shareOf } from './scales.ts';
import type { Samples } from './curve.ts';

/** A chart of a figure, its picture to be made for the size that it will have. */
export interface FigureChart {
  hint: string | undefined;
  picture: (size: { width: number; height: number }) => ChartPicture;
}

interface FigureText {
  /** Said below: how lines were smoothed, what bars mean. */
  note: string | null;
}

const margin = 14;
const gap = 18;
const around = { top: 24, right: 10, bottom: 38, left: 54 } as const;
const single = { width: 620, height: 380 };
const several = { width: 400, height: 250 };
const legendRow = 20;
/** Width of a letter of the legend, rather too much than too little: the font may be another one. */
const letterWidth = 5.8;
/** A record every so many pixels is a point of its own. */
const pxPerMark = 12;

/**
 * Charts as one figure: vectors on white paper, a legend above them, axes with titles. Lines of
 * different runs have different dashes, so that the figure can be read without colour.
 */
export function figureSvg(charts: readonly FigureChart[], paint: Paint, { note }: FigureText): string {
  const cell = charts.length === 1 ? single : several;
  const columns = Math.min(2, charts.length);
  const rows = Math.ceil(charts.length / columns);
  const inner = {
    width: cell.width - around.left - around.right,
    height: cell.height - around.top - around.bottom,
  };
  const pictures = charts.map((chart) => chart.picture(inner));
  const width = 2 * margin + columns * cell.width + (columns - 1) * gap;
  const legend = legendOf(pictures, width - 2 * margin);
  const top = margin + legend.rows * legendRow + 4;
  const height = top + rows * cell.height + (rows - 1) * gap + (note === null ? 0 : 18) + margin;
  const ink = paint.css('--ink-2');
  const cells = pictures.map((picture, index) => {
    const left = margin + (index % columns) * (cell.width + gap);
    const above = top + Math.floor(index / columns) * (cell.height + gap);
    const content = chartSvg(picture, charts[index]?.hint, { ...inner, index, dashes: legend.dashes, paint });
    return xmlElement('g', { transform: `translate(${left} ${above})` }, content);
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
      fill: ink,
    },
    xmlElement('title', {}, xmlText(pictures.map(({ title }) => title).join(', '))),
    xmlElement('rect', { width, height, fill: paint.css('--surface-stage') }),
    legendSvg(legend, paint),
    ...cells,
    note === null ? '' : text(note, { x: margin, y: height - margin, fill: paint.css('--ink-3') }),
  );
}

interface LegendEntry {
  label: string;
  colour: string;
  x: number;
  row: number;
}

interface Legend {
  entries: LegendEntry[];
  rows: number;
  /** Dash pattern of every run. */
  dashes: Map<string, number>;
}

function legendOf(pictures: readonly ChartPicture[], width: number): Legend {
  const runs = new Map<string, PictureLine>();
  for (const { lines } of pictures) for (const line of lines) runs.set(line.key, line);
  const entries: LegendEntry[] = [];
  let x = 0;
  let row = 0;
  for (const { label, colour } of runs.values()) {
    const taken = 50 + label.length * letterWidth;
    if (x > 0 && x + taken > width) {
      x = 0;
      row += 1;
    }
    entries.push({ label, colour, x, row });
    x += taken;
  }
  const dashes = new Map([...runs.keys()].map((key, index) => [key, index % dashPatterns.length]));
  return { entries, rows: entries.length === 0 ? 0 : row + 1, dashes };
}

function legendSvg({ entries, dashes }: Legend, paint: Paint): string {
  const patterns = [...dashes.values()];
  const parts = entries.map(({ label, colour, x, row }, index) => {
    const y = margin + row * legendRow + legendRow / 2;
    return (
      xmlElement('line', {
        x1: margin + x,
        x2: margin + x + 24,
        y1: y,
        y2: y,
        ...strokeOf(paint.css(colour), 2, patterns[index] ?? 0),
      }) + text(label, { x: margin + x + 30, y: y + 4, fill: paint.css('--ink') })
    );
  });
  return xmlElement('g', {}, parts.join(''));
}

interface ChartFrame {
  width: number;
  height: number;
  index: number;
  dashes: ReadonlyMap<string, number>;
  paint: Paint;
}

function chartSvg(picture: ChartPicture, hint: string | undefined, frame: ChartFrame): string {
  const { width, height, index, paint } = frame;
  const place = placing(picture, frame);
  const clip = `area-${index}`;
  const heading =
    xmlElement('tspan', { 'font-weight': 600, fill: paint.css('--ink') }, xmlText(picture.title)) +
    (hint === undefined ? '' : xmlElement('tspan', { dx: 8, fill: paint.css('--ink-3') }, xmlText(hint)));
  return [
    xmlElement('text', { x: around.left, y: 12, 'font-size': 12 }, heading),
    xmlElement(
      'g',
      { transform: `translate(${around.left} ${around.top})` },
      xmlElement('clipPath', { id: clip }, xmlElement('rect', { width, height })),
      gridSvg(picture, frame, place),
      xmlElement(
        'g',
        { 'clip-path': `url(#${clip})`, fill: 'none', 'stroke-linejoin': 'round' },
        picture.lines.map((line) => lineSvg(line, frame, place)).join(''),
      ),
      picture.lines.map((line) => marksSvg(line, frame, place)).join(''),
      brokenSvg(picture, frame, place),
      picture.isEmpty
        ? text('no value on this axis', { x: width / 2, y: height / 2, 'text-anchor': 'middle' })
        : '',
    ),
  ].join('');
}

interface Placing {
  x: (value: number) => number;
  y: (value: number) => number;
}

function placing(picture: ChartPicture, { width, height }: ChartFrame): Placing {
  return {
    x: (value) => shareOf(value, picture.x.range, picture.x.kind) * width,
    y: (value) => (1 - shareOf(value, picture.y.range, picture.y.kind)) * height,
  };
}

function gridSvg(picture: ChartPicture, { width, height, paint }: ChartFrame, place: Placing): string {
  const grid = { stroke: paint.css('--grid'), 'stroke-width': 1 };
  const axisLine = { stroke: paint.css('--hairline-strong'), 'stroke-width': 1 };
  return [
    ...picture.y.ticks.map(
      (tick) =>
        xmlElement('line', { x1: 0, x2: width, y1: place.y(tick), y2: place.y(tick), ...grid }) +
        text(tickText(tick, picture.y.kind), { x: -6, y: place.y(tick) + 4, 'text-anchor': 'end' }),
    ),
    ...picture.x.ticks.map(
      (tick) =>
        xmlElement('line', { x1: place.x(tick), x2: place.x(tick), y1: 0, y2: height, ...grid }) +
        text(tickText(tick, picture.x.kind), { x: place.x(tick), y: height + 15, 'text-anchor': 'middle' }),
    ),
    xmlElement('path', { d: `M0 0V${shortNumber(height)}H${shortNumber(width)}`, fill: 'none', ...axisLine }),
    text(picture.xTitle, { x: width / 2, y: height + 32, 'text-anchor': 'middle' }),
  ].join('');
}

function lineSvg(line: PictureLine, { dashes, paint }: ChartFrame, place: Placing): string {
  const colour = paint.css(line.colour);
  const stroke = line.isRaw
    ? { ...strokeOf(colour, 0.8, 0), 'stroke-opacity': 0.35 }
    : strokeOf(colour, 1.5, dashes.get(line.key) ?? 0);
  const bars = line.bars.map((bar) => {
    const [x, low, high] = [place.x(bar.x), place.y(bar.low), place.y(bar.high)].map(shortNumber);
    return `M${x} ${low}V${high}m-3 0h6M${x} ${low}m-3 0h6`;
  });
  const path = xmlElement('path', { d: linePath(line, place), ...stroke });
  return bars.length === 0
    ? path
    : path + xmlElement('path', { d: bars.join(''), ...strokeOf(colour, 1.2, 0) });
}

/** Records that stand alone, or that are few enough to be seen one by one. */
function marksSvg(line: PictureLine, { width, paint }: ChartFrame, place: Placing): string {
  const isSparse = line.hasMarks || line.x.length * pxPerMark < width;
  const radius = line.hasMarks ? 3 : 2;
  const marks: string[] = [];
  line.x.forEach((x, i) => {
    const y = line.y[i] ?? NaN;
    if (Number.isNaN(y) || !(isSparse || isAlone(line, i))) return;
    const cx = place.x(x);
    if (cx >= -0.5 && cx <= width + 0.5) marks.push(xmlElement('circle', { cx, cy: place.y(y), r: radius }));
  });
  if (marks.length === 0) return '';
  return xmlElement(
    'g',
    { fill: paint.css(line.colour), 'fill-opacity': line.isRaw ? 0.35 : 1 },
    marks.join(''),
  );
}

function isAlone({ y }: Samples, i: number): boolean {
  return Number.isNaN(y[i - 1] ?? NaN) && Number.isNaN(y[i + 1] ?? NaN);
}

function linePath({ x, y }: Samples, place: Placing): string {
  let path = '';
  let isDown = false;
  x.forEach((step, i) => {
    const value = y[i] ?? NaN;
    if (Number.isNaN(value)) {
      isDown = false;
      return;
    }
    path += `${isDown ? 'L' : 'M'}${shortNumber(place.x(step))} ${shortNumber(place.y(value))}`;
    isDown = true;
  });
  return path;
}

function brokenSvg(picture: ChartPicture, { height, paint }: ChartFrame, place: Placing): string {
  return picture.broken
    .map(({ colour, x }) =>
      xmlElement('path', {
        d: `M${shortNumber(place.x(x) - 3)} ${shortNumber(height - 7)}l6 6m0 -6l-6 6`,
        fill: 'none',
        ...strokeOf(paint.css(colour), 1.4, 0),
      }),
    )
    .join('');
}

function strokeOf(colour: string, width: number, dash: number): Record<string, string | number> {
  const pattern = dashPatterns[dash] ?? [];
  const stroke = { stroke: colour, 'stroke-width': width };
  return pattern.length === 0 ? stroke : { ...stroke, 'stroke-dasharray': pattern.join(' ') };
}

function text(content: string, attributes: Record<string, string | number>): string {
  return xmlElement('text', attributes, xmlText(content));
}
