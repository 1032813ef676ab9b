/** One row an arm: a dot a seed, a bar for mean and two standard errors, and the same in digits. */
import { figureColours } from '#contract/reproductions.ts';
import type { ArmsFigure } from '../reproduction.ts';
import type { Report } from '../report.ts';
import { LABEL, MARGIN, type Plot, WIDTH, line, text } from './frame.ts';
import { scaleOf } from './scale.ts';
import { numberText, textWidth, tickText, wrapped } from './text.ts';

const WIDEST_LABEL = 200;
const LINE = 15;

export function armsPlot(report: Report, figure: ArmsFigure): Plot {
  const { ink, soft, grid, data } = figureColours;
  const found = Object.entries(report.measured).flatMap(([arm, measures]) => {
    const measured = measures[figure.measure];
    return measured === undefined ? [] : [{ arm, measured, lines: wrapped(arm, LABEL, WIDEST_LABEL) }];
  });
  const digits = found.map(({ measured }) => digitsOf(measured.mean, measured.standardError));
  const left =
    MARGIN + Math.max(0, ...found.flatMap(({ lines }) => lines.map((each) => textWidth(each, LABEL)))) + 12;
  const right = WIDTH - MARGIN - Math.max(0, ...digits.map((each) => textWidth(each, 11))) - 12;
  const reach = found.flatMap(({ measured: { mean, standardError, values } }) => {
    // A bar that would end below zero has no place on an axis of powers.
    const ends = [mean - 2 * standardError, mean + 2 * standardError];
    return [...values, ...(figure.log ? ends.filter((end) => end > 0) : ends)];
  });
  const scale = scaleOf(reach, { log: figure.log, from: left, to: right, labelSize: 11, fromZero: true });

  const tops: number[] = [];
  let bottom = 0;
  for (const { lines } of found) {
    tops.push(bottom);
    bottom += Math.max(30, LINE * lines.length + 12);
  }
  const rows = found.flatMap(({ measured: { mean, standardError, values }, lines }, i) => {
    const y = (tops[i]! + (tops[i + 1] ?? bottom)) / 2;
    const first = y + 4 - (LINE * (lines.length - 1)) / 2;
    const labels = lines.map((each, k) => text(left - 12, first + LINE * k, each, { anchor: 'end' }));
    const dots = values.filter(Number.isFinite).map((value) => {
      return `<circle cx="${scale.at(value)}" cy="${y}" r="3.5" fill="${data[0]}" fill-opacity="0.5"/>`;
    });
    const value = text(WIDTH - MARGIN, y + 4, digits[i]!, { anchor: 'end', size: 11, colour: soft });
    if (!Number.isFinite(mean)) return [...labels, ...dots, value];
    const [from, to] = [scale.at(mean - 2 * standardError), scale.at(mean + 2 * standardError)];
    const middle = scale.at(mean);
    return [
      ...labels,
      line(from, y, to, y, ink, 1.5),
      ...dots,
      `<line class="mean" x1="${middle}" y1="${y - 8}" x2="${middle}" y2="${y + 8}" stroke="${ink}" stroke-width="2"/>`,
      value,
    ];
  });
  const ticks = scale.ticks.flatMap((tick) => [
    line(scale.at(tick), 0, scale.at(tick), bottom, grid),
    text(scale.at(tick), bottom + 16, tickText(tick), { anchor: 'middle', size: 11, colour: soft }),
  ]);
  const title = `${figure.title}${scale.isLog ? ' (log scale)' : ''}`;
  return {
    height: bottom + 44,
    marks: [
      ...ticks,
      line(left, bottom, right, bottom, soft),
      ...rows,
      text((left + right) / 2, bottom + 36, title, { anchor: 'middle' }),
    ],
    reading: 'Dots are seeds; bars and digits are the mean and two standard errors.',
  };
}

function digitsOf(mean: number, standardError: number): string {
  return `${numberText(mean)} ± ${numberText(2 * standardError, 2)}`;
}
