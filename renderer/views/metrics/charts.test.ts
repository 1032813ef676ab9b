import { expect, it } from 'vitest';
import { SeriesBuffer } from '../../plot/series-buffer.ts';
import { chartsOf } from './charts.ts';

function metricsWith(...names: string[]) {
  const series = new Map(names.map((name) => [name, new SeriesBuffer()]));
  for (const buffer of series.values()) buffer.append(Float64Array.of(0), Float64Array.of(1));
  return { version: 1, series };
}

it('makes one chart per scalar, the loss first and quality next, with a line for each run', () => {
  const charts = chartsOf(
    [
      { id: 'a', name: 'A', colour: 'red', metrics: metricsWith('gradNorm', 'energyDistance', 'loss') },
      { id: 'b', name: 'B', colour: 'blue', metrics: metricsWith('loss') },
      { id: 'c', name: 'C', colour: 'green', metrics: null },
    ],
    [{ id: 'energyDistance', title: 'Energy distance', betterWhen: 'lower' }],
  );
  expect(charts.map((chart) => [chart.title, chart.lines.map((line) => line.label)])).toEqual([
    ['Loss', ['A', 'B']],
    ['Energy distance, lower is better', ['A']],
    ['Grad norm', ['A']],
  ]);
});
