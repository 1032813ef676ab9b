import { devicePixelRatio } from 'svelte/reactivity/window';
import type { Size } from './camera.ts';
import {
  cornerOf,
  layoutTiles,
  lineTop,
  linesBetween,
  lineOf,
  scalesOf,
  tileAt,
  tilesIn,
} from './tile-layout.ts';
import type { TileLayout, TileLine, TilePlace, TileSection } from './tile-layout.ts';
import type { Box } from './sample-positions.ts';
import { tileByKey } from './tile-keys.ts';

/** What a grid shows; read as it changes. */
export interface TileGridInputs {
  /** Of a tile, texels. */
  tile(): Size;
  /** Samples of one source. */
  count(): number;
  sources(): number;
  sections(): readonly TileSection[];
  /** Room for headings before the tiles, CSS pixels. */
  gutterPx(): number;
  /** Size that a person chose, null for whatever shows all of them. */
  scale(): number | null;
  setScale(scale: number | null): void;
}

/** Where a heading of a line stands, CSS pixels of what is in sight. */
export interface LineInSight extends TileLine {
  readonly line: number;
  readonly topPx: number;
}

/** A grid of tiles in a component: its layout, what part of it is in sight, and the tile of the keyboard. */
export class TileGrid {
  /** Of what is in sight, CSS pixels. */
  size = $state.raw<Size>({ width: 1, height: 1 });
  scrollTop = $state(0);
  /** The tile that keys move from. */
  active = $state.raw<TilePlace>({ source: 0, index: 0 });

  readonly #inputs: TileGridInputs;
  /** What a wheel has asked for since the last whole step. */
  #wanted: number | null = null;

  readonly pixelRatio = $derived.by(() => devicePixelRatio.current ?? 1);
  readonly layout = $derived.by((): TileLayout => {
    const { pixelRatio, size } = this;
    const inputs = this.#inputs;
    return layoutTiles(
      {
        tile: inputs.tile(),
        sections: inputs.sections(),
        count: inputs.count(),
        sources: inputs.sources(),
        view: { width: Math.round(size.width * pixelRatio), height: Math.round(size.height * pixelRatio) },
        pixelRatio,
        gutter: Math.round(inputs.gutterPx() * pixelRatio),
      },
      inputs.scale(),
    );
  });
  readonly heightPx = $derived.by(() => this.layout.height / this.pixelRatio);
  /** Device pixels above what is in sight. */
  readonly scroll = $derived.by(() => Math.round(this.scrollTop * this.pixelRatio));
  readonly linesInSight = $derived.by((): LineInSight[] => {
    const { layout, scroll, pixelRatio } = this;
    const [from, to] = linesBetween(layout, scroll, scroll + this.size.height * pixelRatio);
    return Array.from({ length: to - from }, (_, i) => from + i).flatMap((line) => {
      const found = lineOf(layout, line);
      if (found === null) return [];
      return [{ ...found, line, topPx: (lineTop(layout, line) - scroll) / pixelRatio }];
    });
  });
  /** Of the active tile, CSS pixels of what is in sight; null where it is gone. */
  readonly activeBox = $derived.by((): Box | null => this.boxOf(this.active));

  constructor(inputs: TileGridInputs) {
    this.#inputs = inputs;
  }

  boxOf(place: TilePlace): Box | null {
    const { layout, pixelRatio, scroll } = this;
    const corner = cornerOf(layout, place);
    if (corner === null) return null;
    const { x, y } = corner;
    return {
      left: x / pixelRatio,
      top: (y - scroll) / pixelRatio,
      right: (x + layout.side.width) / pixelRatio,
      bottom: (y + layout.side.height - scroll) / pixelRatio,
    };
  }

  /** The tile under a place of what is in sight, CSS pixels. */
  at(px: number, py: number): TilePlace | null {
    return tileAt(this.layout, px * this.pixelRatio, py * this.pixelRatio + this.scroll);
  }

  /** Samples whose tile meets a box of what is in sight. */
  inside({ left, top, right, bottom }: Box): number[] {
    const { pixelRatio, scroll, layout } = this;
    return tilesIn(layout, {
      left: left * pixelRatio,
      right: right * pixelRatio,
      top: top * pixelRatio + scroll,
      bottom: bottom * pixelRatio + scroll,
    });
  }

  /** Place of a sample in its section: samples at the same place start from the same noise. */
  noiseOf({ index }: TilePlace): number {
    const section = this.#inputs
      .sections()
      .find(({ first, count }) => index >= first && index < first + count);
    return index - (section?.first ?? 0);
  }

  /** @returns the tile that a key leads to, null for other keys */
  move(key: string): TilePlace | null {
    const { layout, pixelRatio, size } = this;
    const pageLines = (size.height * pixelRatio) / (layout.side.height + layout.gap);
    const to = tileByKey(layout, this.active, key, pageLines);
    if (to !== null) this.active = to;
    return to;
  }

  /** Where to scroll so that the active tile is in sight; null where it is already. */
  scrollToActive(): number | null {
    const box = this.activeBox;
    const marginPx = 6;
    if (box === null) return null;
    if (box.top < marginPx) return Math.max(0, this.scrollTop + box.top - marginPx);
    const below = box.bottom + marginPx - this.size.height;
    return below > 0 ? this.scrollTop + Math.min(below, box.top - marginPx) : null;
  }

  /**
   * Zooms to the next size that keeps texels square; the tile under a place stays at its height.
   *
   * @param factor  above 1 shows more
   * @returns where to scroll then, null if nothing has changed
   */
  zoom(factor: number, place?: readonly [px: number, py: number]): number | null {
    const { layout } = this;
    const scales = scalesOf(this.#inputs.tile(), this.pixelRatio);
    this.#wanted = (this.#wanted ?? layout.scale) / factor;
    const low = scales[0] ?? 1;
    const high = scales.at(-1) ?? 1;
    this.#wanted = Math.min(high * 1.05, Math.max(low / 1.05, this.#wanted));
    return this.#scaleTo(nearest(scales, this.#wanted), place);
  }

  /** One size up or down. @returns where to scroll then, null if nothing has changed */
  step(by: 1 | -1): number | null {
    const scales = scalesOf(this.#inputs.tile(), this.pixelRatio);
    const at = scales.indexOf(nearest(scales, this.layout.scale));
    this.#wanted = null;
    return this.#scaleTo(scales[at + by] ?? this.layout.scale);
  }

  reset(): void {
    this.#wanted = null;
    this.#inputs.setScale(null);
  }

  #scaleTo(scale: number, place?: readonly [px: number, py: number]): number | null {
    if (scale === this.layout.scale) return null;
    const [px, py] = place ?? [this.size.width / 2, this.size.height / 2];
    const anchor = this.at(px, py);
    const before = anchor === null ? null : this.boxOf(anchor);
    const shareOfHeight = (this.scrollTop + py) / Math.max(1, this.heightPx);
    this.#inputs.setScale(scale);
    const after = anchor === null ? null : this.boxOf(anchor);
    if (before === null || after === null) return Math.max(0, shareOfHeight * this.heightPx - py);
    const share = (py - before.top) / (before.bottom - before.top);
    return Math.max(0, this.scrollTop + after.top + share * (after.bottom - after.top) - py);
  }
}

function nearest(scales: readonly number[], wanted: number): number {
  const apart = (scale: number): number => Math.abs(Math.log(scale / wanted));
  return scales.reduce((best, each) => (apart(each) < apart(best) ? each : best), scales[0] ?? 1);
}
