import type uPlot from 'uplot';
import { formatCount, formatNumber, formatRound } from '../ui/format.ts';
import type { ChartContent } from './chart-lines.ts';

/** Resolved CSS colours of a chart's furniture. */
export interface ChartTheme {
  ink: string;
  grid: string;
}

const font = "11px 'Inter Variable', system-ui, sans-serif";

/** What uPlot needs to draw a chart of this content. */
export function uplotOptions(
  content: ChartContent,
  options: { width: number; height: number; isLog: boolean; theme: ChartTheme },
): uPlot.Options {
  const { width, height, isLog, theme } = options;
  const axis: uPlot.Axis = {
    stroke: theme.ink,
    font,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
    gap: 4,
  };
  return {
    width,
    height,
    // Charts of one view share the step under the pointer.
    cursor: { sync: { key: 'fewstep-metrics' }, points: { size: 6 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: isLog ? { distr: 3, log: 10 } : {} },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => formatCount(tick)), size: 24 },
      {
        ...axis,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : formatRound(tick))),
        size: 56,
      },
    ],
    series: [
      { label: 'Step', value: (_, value) => (value === null ? '' : formatCount(value)) },
      ...content.series.map((each): uPlot.Series => ({
        label: each.label,
        stroke: each.colour,
        width: each.isRaw ? 1 : 1.5,
        alpha: each.isRaw ? 0.35 : 1,
        spanGaps: true,
        points: { size: 5, fill: each.colour },
        value: (chart, value, seriesIndex, index) => valueText(content, chart, value, seriesIndex, index),
      })),
    ],
    hooks: { init: [(chart) => hideRawRows(content, chart)] },
  };
}

/** The value under the pointer; a smoothed one with the raw one that it lies over. */
function valueText(
  content: ChartContent,
  chart: uPlot,
  value: number | null,
  seriesIndex: number,
  index: number | null,
): string {
  if (value === null) return '';
  const isSmoothed = content.series[seriesIndex - 2]?.isRaw ?? false;
  const raw = isSmoothed && index !== null ? chart.data[seriesIndex - 1]?.[index] : null;
  const text = formatNumber(value, 4);
  return raw === null || raw === undefined ? text : `${text} (raw ${formatNumber(raw, 4)})`;
}

/** A raw line needs no row of its own: its value stands with the smoothed one. */
function hideRawRows(content: ChartContent, chart: uPlot): void {
  const rows = chart.root.querySelectorAll<HTMLElement>('.u-legend .u-series');
  content.series.forEach((each, index) => {
    const row = rows[index + 1];
    if (each.isRaw && row !== undefined) row.hidden = true;
  });
}
