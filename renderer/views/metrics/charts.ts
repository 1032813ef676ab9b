import type { Catalog } from '#contract/catalog.ts';
import type { ChartLine } from '../../plot/chart-lines.ts';
import type { SeriesBuffer } from '../../plot/series-buffer.ts';
import { titleFromName } from '../../ui/format.ts';

interface ShownRun {
  id: string;
  name: string;
  colour: string;
  /** Reading `version` follows the growth of the series. */
  metrics: { readonly version: number; readonly series: ReadonlyMap<string, SeriesBuffer> } | null;
}

interface ChartOfScalar {
  name: string;
  title: string;
  lines: ChartLine[];
}

/** One chart for every scalar of any shown run: the loss first, then quality, then the rest. */
export function chartsOf(runs: readonly ShownRun[], metrics: Catalog['metrics']): ChartOfScalar[] {
  const charts = new Map<string, ChartOfScalar>();
  for (const run of runs) {
    if (run.metrics === null) continue;
    void run.metrics.version;
    for (const [name, series] of run.metrics.series) {
      const known = metrics.find((each) => each.id === name);
      const chart = charts.get(name) ?? { name, title: titleOf(name, known), lines: [] };
      chart.lines.push({
        key: run.id,
        label: run.name,
        colour: run.colour,
        steps: series.steps,
        values: series.values,
      });
      charts.set(name, chart);
    }
  }
  const rank = (name: string): number => {
    if (name === 'loss') return -1;
    const index = metrics.findIndex((each) => each.id === name);
    return index < 0 ? metrics.length : index;
  };
  return [...charts.values()].sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

function titleOf(name: string, known: Catalog['metrics'][number] | undefined): string {
  if (known === undefined) return titleFromName(name);
  return `${known.title}, ${known.betterWhen} is better`;
}
