import { describe, expect, it } from 'vitest';
import { SeriesBuffer } from '../../plot/series-buffer.ts';
import type { Measurement } from '../../state/quality.svelte.ts';
import { axisOf, chartsOf, withDashes } from './charts.ts';
import { tableOf } from './export-charts.ts';
import { gridFor } from './grid.ts';
import { overSeeds, qualityChartsOf } from './quality-charts.ts';

const catalog = [
  { id: 'energyDistance', title: 'Energy distance', betterWhen: 'lower' },
  { id: 'recall', title: 'Recall', betterWhen: 'higher' },
] as const;

function run(id: string, colour = '--run-blue') {
  return { id, name: id.toUpperCase(), colour, dash: 0 };
}

function metricsWith(...names: string[]) {
  const series = new Map(names.map((name) => [name, new SeriesBuffer()]));
  for (const buffer of series.values()) buffer.append(Float64Array.of(0, 5), Float64Array.of(1, 2));
  return { names, series };
}

describe('chartsOf', () => {
  const charts = chartsOf(
    [
      { run: run('a'), metrics: metricsWith('gradNorm', 'recall', 'energyDistance', 'loss') },
      { run: run('b'), metrics: metricsWith('loss') },
      { run: run('c'), metrics: null },
    ],
    [...catalog],
  );

  it('makes one chart per scalar, the loss first and quality next, with a line for each run', () => {
    expect(charts.map(({ title, hint, lines }) => [title, hint, lines.map(({ label }) => label)])).toEqual([
      ['Loss', undefined, ['A', 'B']],
      ['Energy distance', 'lower is better', ['A']],
      ['Recall', 'higher is better', ['A']],
      ['Grad norm', undefined, ['A']],
    ]);
  });

  it('smooths what is recorded at every step and not what is measured', () => {
    expect(charts.map(({ isSmoothed }) => isSmoothed)).toEqual([true, false, false, true]);
  });

  it('leaves shares on a linear axis unless a person says otherwise', () => {
    expect(charts.map((chart) => axisOf(chart, 'auto'))).toEqual(['auto', 'auto', 'linear', 'auto']);
    expect(charts.map((chart) => axisOf(chart, 'log10'))).toEqual(['log10', 'log10', 'log10', 'log10']);
  });

  it('exports every line on the union of the steps', () => {
    const [loss] = charts;
    loss?.lines[1]?.source.append(Float64Array.of(7), Float64Array.of(3));
    expect(tableOf(charts.slice(0, 1), 'step').map(({ name, values }) => [name, [...values]])).toEqual([
      ['step', [0, 5, 7]],
      ['loss A', [1, 2, NaN]],
      ['loss B', [1, 2, 3]],
    ]);
  });
});

it('tells lines of one colour apart by their dashes', () => {
  const runs = withDashes([run('a'), run('b', '--run-sky'), run('c')]);
  expect(runs.map(({ dash }) => dash)).toEqual([0, 0, 1]);
});

describe('quality against network evaluations', () => {
  const results: Measurement['results'] = [
    { budget: 1, nfe: 1, seed: 0, metrics: { energyDistance: 4, recall: 0.5 } },
    { budget: 4, nfe: 4, seed: 0, metrics: { energyDistance: 1 } },
    { budget: 1, nfe: 1, seed: 1, metrics: { energyDistance: 6 } },
  ];

  it('is the mean over seeds with their standard deviation, and nothing that was not measured', () => {
    const { source, spread } = overSeeds(results, 'energyDistance');
    expect([...source.steps]).toEqual([1, 4]);
    expect([...source.values]).toEqual([5, 1]);
    // Two values, 4 and 6: ((-1)^2 + 1^2) / (2 - 1) = 2.
    expect(spread[0]).toBeCloseTo(Math.SQRT2, 12);
    expect(spread[1]).toBe(0);
  });

  it('has a chart for every metric that was measured of any run', () => {
    const charts = qualityChartsOf(
      [
        { run: run('a'), measured: { step: 10, results } },
        { run: run('b'), measured: null },
      ],
      [...catalog],
    );
    expect(charts.map(({ title, lines }) => [title, lines.map(({ key }) => key)])).toEqual([
      ['Energy distance', ['a']],
      ['Recall', ['a']],
    ]);
    expect(tableOf(charts, 'nfe').map(({ name }) => name)).toEqual([
      'nfe',
      'energyDistance',
      'energyDistance deviation',
      'recall',
      'recall deviation',
    ]);
  });
});

describe('gridFor', () => {
  it('fills the room where all charts fit', () => {
    expect(gridFor(1, { width: 1200, height: 400 })).toEqual({ columns: 1, height: 400 });
    expect(gridFor(4, { width: 1400, height: 800 })).toEqual({ columns: 2, height: 400 });
  });

  it('scrolls charts of a readable size where they do not, in a narrow pane one below the other', () => {
    expect(gridFor(8, { width: 460, height: 700 })).toEqual({ columns: 1, height: 236 });
    expect(gridFor(11, { width: 1280, height: 620 })).toEqual({ columns: 3, height: 236 });
  });
});
