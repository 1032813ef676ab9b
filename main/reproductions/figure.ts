/** The figure of a report: one row an arm, a dot a seed, a bar for mean and two standard errors. */
import type { Reproduction } from './reproduction.ts';
import type { Report } from './run.ts';

const WIDTH = 640;
const LABELS = 170;
const RIGHT = 24;
const TOP = 64;
const ROW = 30;

/** @returns a whole SVG document, with the report in its metadata */
export function figureOf(report: Report, { figure }: Pick<Reproduction, 'figure'>): string {
  const arms = Object.keys(report.measured);
  const rows = arms.map((arm) => ({ arm, found: report.measured[arm]![figure.measure]! }));
  const all = rows.flatMap(({ found }) => found.values);
  const isLog = figure.log && all.every((value) => value > 0);
  const { at, ticks } = scaleOf(all, isLog);
  const height = TOP + ROW * rows.length + 56;
  const bottom = TOP + ROW * rows.length;
  const marks = rows.map(({ arm, found }, i) => {
    const y = TOP + ROW * (i + 0.5);
    const dots = found.values.map(
      (value) => `<circle cx="${at(value)}" cy="${y}" r="3" fill="#0072b2" fill-opacity="0.55"/>`,
    );
    const from = at(Math.max(found.mean - 2 * found.standardError, isLog ? Math.min(...all) : -Infinity));
    return [
      `<text x="${LABELS - 10}" y="${y + 4}" text-anchor="end">${escaped(arm)}</text>`,
      `<line x1="${from}" x2="${at(found.mean + 2 * found.standardError)}" y1="${y}" y2="${y}" stroke="#222" stroke-width="1.5"/>`,
      `<line x1="${at(found.mean)}" x2="${at(found.mean)}" y1="${y - 7}" y2="${y + 7}" stroke="#222" stroke-width="2"/>`,
      ...dots,
    ].join('');
  });
  const grid = ticks.map(
    (tick) =>
      `<line x1="${at(tick)}" x2="${at(tick)}" y1="${TOP}" y2="${bottom}" stroke="#ddd"/>` +
      `<text x="${at(tick)}" y="${bottom + 16}" text-anchor="middle" fill="#555">${tickText(tick)}</text>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Inter, Helvetica, Arial, sans-serif" font-size="12">`,
    `<metadata>${escaped(JSON.stringify(report))}</metadata>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="22" font-size="14" font-weight="600">${escaped(report.name)}: ${report.verdict}</text>`,
    `<text x="12" y="42" fill="#555">${escaped(report.seeds.length)} seeds; bars span two standard errors of the mean</text>`,
    ...grid,
    ...marks,
    `<text x="${(LABELS + WIDTH - RIGHT) / 2}" y="${bottom + 40}" text-anchor="middle">${escaped(figure.title)}${isLog ? ' (log)' : ''}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** Values to pixels, with about five round ticks. */
function scaleOf(values: readonly number[], isLog: boolean): { at(value: number): number; ticks: number[] } {
  const through = (value: number): number => (isLog ? Math.log10(value) : value);
  const finite = values.filter(Number.isFinite).map(through);
  let [low, high] = [Math.min(...finite), Math.max(...finite)];
  if (!isLog) low = Math.min(0, low);
  if (!(high > low)) [low, high] = [low - 1, low + 1];
  const margin = 0.06 * (high - low);
  low = isLog || low < 0 ? low - margin : low;
  high += margin;
  const clamp = (share: number): number => Math.min(1, Math.max(0, share));
  const at = (value: number): number => {
    const share = clamp((through(value) - low) / (high - low));
    return Math.round((LABELS + share * (WIDTH - RIGHT - LABELS)) * 10) / 10;
  };
  return { at, ticks: isLog ? logTicks(low, high) : linearTicks(low, high) };
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

function logTicks(low: number, high: number): number[] {
  const factors = high - low > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick);
    }
  }
  return ticks;
}

function tickText(tick: number): string {
  return String(Number(tick.toPrecision(3)));
}

function escaped(text: string | number): string {
  return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
