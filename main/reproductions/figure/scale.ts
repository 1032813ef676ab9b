/** Values to pixels along one axis, with round ticks whose labels do not touch. */
import { textWidth, tickText } from './text.ts';

export interface Scale {
  readonly isLog: boolean;
  readonly ticks: readonly number[];
  /** Pixels, within the axis; what lies beyond its end is drawn at its end. */
  at(value: number): number;
}

export interface ScaleOptions {
  /** Only used where every value is positive. */
  readonly log: boolean;
  /** Pixels of the low and of the high end; the low end may be the greater. */
  readonly from: number;
  readonly to: number;
  /** Whether labels stand under one another, as on a vertical axis. */
  readonly isVertical?: boolean;
  readonly labelSize: number;
  /** Where ticks would best be, e.g. at the values that were tried. */
  readonly wanted?: readonly number[];
  /** Begins a linear axis at zero where values are positive and that leaves them at least half of it. */
  readonly fromZero?: boolean;
}

const gap = 8;

/** @param values  what has to fit; those that are not finite are left out */
export function scaleOf(values: readonly number[], options: ScaleOptions): Scale {
  const { from, to } = options;
  const finite = values.filter(Number.isFinite);
  const isLog = options.log && finite.length > 0 && finite.every((value) => value > 0);
  const through = (value: number): number => (isLog ? Math.log10(value) : value);
  const [low, high] = domainOf(finite.map(through), isLog, options.fromZero === true);
  const at = (value: number): number => {
    const mapped = isLog && value <= 0 ? low : through(value);
    const share = Math.min(1, Math.max(0, (mapped - low) / (high - low)));
    return Math.round((from + share * (to - from)) * 10) / 10;
  };
  const isInside = (tick: number): boolean => {
    const place = through(tick);
    // A tick that rounding puts a hair outside belongs to the axis.
    const slack = 1e-9 * (high - low);
    return place >= low - slack && place <= high + slack;
  };
  const offers = (isLog ? logTicks(low, high) : linearTicks(low, high)).map((ticks) =>
    ticks.filter(isInside),
  );
  const wanted = options.wanted?.filter(isInside) ?? [];
  const all = wanted.length > 0 ? [wanted, ...offers] : offers;
  const ticks = all.find((each) => each.length > 1 && !touch(each, at, options)) ?? all.at(-1)!.slice(0, 1);
  return { isLog, ticks, at };
}

/** @param finite  values, or their logarithms to base 10 */
function domainOf(finite: readonly number[], isLog: boolean, fromZero: boolean): [number, number] {
  if (finite.length === 0) return [0, 1];
  let low = Math.min(...finite);
  let high = Math.max(...finite);
  const isAnchored = !isLog && fromZero && low >= 0 && low <= high - low;
  if (isAnchored) low = 0;
  const magnitude = Math.max(Math.abs(low), Math.abs(high));
  // Closer together than its labels could tell, or than numbers this small can be divided.
  if (high - low < Math.max(isLog ? 0.02 : 1e-3 * magnitude, 1e-200)) {
    const room = isLog ? 0.5 : magnitude > 1e-200 ? 0.5 * magnitude : 1;
    [low, high] = [isAnchored ? 0 : low - room, high + room];
  }
  const margin = 0.05 * (high - low);
  return [isAnchored ? 0 : low - margin, high + margin];
}

/** Sets of ticks, the most first. */
function linearTicks(low: number, high: number): number[][] {
  return [6, 4, 3, 2, 1].map((count) => {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? 10 * power;
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      // Multiples of a step of 0.1 would otherwise end in nines.
      return Number(((first + i) * step).toPrecision(12));
    });
  });
}

function logTicks(low: number, high: number): number[][] {
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_, i) => Math.floor(low) + i);
  const of = (factors: readonly number[], every = 1): number[] =>
    powers
      .filter((power) => power % every === 0)
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)));
  const narrow = linearTicks(10 ** low, 10 ** high);
  return [
    ...(high - low < 0.7 ? narrow : []),
    of([1, 2, 5]),
    of([1]),
    of([1], 2),
    of([1], 3),
    of([1], 5),
    ...narrow,
  ];
}

/** Whether two labels of an axis come closer than a gap. */
function touch(ticks: readonly number[], at: Scale['at'], options: ScaleOptions): boolean {
  const half = (tick: number): number =>
    options.isVertical === true ? options.labelSize / 2 : textWidth(tickText(tick), options.labelSize) / 2;
  return ticks.some((tick, i) => {
    const next = ticks[i + 1];
    return next !== undefined && Math.abs(at(next) - at(tick)) < half(tick) + half(next) + gap;
  });
}
