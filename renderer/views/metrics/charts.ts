import type { Catalog } from '#contract/catalog.ts';
import type { ChartLine } from '../../plot/picture.ts';
import type { SeriesBuffer } from '../../plot/series-buffer.ts';
import { titleFromName } from '../../ui/format.ts';
import type { VerticalAxis } from './settings.svelte.ts';

/** Scalars that follow a plan: an average would only lag behind. */
const schedules: ReadonlySet<string> = new Set(['learningRate']);

/** A run in the charts, drawn or not. */
export interface ShownRun {
  id: string;
  name: string;
  /** A colour token. */
  colour: string;
  /** Tells lines of one colour apart; 0 for the first. */
  dash: number;
}

/** One chart of the view. */
export interface ChartOfMetric {
  name: string;
  title: string;
  /** Which way is better. */
  hint: string | undefined;
  /** Noisy and recorded at every step, so that it is smoothed; measured quality is not. */
  isSmoothed: boolean;
  /** Values may be of any magnitude; where higher is better they are shares, and differences count. */
  isLogFit: boolean;
  lines: ChartLine[];
}

/** The scalars of one run. */
interface RunSeries {
  /** Read so that whoever asks is told of another scalar. */
  readonly names: readonly string[];
  readonly series: ReadonlyMap<string, SeriesBuffer>;
}

/** Runs as lines: those that share a colour have different dashes. */
export function withDashes(runs: readonly Omit<ShownRun, 'dash'>[]): ShownRun[] {
  return runs.map((run, index) => ({
    ...run,
    dash: runs.slice(0, index).filter((earlier) => earlier.colour === run.colour).length,
  }));
}

/** One chart for every scalar of any shown run: the loss first, then quality, then the rest. */
export function chartsOf(
  runs: readonly { run: ShownRun; metrics: RunSeries | null }[],
  metrics: Catalog['metrics'],
): ChartOfMetric[] {
  const charts = new Map<string, ChartOfMetric>();
  for (const { run, metrics: recorded } of runs) {
    for (const name of recorded?.names ?? []) {
      const source = recorded?.series.get(name);
      if (source === undefined) continue;
      const chart = charts.get(name) ?? emptyChart(name, metrics);
      chart.lines.push({ key: run.id, label: run.name, colour: run.colour, dash: run.dash, source });
      charts.set(name, chart);
    }
  }
  return inOrder([...charts.values()], metrics);
}

/** The vertical axis of a chart, as far as it does not depend on the values. */
export function axisOf(chart: ChartOfMetric, chosen: VerticalAxis): VerticalAxis {
  return chosen === 'auto' && !chart.isLogFit ? 'linear' : chosen;
}

/** A chart without lines yet. */
export function emptyChart(name: string, metrics: Catalog['metrics']): ChartOfMetric {
  const known = metrics.find((each) => each.id === name);
  return {
    name,
    title: known?.title ?? titleFromName(name),
    hint: known === undefined ? undefined : `${known.betterWhen} is better`,
    isSmoothed: known === undefined && !schedules.has(name),
    isLogFit: known?.betterWhen !== 'higher',
    lines: [],
  };
}

/** The loss first, then quality in the order of the catalog, then the rest by name. */
export function inOrder(charts: readonly ChartOfMetric[], metrics: Catalog['metrics']): ChartOfMetric[] {
  const rank = ({ name }: ChartOfMetric): number => {
    if (name === 'loss') return -1;
    const index = metrics.findIndex((each) => each.id === name);
    return index < 0 ? metrics.length : index;
  };
  return [...charts].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
