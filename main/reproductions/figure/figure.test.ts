import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figureColours } from '#contract/reproductions.ts';
import {
  type ArmsFigure,
  type CurvesFigure,
  type Figure,
  type Picture,
  curve,
  mean,
  standardError,
} from '../reproduction.ts';
import type { Report } from '../report.ts';
import { figureOf } from './figure.ts';
import { scaleOf } from './scale.ts';
import { numberText, textWidth, tickText, wrapped } from './text.ts';

fc.configureGlobal({ seed: 20261122 });

const arms: ArmsFigure = { kind: 'arms', measure: 'size', title: 'Size', log: false };

/** @param sizes  by arm, one a seed */
function reportOf(sizes: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>): Report {
  const summary = (values: readonly number[]) => ({
    mean: mean(values),
    standardError: standardError(values),
    values: [...values],
  });
  return {
    name: 'two-is-more',
    claim: 'Two is more than one.',
    source: 'arithmetic',
    rule: 'Holds if small has less than large; does not hold otherwise.',
    verdict: 'holds',
    seeds: [0, 1, 2],
    measured: Object.fromEntries(
      Object.entries(sizes).map(([arm, measures]) => [
        arm,
        Object.fromEntries(Object.entries(measures).map(([name, values]) => [name, summary(values)])),
      ]),
    ),
  };
}

const plain = (xml: string): string =>
  xml.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const attribute = (tag: string, name: string): number =>
  Number(new RegExp(` ${name}="([^"]*)"`).exec(tag)![1]);
const tags = (svg: string, pattern: RegExp): string[] => svg.match(pattern) ?? [];

interface Label {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
  readonly content: string;
}

/** The boxes of all texts that stand upright. */
function labelsOf(svg: string): Label[] {
  const shift = Number(/<g transform="translate\(0 ([\d.]+)\)">/.exec(svg)![1]);
  const plotAt = svg.indexOf('<g transform=');
  return [...svg.matchAll(/<text [^>]*>[^<]*<\/text>/g)].flatMap(({ 0: tag, index }) => {
    if (tag.includes('rotate(')) return [];
    const content = plain(/>([^<]*)</.exec(tag)![1]!);
    const size = attribute(tag, 'font-size');
    const width = textWidth(content, size);
    const anchor = / text-anchor="(\w+)"/.exec(tag)![1];
    const x0 = attribute(tag, 'x') - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
    const y1 = attribute(tag, 'y') + (index > plotAt ? shift : 0);
    return [{ x0, x1: x0 + width, y0: y1 - 0.8 * size, y1, content }];
  });
}

function overlaps(labels: readonly Label[]): string[] {
  return labels.flatMap((a, i) =>
    labels
      .slice(i + 1)
      .filter((b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1)
      .map((b) => `${a.content} | ${b.content}`),
  );
}

function expectWhole(svg: string): void {
  expect(svg).toMatch(/^<\?xml[^>]*>\n<svg [\s\S]*<\/svg>\n$/);
  expect(svg.replace(/<metadata>.*<\/metadata>/, '')).not.toMatch(/NaN|Infinity|undefined/);
  expect(overlaps(labelsOf(svg))).toEqual([]);
  const height = attribute(/<svg [^>]*>/.exec(svg)![0], 'height');
  for (const { x0, x1, y0, y1, content } of labelsOf(svg)) {
    expect([content, x0 >= 0, x1 <= 680, y0 >= 0, y1 <= height]).toEqual([content, true, true, true, true]);
  }
  // A window replaces these colours by those of its theme: there must be no others.
  const known: readonly string[] = Object.values(figureColours).flat();
  for (const [, colour] of svg.matchAll(/(?:fill|stroke)="(#[^"]*)"/g)) expect(known).toContain(colour);
}

describe('scales', () => {
  const numbers = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 });
  const options = fc.record({ log: fc.boolean(), fromZero: fc.boolean(), isVertical: fc.boolean() });
  const place = { from: 100, to: 500, labelSize: 11 };

  it('keep the order of values and stay on the axis', () => {
    fc.assert(
      fc.property(numbers, options, (values, chosen) => {
        const { at } = scaleOf(values, { ...place, ...chosen });
        const places = [...values].sort((a, b) => a - b).map(at);
        for (const [i, each] of places.entries()) {
          expect(each).toBeGreaterThanOrEqual(100);
          expect(each).toBeLessThanOrEqual(500);
          if (i > 0) expect(each).toBeGreaterThanOrEqual(places[i - 1]!);
        }
      }),
    );
  });

  it('are even in differences, or in ratios where they are logarithmic', () => {
    const linear = scaleOf([2, 10], { ...place, log: false });
    // Rounded to tenths of a pixel, twice.
    expect(linear.at(6) - linear.at(4)).toBeCloseTo(linear.at(8) - linear.at(6), 0);
    const log = scaleOf([0.01, 100], { ...place, log: true });
    expect(log.isLog).toBe(true);
    expect(log.at(1) - log.at(0.1)).toBeCloseTo(log.at(10) - log.at(1), 0);
  });

  it('have round ticks whose labels do not touch', () => {
    fc.assert(
      fc.property(numbers, options, (values, chosen) => {
        const { ticks, at } = scaleOf(values, { ...place, ...chosen });
        expect(ticks.length).toBeGreaterThan(0);
        for (const [i, tick] of ticks.entries()) {
          // Round: its label says all of it.
          const said = Number(tickText(tick).replaceAll('−', '-'));
          expect(Math.abs(said - tick)).toBeLessThanOrEqual(1e-9 * Math.abs(tick));
          const next = ticks[i + 1];
          if (next === undefined) continue;
          const need = chosen.isVertical
            ? 11
            : (textWidth(tickText(tick), 11) + textWidth(tickText(next), 11)) / 2;
          expect(at(next) - at(tick)).toBeGreaterThan(need);
        }
      }),
    );
    expect(scaleOf([0.01, 1000], { ...place, log: true }).ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
    expect(scaleOf([1, 4], { ...place, log: true }).ticks.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('begin at zero where that leaves the values half of the axis', () => {
    const anchored = { ...place, log: false, fromZero: true };
    expect(scaleOf([1, 3], anchored).at(0)).toBe(100);
    expect(scaleOf([1, 3], anchored).ticks[0]).toBe(0);
    expect(scaleOf([5, 6], anchored).ticks[0]).toBeGreaterThanOrEqual(4.5);
    expect(scaleOf([-1, 3], anchored).at(0)).toBeGreaterThan(100);
  });

  it('are linear where a value is not positive, and stand where nothing is finite', () => {
    expect(scaleOf([0, 1], { ...place, log: true }).isLog).toBe(false);
    expect(scaleOf([NaN], { ...place, log: true }).ticks.length).toBeGreaterThan(0);
  });
});

describe('text', () => {
  it('breaks at spaces, loses nothing and keeps to its width', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-zA-Z0-9.,]{1,12}$/), { minLength: 1 }), (words) => {
        const lines = wrapped(words.join(' '), 10, 120);
        expect(lines.join(' ')).toBe(words.join(' '));
        for (const each of lines)
          if (each.includes(' ')) expect(textWidth(each, 10)).toBeLessThanOrEqual(120);
      }),
    );
  });

  it('prints three significant digits', () => {
    expect([0.01234, 1.234, 123.4, 0, -2.5, 0.00012, 123456, NaN].map((value) => numberText(value))).toEqual([
      '0.0123',
      '1.23',
      '123',
      '0',
      '−2.50',
      '1.20e−4',
      '1.23e5',
      'NaN',
    ]);
  });
});

describe('a figure of arms', () => {
  const report = reportOf({
    small: { size: [1, 1.1, 1.2] },
    'a rather longer name of an arm that has to be broken into lines': { size: [2, 2.1, 2.5] },
    'odd <one> & "another"': { size: [4, 4, 4] },
  });

  it('is whole, escapes what it prints and carries its numbers', () => {
    const svg = figureOf(report, arms, null);
    expectWhole(svg);
    expect(svg).toContain('odd &lt;one&gt; &amp; &quot;another&quot;');
    const metadata = /<metadata>(.*)<\/metadata>/.exec(svg)![1]!;
    expect(JSON.parse(plain(metadata))).toEqual(report);
    const printed = labelsOf(svg).map(({ content }) => content);
    expect(printed.join(' ')).toContain('Holds at toy scale, 3 seeds. arithmetic.');
    expect(printed.join(' ')).toContain(report.rule);
    // The part that can be shown alone has the axis and how it is read, and neither claim nor rule.
    const [top, bottom] = / data-plot="([\d.]+) ([\d.]+)"/.exec(svg)!.slice(1).map(Number);
    const alone = labelsOf(svg).filter(({ y0, y1 }) => y0 >= top! && y1 <= bottom!);
    const words = alone.map(({ content }) => content);
    expect(words).toEqual(expect.arrayContaining(['Size', 'small']));
    expect(words.join(' ')).toContain('Dots are seeds');
    expect(words.join(' ')).not.toMatch(/Holds/);
    // Letters reach below their line by a quarter of their size, and none is cut.
    for (const { y0, y1 } of labelsOf(svg)) {
      const low = y1 + 0.32 * (y1 - y0);
      expect(low < top! || (y0 > top! && low < bottom!) || y0 > bottom!).toBe(true);
    }
    expect(printed).toContain('1.10 ± 0.12');
  });

  it.each([false, true])('has every mean and seed at its place on the axis, logarithmic %s', (log) => {
    const svg = figureOf(report, { ...arms, log }, null);
    const means = tags(svg, /<line class="mean" [^>]*>/g).map((tag) => attribute(tag, 'x1'));
    const dots = tags(svg, /<circle [^>]*>/g).map((tag) => attribute(tag, 'cx'));
    expect(means).toHaveLength(3);
    expect(dots).toHaveLength(9);
    // A line through two of the seeds predicts all other marks, as does one through their logarithms.
    const through = (value: number): number => (log ? Math.log(value) : value);
    const slope = (dots[8]! - dots[0]!) / (through(4) - through(1));
    const expected = (value: number): number => dots[0]! + slope * (through(value) - through(1));
    const measured = Object.values(report.measured).map(({ size }) => size!);
    for (const [i, { mean: centre, values }] of measured.entries()) {
      // Places are rounded to tenths.
      expect(Math.abs(means[i]! - expected(centre))).toBeLessThan(0.3);
      for (const [k, value] of values.entries()) {
        expect(Math.abs(dots[3 * i + k]! - expected(value))).toBeLessThan(0.3);
      }
    }
  });

  it('stands with whatever was measured', () => {
    const value = fc.oneof(fc.double({ min: -1e7, max: 1e7, noNaN: true }), fc.constant(NaN), fc.constant(0));
    const values = fc.array(value, { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 8 }), fc.boolean(), (all, log) => {
        const sizes = Object.fromEntries(all.map((size, i) => [`arm ${i}`, { size }]));
        const svg = figureOf(reportOf(sizes), { ...arms, log }, null);
        expect(svg.replace(/>[^<]*</g, '')).not.toMatch(/NaN|Infinity/);
        expect(overlaps(labelsOf(svg))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a figure of curves', () => {
  const budgets = [1, 2, 4, 8];
  const report = reportOf({
    student: {
      nfe1: [0.11, 0.1, 0.12],
      nfe2: [0.08, 0.07, 0.06],
      nfe4: [0.03, 0.02, 0.03],
      nfe8: [0.02, 0.01, 0.02],
    },
    teacher: { nfe1: [1.1, 1.2, 1.0], nfe2: [0.6, 0.5, 0.7], nfe4: [0.3, 0.3, 0.3], nfe8: [0.1, NaN, 0.1] },
  });
  const figure: CurvesFigure = {
    kind: 'curves',
    title: 'Quality against NFE',
    x: { label: 'Network evaluations a sample', log: true },
    y: { label: 'Distance to the teacher’s own samples', log: true },
    curves: (results) =>
      ['student', 'teacher'].map((arm) => curve(results, arm, budgets, (nfe) => `nfe${nfe}`)),
  };
  const svg = figureOf(report, figure, null);
  const points = tags(svg, /<(?:circle|path) [^>]*class="point"[^>]*>/g);

  it('is whole, and names its curves and axes', () => {
    expectWhole(svg);
    for (const text of [
      'student',
      'teacher',
      'Network evaluations a sample (log scale)',
      '1',
      '2',
      '4',
      '8',
    ]) {
      expect(svg).toContain(`>${text}<`);
    }
    expect(svg).toContain('Distance to the teacher’s own samples (log scale)');
  });

  it('has every mean at its place, and leaves out what was not measured', () => {
    // A mark for each name, four points of the student and three of the teacher.
    expect(points).toHaveLength(2 + 4 + 3);
    const student = points.filter((tag) => tag.startsWith('<circle')).slice(1);
    const [xs, ys] = ['cx', 'cy'].map((name) => student.map((tag) => attribute(tag, name)));
    // Twice the evaluations, the same step to the right; places are rounded to tenths.
    expect(xs![1]! - xs![0]!).toBeCloseTo(xs![2]! - xs![1]!, 0);
    const means = budgets.map((nfe) => Math.log(report.measured['student']![`nfe${nfe}`]!.mean));
    const slope = (ys![3]! - ys![0]!) / (means[3]! - means[0]!);
    expect(slope).toBeLessThan(0);
    for (const [i, each] of means.entries()) {
      expect(Math.abs(ys![i]! - (ys![0]! + slope * (each - means[0]!)))).toBeLessThan(0.3);
    }
  });
});

describe('a figure of paths', () => {
  const figure: Figure = {
    kind: 'paths',
    title: 'Side by side',
    picture: () => Promise.reject(new Error('drawn')),
  };
  const report = reportOf({ small: { size: [1, 2, 3] } });
  const placesOf = (path: string): [number, number][] =>
    [...path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

  it('draws distances as they are, up as up, and ends a path where it is lost', () => {
    const picture: Picture = {
      sets: [
        { name: 'exact flow', paths: Float32Array.of(0, 0, 3, 0, 0, 0, 0, 3), steps: 2 },
        { name: 'policy', paths: Float32Array.of(0, 0, 1, 1, NaN, 2, 1, 1), steps: 4 },
        { name: 'data', paths: Float32Array.of(2, 2), steps: 1 },
      ],
    };
    const svg = figureOf(report, figure, picture);
    expectWhole(svg);
    const paths = tags(svg, /<path d="M[^"]*L[^"]*"/g).map(placesOf);
    const [[o, right, , up], [, diagonal, ...rest]] = paths as [[number, number][], [number, number][]];
    expect(right![0] - o![0]).toBeCloseTo(o![1] - up![1], 0);
    expect(up![0]).toBe(o![0]);
    expect(diagonal![0] - o![0]).toBeCloseTo((right![0] - o![0]) / 3, 0);
    expect(rest).toEqual([]);
    expect(tags(svg, /class="dots"/g).length).toBeGreaterThanOrEqual(3);
  });

  it('keeps no places that nobody could see, and the end of every path', () => {
    const steps = 2001;
    const paths = Float32Array.from({ length: 2 * steps }, (_, i) => Math.floor(i / 2) / (steps - 1));
    const svg = figureOf(report, figure, { sets: [{ name: 'straight', paths, steps }] });
    const places = placesOf(tags(svg, /<path d="M[^"]*L[^"]*"/g)[0]!);
    expect(places.length).toBeLessThan(steps / 2);
    // From corner to corner of the part of the plot that is used.
    const [from, to] = [places[0]!, places.at(-1)!];
    expect(to[0] - from[0]).toBeCloseTo(0.94 * 440, 0);
    expect(from[1] - to[1]).toBeCloseTo(0.94 * 440, 0);
  });

  it('lets one path in a thousand go astray, and hides no other for it', () => {
    const paths = Float32Array.from({ length: 4000 }, (_, i) => (i === 0 ? 1e6 : Math.sin(i)));
    const svg = figureOf(report, figure, { sets: [{ name: 'samples', paths, steps: 1 }] });
    const places = placesOf(/<g clip-path[^>]*>(<path[^>]*>)/.exec(svg)![1]!);
    const xs = places.slice(1).map(([x]) => x);
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(400);
  });

  it('stands without anything to draw', () => {
    expectWhole(figureOf(report, figure, { sets: [] }));
  });
});
