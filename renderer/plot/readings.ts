import type { ChartLine, ChartPainter } from './picture.ts';
import type { ScaleKind } from './scales.ts';

/** What one run's line says at the cursor. */
export interface Reading {
  key: string;
  label: string;
  colour: string;
  dash: number;
  /** Where the record lies that is next to the cursor; null where the line has none. */
  x: number | null;
  /** The value that is drawn: smoothed, if lines are. NaN where there was none. */
  value: number;
  /** The value as it was recorded. */
  raw: number;
  /** Standard deviation, of values that were measured several times. */
  deviation: number | null;
  /** What that is. */
  deviationName: string;
}

/**
 * The values of every line at the cursor, exactly, whatever the drawing leaves out.
 *
 * @param cursor  null for the newest record of each line
 */
export function readingsAt(
  painter: ChartPainter,
  lines: readonly ChartLine[],
  cursor: number | null,
  { y, smoothing }: { y: ScaleKind; smoothing: number },
): Reading[] {
  return lines.map((line) => {
    const { key, label, colour, dash, source, spread, spreadName = 'standard deviation' } = line;
    const curve = painter.curve(line, y, smoothing);
    const last = source.length > 0 ? source.length - 1 : null;
    const at = cursor === null ? last : curve.nearest(cursor);
    const name = { key, label, colour, dash, deviationName: spreadName };
    if (at === null) return { ...name, x: null, value: NaN, raw: NaN, deviation: null };
    return {
      ...name,
      x: source.steps[at] ?? null,
      value: curve.values[at] ?? NaN,
      raw: source.values[at] ?? NaN,
      deviation: spread?.[at] ?? null,
    };
  });
}

/** Readings as a table that a spreadsheet takes: full precision, one line per run. */
export function tableText(title: string, xName: string, readings: readonly Reading[]): string {
  const rows = readings
    .filter((each) => each.x !== null)
    .map(({ label, x, raw, deviation }) =>
      [label, x, raw, ...(deviation === null ? [] : [deviation])].join('\t'),
    );
  const measured = readings.find((each) => each.deviation !== null);
  return [
    ['run', xName, title, ...(measured === undefined ? [] : [measured.deviationName])].join('\t'),
    ...rows,
  ].join('\n');
}
