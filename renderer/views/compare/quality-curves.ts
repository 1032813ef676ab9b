import type { Catalog } from '#contract/catalog.ts';
import type { ChartLine } from '../../plot/picture.ts';
import { SeriesBuffer } from '../../plot/series-buffer.ts';
import type { Measurement } from '../../state/quality.svelte.ts';

/** Seeds of noise and data that quality is measured with. */
export const seeds = 3;
export const barName = '2 standard errors';

/** A line of the chart, and of the table. */
export interface MeasuredRun {
  readonly id: string;
  readonly name: string;
  /** Colour token. */
  readonly colour: string;
  readonly measured: Measurement | null;
}

/** One value with its error. */
export interface Estimate {
  /** Network evaluations that it took. */
  readonly nfe: number;
  readonly mean: number;
  /** Two standard errors of the mean; of a single seed those of its measurement, null where it has none. */
  readonly error: number | null;
  readonly seeds: number;
}

/** Mean over seeds and two standard errors, 2 s / sqrt(n), of one metric at every number of evaluations. */
export function estimatesOf(results: Measurement['results'], metric: string): Estimate[] {
  const byNfe = new Map<number, number[]>();
  const alone = new Map<number, number>();
  for (const { nfe, metrics, errors } of results) {
    const value = metrics[metric];
    if (value !== undefined) byNfe.set(nfe, [...(byNfe.get(nfe) ?? []), value]);
    const error = errors?.[metric];
    if (error !== undefined) alone.set(nfe, error);
  }
  return [...byNfe]
    .sort(([a], [b]) => a - b)
    .map(([nfe, values]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const own = alone.get(nfe) ?? null;
      const variance = values.length < 2 ? null : squares / (values.length - 1) / values.length;
      const single = variance === null ? own : Math.sqrt(variance);
      return { nfe, mean, error: single === null ? null : 2 * single, seeds: values.length };
    });
}

/** Lines of one metric against evaluations; runs of one colour have different dashes. */
export function linesOf(runs: readonly MeasuredRun[], metric: string): ChartLine[] {
  return runs.flatMap(({ id, name, colour, measured }, index): ChartLine[] => {
    const estimates = estimatesOf(measured?.results ?? [], metric);
    if (estimates.length === 0) return [];
    const source = new SeriesBuffer();
    source.append(
      Float64Array.from(estimates, ({ nfe }) => nfe),
      Float64Array.from(estimates, ({ mean }) => mean),
    );
    const spread = Float64Array.from(estimates, ({ error }) => error ?? 0);
    const dash = runs.slice(0, index).filter((earlier) => earlier.colour === colour).length;
    return [{ key: id, label: name, colour, dash, source, spread, spreadName: barName }];
  });
}

/** Metrics to choose from: all before anything is measured, then those that some run has. */
export function metricsOf(runs: readonly MeasuredRun[], metrics: Catalog['metrics']): Catalog['metrics'] {
  const found = new Set(
    runs.flatMap(({ measured }) => measured?.results.flatMap((each) => Object.keys(each.metrics)) ?? []),
  );
  return found.size === 0 ? metrics : metrics.filter(({ id }) => found.has(id));
}

/** The metric that is shown until another is chosen: of images the one that papers report. */
export function firstMetric(metrics: Catalog['metrics'], runs: readonly MeasuredRun[]): string | null {
  const isFound = runs.some(
    ({ measured }) => measured?.results.some((each) => 'frechetDistance' in each.metrics) ?? false,
  );
  return isFound ? 'frechetDistance' : (metrics[0]?.id ?? null);
}

/** Evaluations that any run was measured with, ascending: the columns of the table. */
export function measuredNfes(runs: readonly MeasuredRun[], metric: string): number[] {
  const all = runs.flatMap(({ measured }) =>
    estimatesOf(measured?.results ?? [], metric).map(({ nfe }) => nfe),
  );
  return [...new Set(all)].sort((a, b) => a - b);
}
