import type { Catalog } from '#contract/catalog.ts';
import { SeriesBuffer } from '../../plot/series-buffer.ts';
import type { Measurement } from '../../state/quality.svelte.ts';
import { emptyChart, inOrder } from './charts.ts';
import type { ChartOfMetric, ShownRun } from './charts.ts';

/** One chart per metric: means over seeds against network evaluations, with their standard deviations. */
export function qualityChartsOf(
  runs: readonly { run: ShownRun; measured: Measurement | null }[],
  metrics: Catalog['metrics'],
): ChartOfMetric[] {
  const charts = new Map<string, ChartOfMetric>();
  for (const { run, measured } of runs) {
    const names = new Set(measured?.results.flatMap((each) => Object.keys(each.metrics)) ?? []);
    for (const name of names) {
      const chart = charts.get(name) ?? { ...emptyChart(name, metrics), isSmoothed: false };
      const { source, spread } = overSeeds(measured?.results ?? [], name);
      chart.lines.push({ key: run.id, label: run.name, colour: run.colour, dash: run.dash, source, spread });
      charts.set(name, chart);
    }
  }
  return inOrder([...charts.values()], metrics);
}

/**
 * Mean and sample standard deviation of one metric at every number of evaluations; for one seed the error
 * that its measurement came with, or 0.
 */
export function overSeeds(
  results: Measurement['results'],
  name: string,
): { source: SeriesBuffer; spread: Float64Array } {
  const byNfe = new Map<number, number[]>();
  const alone = new Map<number, number>();
  for (const { nfe, metrics, errors } of results) {
    const value = metrics[name];
    if (value !== undefined) byNfe.set(nfe, [...(byNfe.get(nfe) ?? []), value]);
    alone.set(nfe, errors?.[name] ?? 0);
  }
  const points = [...byNfe].sort(([a], [b]) => a - b);
  const means = points.map(([, values]) => mean(values));
  const source = new SeriesBuffer();
  source.append(
    Float64Array.from(points, ([nfe]) => nfe),
    Float64Array.from(means),
  );
  const spread = Float64Array.from(points, ([nfe, values], index) => {
    if (values.length < 2) return alone.get(nfe) ?? 0;
    const squares = values.reduce((sum, value) => sum + (value - (means[index] ?? NaN)) ** 2, 0);
    return Math.sqrt(squares / (values.length - 1));
  });
  return { source, spread };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
