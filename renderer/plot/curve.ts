import { MinMaxTree } from './min-max-tree.ts';
import type { Extremes } from './min-max-tree.ts';
import { isOnScale, valueAt } from './scales.ts';
import type { Range, ScaleKind } from './scales.ts';
import { firstAtOrAfter } from './series-buffer.ts';
import type { SeriesBuffer } from './series-buffer.ts';
import { SmoothedValues } from './smoothing.ts';

/** A stretch of a curve that is fine enough to draw; y is NaN where the line has a gap. */
export interface Samples {
  x: Float64Array;
  y: Float64Array;
}

/** Values of one column of pixels that can change the picture: first, lowest, highest, a gap, last. */
const mostPerColumn = 5;

/**
 * One line of a chart: the values of a growing series, or their moving average, on one kind of axis.
 * What it keeps beside them makes every question cheap however long the series is.
 */
export class Curve {
  readonly #source: SeriesBuffer;
  readonly #kind: ScaleKind;
  readonly #tree: MinMaxTree;
  readonly #smoothed: SmoothedValues | null;
  #steps = new Float64Array() as Float64Array;
  #values = new Float64Array() as Float64Array;
  #rewrites: number;

  /**
   * @param kind    of the vertical axis
   * @param weight  of the moving average; 0 for the values themselves
   */
  constructor(source: SeriesBuffer, kind: ScaleKind, weight: number) {
    this.#source = source;
    this.#kind = kind;
    this.#tree = new MinMaxTree((value) => isOnScale(value, kind));
    this.#smoothed = weight === 0 ? null : new SmoothedValues(weight);
    this.#rewrites = source.rewrites;
  }

  /** Follows the growth of the series; to be called before the curve is asked. */
  update(): void {
    if (this.#rewrites !== this.#source.rewrites) {
      this.#rewrites = this.#source.rewrites;
      this.#tree.clear();
      this.#smoothed?.clear();
    }
    const { steps, values } = this.#source;
    this.#steps = steps;
    this.#values = this.#smoothed?.extend(values) ?? values;
    this.#tree.extend(this.#values);
  }

  get steps(): Float64Array {
    return this.#steps;
  }

  get values(): Float64Array {
    return this.#values;
  }

  /** What stands out among the records with steps in a range. */
  extremes(range: Range): Extremes {
    const [from, to] = this.#positionsIn(range);
    return this.#tree.extremes(this.#values, from, to);
  }

  /**
   * What has to be drawn of a range that is `columns` pixels wide: everything if that is little, else
   * of every column the first, the lowest, the highest and the last value, and a gap if there is one.
   * One record more on each side leads the line out of the range.
   *
   * @param kind  of the horizontal axis
   */
  sample(range: Range, kind: ScaleKind, columns: number): Samples {
    const [start, end] = this.#positionsIn(range);
    const picked: number[] = [];
    if (start > 0) picked.push(start - 1);
    if (end - start <= columns * mostPerColumn) {
      for (let i = start; i < end; i += 1) picked.push(i);
    } else {
      let from = start;
      for (let column = 1; column <= columns && from < end; column += 1) {
        const edge = column === columns ? Infinity : valueAt(column / columns, range, kind);
        const to = Math.min(end, firstAtOrAfter(this.steps, edge));
        if (to > from) picked.push(...this.#standingOut(from, to));
        from = to;
      }
    }
    if (end < this.steps.length) picked.push(end);
    return this.#samplesAt(kind === 'linear' ? picked : picked.filter((i) => (this.steps[i] ?? 0) > 0));
  }

  /** Position of the record next to a step; null outside the series. */
  nearest(step: number): number | null {
    const { steps } = this;
    const after = firstAtOrAfter(steps, step);
    if (after === steps.length) return null;
    const [before, here] = [steps[after - 1] ?? -Infinity, steps[after] ?? Infinity];
    if (here === step) return after;
    if (after === 0) return null;
    return step - before < here - step ? after - 1 : after;
  }

  #standingOut(from: number, to: number): number[] {
    const { low, high, gap } = this.#tree.extremes(this.#values, from, to);
    const picked = new Set([from, low, high, gap, to - 1]);
    picked.delete(-1);
    return [...picked].sort((a, b) => a - b);
  }

  #samplesAt(positions: readonly number[]): Samples {
    const x = new Float64Array(positions.length);
    const y = new Float64Array(positions.length);
    positions.forEach((position, i) => {
      const value = this.#values[position] ?? NaN;
      x[i] = this.steps[position] ?? NaN;
      y[i] = isOnScale(value, this.#kind) ? value : NaN;
    });
    return { x, y };
  }

  #positionsIn({ low, high }: Range): [number, number] {
    const from = firstAtOrAfter(this.steps, low);
    const after = firstAtOrAfter(this.steps, high);
    return [from, this.steps[after] === high ? after + 1 : after];
  }
}
