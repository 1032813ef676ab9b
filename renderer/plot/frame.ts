import { formatRound } from '../ui/format.ts';
import type { ScaleKind } from './scales.ts';

/** Room around the plotting area of a chart, in CSS pixels: for ticks and titles of the axes. */
export const chartMargin = { top: 8, right: 20, bottom: 38, left: 52 } as const;

export const fontFamily = "'Inter Variable', Inter, 'Helvetica Neue', Arial, sans-serif";

/** Dash patterns by number; the first is a whole line. */
export const dashPatterns: readonly (readonly number[])[] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3]];

/** A tick in few characters. */
export function tickText(value: number, kind: ScaleKind): string {
  if (value >= 1e6 && value % 1e5 === 0) return `${value / 1e6}M`;
  if (value >= 1e5 && value % 1e3 === 0) return `${value / 1e3}k`;
  return kind === 'log10' && (value >= 1e5 || value < 1e-3) ? powerText(value) : formatRound(value);
}

/** `2e−4`: short whatever the size. */
function powerText(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa}e${exponent.replace('+', '').replace('-', '\u2212')}`;
}
