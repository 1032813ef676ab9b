/** What every figure has: the claim above, what came of it, the plot, and how to read and judge it below. */
import { figureColours } from '#contract/reproductions.ts';
import type { Report } from '../report.ts';
import { escaped, textWidth, wrapped } from './text.ts';

export const WIDTH = 680;
export const MARGIN = 16;
/** Of labels and ticks. */
export const LABEL = 12;

/** A plot in its own coordinates: (0, 0) is its upper left corner, its width that of the figure. */
export interface Plot {
  readonly height: number;
  readonly marks: readonly string[];
  /** How the marks are to be read. */
  readonly reading: string;
}

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  readonly isBold?: boolean;
  /** Degrees about its place. */
  readonly turned?: number;
}

/** @param y  of the baseline */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = LABEL, anchor = 'start', colour = figureColours.ink, isBold = false, turned } = style;
  const weight = isBold ? ' font-weight="600"' : '';
  const turn = turned === undefined ? '' : ` transform="rotate(${turned} ${x} ${y})"`;
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${weight}${turn}>${escaped(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="${width}"/>`;
}

/** Names with their marks in rows. */
export function legend(
  entries: readonly { readonly name: string; readonly mark: (x: number, y: number) => string }[],
  top: number,
): { readonly marks: string[]; readonly height: number } {
  const marks: string[] = [];
  let [x, row] = [MARGIN, 0];
  for (const { name, mark } of entries) {
    const width = 30 + textWidth(name, LABEL);
    if (x > MARGIN && x + width > WIDTH - MARGIN) [x, row] = [MARGIN, row + 1];
    const y = top + 10 + 20 * row;
    marks.push(mark(x, y), text(x + 30, y + 4, name));
    x += width + 18;
  }
  return { marks, height: 20 * (row + 1) + 8 };
}

/**
 * @returns a whole SVG document, with the report in its metadata; `data-plot` has the top and the bottom of
 *   the part that a page which says the rest itself can show alone
 */
export function page(report: Report, plot: Plot): string {
  const { claim, verdict, seeds, source, rule, devices = [] } = report;
  const room = WIDTH - 2 * MARGIN;
  const head: string[] = [];
  let y = 10;
  const put = (content: string, style: TextStyle & { size: number }, spacing: number): void => {
    for (const each of wrapped(content, style.size, room)) {
      y += spacing;
      head.push(text(MARGIN, y, each, style));
    }
  };
  put(claim, { size: 14, isBold: true }, 18);
  y += 2;
  const count = `${seeds.length} seed${seeds.length === 1 ? '' : 's'}`;
  put(
    `${sentence(verdict)} at toy scale, ${count}. ${source}.`,
    { size: 11.5, colour: figureColours.soft },
    16,
  );
  const top = y + 18;
  y = top + plot.height + 4;
  const small = { size: 10, colour: figureColours.soft };
  put(plot.reading, small, 14);
  const read = y + 10;
  y += 8;
  put(rule, small, 14);
  if (devices.length > 0) put(`Computed on ${devices.join(' and ')}.`, small, 14);
  const height = Math.ceil(y + 12);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" data-plot="${top - 12} ${read}" font-family="'Inter Variable', Inter, Helvetica, Arial, sans-serif">`,
    `<metadata>${escaped(JSON.stringify(report))}</metadata>`,
    `<rect width="${WIDTH}" height="${height}" fill="${figureColours.paper}"/>`,
    ...head,
    `<g transform="translate(0 ${top})">`,
    ...plot.marks,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
