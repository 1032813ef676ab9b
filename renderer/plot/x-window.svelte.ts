import { shareOf, valueAt } from './scales.ts';
import type { Range, ScaleKind } from './scales.ts';

/** Parts of an axis that zooming never goes below. */
const narrowest = 1e-6;

/** What the charts of one view share along x: the cursor, and the part that is looked at. */
export class XWindow {
  /** Part of the axis that is looked at; null for all, which then follows new records. */
  range = $state.raw<Range | null>(null);
  #hovered = $state<number | null>(null);
  #held = $state<number | null>(null);
  /** Where values are read. */
  readonly cursor = $derived(this.#held ?? this.#hovered);
  readonly isHeld = $derived(this.#held !== null);

  hover(x: number | null): void {
    this.#hovered = x;
  }

  /** Keeps the cursor where it is put, until it is let go. */
  hold(x: number): void {
    this.#held = x;
  }

  letGo(): void {
    this.#held = null;
  }

  /** Looks at a part of what is shown, given by its ends in any order. */
  zoomTo(a: number, b: number): void {
    const [low, high] = a < b ? [a, b] : [b, a];
    if (high - low > Math.abs(high) * narrowest) this.range = { low, high };
  }

  /**
   * Makes the part that is looked at wider or narrower around a place that stays where it is.
   *
   * @param factor  of the width; below 1 zooms in
   * @param whole   what there is: zooming out ends there
   */
  zoomBy(factor: number, around: number, whole: Range, kind: ScaleKind): void {
    const shown = this.range ?? whole;
    const share = Math.min(1, Math.max(0, shareOf(around, shown, kind)));
    const low = Math.max(whole.low, valueAt(share - share * factor, shown, kind));
    const high = Math.min(whole.high, valueAt(share + (1 - share) * factor, shown, kind));
    if (low <= whole.low && high >= whole.high) this.reset();
    else this.zoomTo(low, high);
  }

  /** Moves the part that is looked at so that it holds `x`. */
  reveal(x: number): void {
    if (this.range === null) return;
    const { low, high } = this.range;
    const by = x < low ? x - low : x > high ? x - high : 0;
    if (by !== 0) this.range = { low: low + by, high: high + by };
  }

  reset(): void {
    this.range = null;
  }
}
