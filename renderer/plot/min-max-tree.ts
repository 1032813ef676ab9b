/** Values of a lowest block, and blocks of each higher one. */
const fan = 16;

/** Positions of what stands out in a stretch of values; -1 for what is not there. */
export interface Extremes {
  low: number;
  high: number;
  /** First value that has no place on the axis. */
  gap: number;
  /** First value that is no number at all. */
  broken: number;
  /** Numbers that have no place on the axis. */
  hidden: number;
}

/** Blocks of one size, one after another from the start of the series. */
interface Level {
  /** Values of a block. */
  readonly size: number;
  /** Blocks that are known. */
  count: number;
  /** For every block, what {@link Extremes} says, in its order. */
  found: Int32Array;
}

const fields = 5;

/**
 * Finds the smallest and the largest value of any stretch of a growing series in time that grows with
 * the logarithm of its length: it remembers them for every 16, 256, 4096, ... values.
 */
export class MinMaxTree {
  readonly #isShown: (value: number) => boolean;
  readonly #levels: Level[] = [];

  /** @param isShown  whether a value has a place on the axis */
  constructor(isShown: (value: number) => boolean) {
    this.#isShown = isShown;
  }

  /** Takes note of values that were added at the end. */
  extend(values: Float64Array): void {
    for (let size = fan, depth = 0; size <= values.length; size *= fan, depth += 1) {
      const level = this.#level(depth, size);
      const count = Math.floor(values.length / size);
      while (level.count < count) {
        const from = level.count * size;
        write(level, this.extremes(values, from, from + size));
      }
    }
  }

  /** To be called when values that were there have become others. */
  clear(): void {
    for (const level of this.#levels) level.count = 0;
  }

  /** What stands out in `values[from..to)`; `values` are those that the tree was last extended with. */
  extremes(values: Float64Array, from: number, to: number): Extremes {
    const result = { low: -1, high: -1, gap: -1, broken: -1, hidden: 0 };
    let at = from;
    while (at < to) {
      const level = this.#largestAt(at, to);
      if (level === null) {
        const end = Math.min(to, at - (at % fan) + fan);
        this.#scan(values, at, end, result);
        at = end;
      } else {
        merge(values, result, level, at / level.size);
        at += level.size;
      }
    }
    return result;
  }

  /** The largest known block that begins here and ends within. */
  #largestAt(at: number, to: number): Level | null {
    let largest: Level | null = null;
    for (const level of this.#levels) {
      const { size, count } = level;
      if (at % size !== 0 || at + size > to || at / size >= count) break;
      largest = level;
    }
    return largest;
  }

  #level(depth: number, size: number): Level {
    let level = this.#levels[depth];
    if (level === undefined) {
      level = { size, count: 0, found: new Int32Array(64 * fields) };
      this.#levels[depth] = level;
    }
    return level;
  }

  #scan(values: Float64Array, from: number, to: number, result: Extremes): void {
    let low = values[result.low] ?? Infinity;
    let high = values[result.high] ?? -Infinity;
    for (let i = from; i < to; i += 1) {
      const value = values[i] ?? NaN;
      if (this.#isShown(value)) {
        if (value < low || result.low < 0) {
          low = value;
          result.low = i;
        }
        if (value > high || result.high < 0) {
          high = value;
          result.high = i;
        }
      } else {
        if (result.gap < 0) result.gap = i;
        if (Number.isFinite(value)) result.hidden += 1;
        else if (result.broken < 0) result.broken = i;
      }
    }
  }
}

function write(level: Level, { low, high, gap, broken, hidden }: Extremes): void {
  const at = level.count * fields;
  if (at === level.found.length) {
    const larger = new Int32Array(2 * at);
    larger.set(level.found);
    level.found = larger;
  }
  level.found[at] = low;
  level.found[at + 1] = high;
  level.found[at + 2] = gap;
  level.found[at + 3] = broken;
  level.found[at + 4] = hidden;
  level.count += 1;
}

function merge(values: Float64Array, into: Extremes, { found }: Level, block: number): void {
  const at = block * fields;
  const low = found[at] ?? -1;
  const high = found[at + 1] ?? -1;
  if (low >= 0 && (into.low < 0 || (values[low] ?? NaN) < (values[into.low] ?? NaN))) into.low = low;
  if (high >= 0 && (into.high < 0 || (values[high] ?? NaN) > (values[into.high] ?? NaN))) into.high = high;
  if (into.gap < 0) into.gap = found[at + 2] ?? -1;
  if (into.broken < 0) into.broken = found[at + 3] ?? -1;
  into.hidden += found[at + 4] ?? 0;
}
