import { joined } from './join.ts';
import type { JoinedCurves } from './join.ts';
import { smoothed } from './smoothing.ts';

/** One run's series in a chart. */
export interface ChartLine {
  /** Stable over time. */
  key: string;
  label: string;
  /** A CSS colour. */
  colour: string;
  steps: Float64Array;
  values: Float64Array;
}

/** One curve as uPlot has it. A smoothed line lies over its raw one, which stays visible. */
interface ChartSeries {
  label: string;
  colour: string;
  isRaw: boolean;
}

export interface ChartContent {
  series: ChartSeries[];
  data: JoinedCurves;
}

/** Series and data of a chart; on a logarithmic axis what has no logarithm is a gap. */
export function chartContent(lines: readonly ChartLine[], smoothing: number, isLog: boolean): ChartContent {
  const series: ChartSeries[] = [];
  const curves = lines.flatMap((line) => {
    const values = isLog ? line.values.map((value) => (value > 0 ? value : NaN)) : line.values;
    const raw = { x: line.steps, y: values };
    if (smoothing === 0) {
      series.push({ label: line.label, colour: line.colour, isRaw: false });
      return [raw];
    }
    series.push({ label: `${line.label} (raw)`, colour: line.colour, isRaw: true });
    series.push({ label: line.label, colour: line.colour, isRaw: false });
    return [raw, { x: line.steps, y: smoothed(values, smoothing) }];
  });
  return { series, data: joined(curves) };
}
