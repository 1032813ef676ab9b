import { pngFromSvg } from '../../export/raster.ts';
import { figureSvg } from '../../plot/figure-svg.ts';
import { ChartPainter } from '../../plot/picture.ts';
import type { Range, ScaleKind } from '../../plot/scales.ts';
import type { Exportable, ExportArray } from '../../state/panes.svelte.ts';
import type { Paint } from '../../theme/paint.ts';
import { axisOf } from './charts.ts';
import type { ChartOfMetric } from './charts.ts';
import type { VerticalAxis } from './settings.svelte.ts';

interface Figure {
  name: string;
  about: Exportable['about'];
  /** Charts as they are shown now. */
  charts: readonly ChartOfMetric[];
  xTitle: string;
  /** What one place of the axis is called: `step`. */
  xName: string;
  x: ScaleKind;
  y: VerticalAxis;
  smoothing: number;
  window: Range | null;
  note: string | null;
  paint: Paint;
}

/** Charts as a figure, and their numbers. */
export function exportableCharts(figure: Figure): Exportable {
  const { name, about, charts, paint, note } = figure;
  function svg(): string {
    const drawn = charts.map((chart) => {
      const painter = new ChartPainter();
      const axis = axisOf(chart, figure.y);
      return {
        hint: chart.hint,
        picture: (size: { width: number; height: number }) =>
          painter.picture(chart.lines, {
            title: chart.title,
            xTitle: figure.xTitle,
            x: figure.x,
            y: axis === 'auto' ? painter.fittingKind(chart.lines) : axis,
            smoothing: chart.isSmoothed ? figure.smoothing : 0,
            window: figure.window,
            ...size,
          }),
      };
    });
    return figureSvg(drawn, paint, { note });
  }
  return {
    name,
    about,
    runs: () => charts.flatMap(({ lines }) => lines.map(({ key }) => key)),
    svg,
    png: () => pngFromSvg(svg()),
    arrays: () => tableOf(charts, figure.xName),
  };
}

/**
 * The numbers of charts on the union of their places: one column of places, and one of values for
 * every run of every chart, NaN where it has none.
 */
export function tableOf(charts: readonly ChartOfMetric[], xName: string): ExportArray[] {
  const lines = charts.flatMap((chart) => chart.lines.map((line) => ({ chart, line })));
  const places = new Set(lines.flatMap(({ line }) => [...line.source.steps]));
  const x = Float64Array.from(places).sort();
  const rows = new Map(Array.from(x, (place, row) => [place, row]));
  const column = (steps: Float64Array, values: Float64Array): Float64Array => {
    const filled = new Float64Array(x.length).fill(NaN);
    steps.forEach((step, i) => (filled[rows.get(step) ?? -1] = values[i] ?? NaN));
    return filled;
  };
  const shape = [x.length];
  const labels = new Map(lines.map(({ line }) => [line.key, line.label]));
  const isShared = (label: string): boolean =>
    [...labels.values()].filter((each) => each === label).length > 1;
  return [
    { name: xName, shape, values: x },
    ...lines.flatMap(({ chart, line }): ExportArray[] => {
      const run = isShared(line.label) ? `${line.label} ${line.key}` : line.label;
      const name = labels.size > 1 ? `${chart.name} ${run}` : chart.name;
      const { steps, values } = line.source;
      const mean = { name, shape, values: column(steps, values) };
      if (line.spread === undefined) return [mean];
      return [mean, { name: `${name} deviation`, shape, values: column(steps, line.spread) }];
    }),
  ];
}
