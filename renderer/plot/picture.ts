import type { Curve, Samples } from './curve.ts';
import { CurveCache } from './curve-cache.ts';
import { isOnScale, padded, ticksOf } from './scales.ts';
import type { Range, ScaleKind } from './scales.ts';
import type { SeriesBuffer } from './series-buffer.ts';

/** One run's series in a chart. */
export interface ChartLine {
  /** Stable over time. */
  key: string;
  label: string;
  /** A colour token. */
  colour: string;
  /** 0 is a whole line, others are dash patterns; for lines that share a colour. */
  dash: number;
  source: SeriesBuffer;
  /** Standard deviation of each value, drawn as a bar; of values that were measured several times. */
  spread?: Float64Array;
  /** What the bars are, where they are not a standard deviation: `2 standard errors`. */
  spreadName?: string;
}

export interface ChartAxis {
  kind: ScaleKind;
  range: Range;
  ticks: readonly number[];
}

interface Bar {
  x: number;
  low: number;
  high: number;
}

/** A line as it is drawn. A smoothed one lies over its raw one, which stays visible. */
export interface PictureLine extends Samples {
  key: string;
  label: string;
  colour: string;
  dash: number;
  isRaw: boolean;
  /** Values were measured one by one and are marked as such. */
  hasMarks: boolean;
  bars: readonly Bar[];
}

/** Everything that is drawn of a chart, for the screen as for a file. */
export interface ChartPicture {
  title: string;
  xTitle: string;
  x: ChartAxis;
  y: ChartAxis;
  lines: readonly PictureLine[];
  /** Where a value was recorded that is no number. */
  broken: readonly { key: string; colour: string; x: number }[];
  /** Numbers in view that have no place on a logarithmic axis. */
  hidden: number;
  /** Whether anything is drawn. */
  isEmpty: boolean;
}

export interface PictureOptions {
  title: string;
  xTitle: string;
  x: ScaleKind;
  y: ScaleKind;
  /** Weight of the moving average, 0 for none. */
  smoothing: number;
  /** Part of the horizontal axis that is looked at; null for all. */
  window: Range | null;
  /** Size of the plotting area in pixels. */
  width: number;
  height: number;
}

/** Values whose largest is more than so many times their smallest are read better on a log axis. */
const logFactor = 20;

const pxPerTick = { x: 80, y: 28 };
const padding = { x: 0, marks: 0.06, y: 0.05 };

/** Pictures of one chart, with what they remember from one to the next. */
export class ChartPainter {
  readonly #curves = new CurveCache();

  picture(lines: readonly ChartLine[], options: PictureOptions): ChartPicture {
    const hasMarks = lines.some((line) => line.spread !== undefined);
    const x = padded(
      options.window ?? extentOf(lines, options.x),
      options.x,
      options.window === null && hasMarks ? padding.marks : padding.x,
    );
    const drawn = lines.map((line) => this.#drawn(line, x, options));
    const flat = drawn.flatMap((each) => each.lines);
    const y = padded(heightOf(flat, options.y), options.y, padding.y);
    return {
      title: options.title,
      xTitle: options.xTitle,
      x: axis(options.x, x, options.width / pxPerTick.x),
      y: axis(options.y, y, options.height / pxPerTick.y),
      lines: flat,
      broken: drawn.flatMap((each) => each.broken),
      hidden: drawn.reduce((sum, each) => sum + each.hidden, 0),
      isEmpty: flat.every((line) => line.y.every(Number.isNaN)),
    };
  }

  /** The axis that suits the values: logarithmic if all are positive and of different magnitudes. */
  fittingKind(lines: readonly ChartLine[]): 'linear' | 'log10' {
    let low = Infinity;
    let high = -Infinity;
    for (const { source } of lines) {
      const curve = this.#curves.get(source, 'linear', 0);
      const found = curve.extremes({ low: -Infinity, high: Infinity });
      low = Math.min(low, curve.values[found.low] ?? low);
      high = Math.max(high, curve.values[found.high] ?? high);
    }
    return low > 0 && high / low > logFactor ? 'log10' : 'linear';
  }

  /** The curve that a person reads values from: the raw one, or the smoothed one. */
  curve(line: ChartLine, kind: ScaleKind, smoothing: number): Curve {
    return this.#curves.get(line.source, kind, smoothing);
  }

  #drawn(line: ChartLine, range: Range, options: PictureOptions) {
    const { key, label, colour, dash } = line;
    const raw = this.#curves.get(line.source, options.y, 0);
    const outline = { key, colour, dash, hasMarks: line.spread !== undefined };
    const lines: PictureLine[] = [
      {
        ...outline,
        ...raw.sample(range, options.x, options.width),
        label,
        isRaw: options.smoothing > 0,
        bars: barsOf(line, options.y),
      },
    ];
    if (options.smoothing > 0) {
      const smooth = this.#curves.get(line.source, options.y, options.smoothing);
      lines.push({
        ...outline,
        ...smooth.sample(range, options.x, options.width),
        label,
        isRaw: false,
        bars: [],
      });
    }
    const { hidden } = raw.extremes(range);
    return { lines, hidden, broken: brokenIn(raw, range).map((x) => ({ key, colour, x })) };
  }
}

function axis(kind: ScaleKind, range: Range, most: number): ChartAxis {
  return { kind, range, ticks: ticksOf(range, kind, Math.max(2, Math.floor(most))) };
}

/** From the first to the last record of any line that has a place on the axis; null without records. */
export function extentOf(lines: readonly ChartLine[], kind: ScaleKind): Range | null {
  let low = Infinity;
  let high = -Infinity;
  for (const { source } of lines) {
    const { steps } = source;
    const first = steps.find((step) => isOnScale(step, kind));
    if (first === undefined) continue;
    low = Math.min(low, first);
    high = Math.max(high, steps[steps.length - 1] ?? first);
  }
  return low <= high ? { low, high } : null;
}

function heightOf(lines: readonly PictureLine[], kind: ScaleKind): Range | null {
  let low = Infinity;
  let high = -Infinity;
  const include = (value: number): void => {
    if (!isOnScale(value, kind)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const { y, bars } of lines) {
    y.forEach(include);
    for (const bar of bars) [bar.low, bar.high].forEach(include);
  }
  return low <= high ? { low, high } : null;
}

/** One standard deviation to both sides; on a logarithmic axis a bar that would reach 0 has no lower half. */
function barsOf({ source, spread }: ChartLine, kind: ScaleKind): Bar[] {
  if (spread === undefined) return [];
  return Array.from(source.steps, (x, index) => {
    const value = source.values[index] ?? NaN;
    const deviation = spread[index] ?? 0;
    const low = value - deviation;
    return { x, low: isOnScale(low, kind) ? low : value, high: value + deviation };
  }).filter(({ low, high }) => low < high && isOnScale(low, kind));
}

/** Steps of records that are no numbers, at most one in each of 64 parts of a range. */
function brokenIn(curve: Curve, { low, high }: Range): number[] {
  const whole = curve.extremes({ low, high });
  if (whole.broken < 0) return [];
  const parts = 64;
  const found = new Set<number>();
  for (let part = 0; part < parts; part += 1) {
    const { broken } = curve.extremes({
      low: low + (part / parts) * (high - low),
      high: low + ((part + 1) / parts) * (high - low),
    });
    const step = curve.steps[broken];
    if (step !== undefined) found.add(step);
  }
  return [...found];
}
