import { tick } from 'svelte';
import type { Atlas } from './atlas.ts';
import { ContextLife } from './context-life.svelte.ts';
import { attachGestures } from './gestures.ts';
import type { SamplePicks } from './plane.svelte.ts';
import type { Box } from './sample-positions.ts';
import { TileGrid } from './tile-grid.svelte.ts';
import type { TilePlace, TileSection } from './tile-layout.ts';
import { TilePainter } from './tile-painter.ts';
import type { Rgb } from './tile-painter.ts';

/** What a stage of tiles shows; read as it changes. */
export interface TileStageInputs {
  /** Tile `s * count + i` is sample i of source s. */
  atlas(): Atlas;
  /** Samples of one source. */
  count(): number;
  sources(): number;
  sections(): readonly TileSection[];
  hasHeadings(): boolean;
  /** Size that a person chose, null for whatever shows all of them. */
  scale(): number | null;
  setScale(scale: number | null): void;
  picks(): SamplePicks;
  /** Around tiles, bytes of red, green and blue. */
  rings(): { readonly selected: Rgb; readonly hovered: Rgb };
  /** A tile was clicked, or Enter pressed on it. */
  onOpen(place: TilePlace): void;
  /** The tile of the keyboard has changed. */
  onActive(place: TilePlace): void;
}

const headingGutterPx = { wide: 92, small: 64 };
const smallPx = 560;

/** A grid of tiles in a component: its canvas, and what a hand and keys do to it. */
export class TileStage {
  readonly life = new ContextLife();
  readonly grid: TileGrid;
  /** The box that is being drawn to pick what lies in it. */
  box = $state.raw<Box | null>(null);
  /** Where the pointer is, while it is over a tile. */
  pointed = $state.raw<{ place: TilePlace; px: number; py: number } | null>(null);

  readonly #inputs: TileStageInputs;
  #painter = $state.raw<TilePainter | null>(null);
  #scroller: HTMLElement | null = null;

  /** The tile that keys move from; there may be fewer than when it was reached. */
  readonly active = $derived.by((): TilePlace => {
    const { source, index } = this.grid.active;
    const [sources, count] = [this.#inputs.sources(), this.#inputs.count()];
    return { source: Math.min(source, sources - 1), index: Math.min(index, count - 1) };
  });
  /** Of the active tile, CSS pixels of what is in sight. */
  readonly activeBox = $derived.by(() => this.grid.boxOf(this.active));
  /** Room for a heading of a line, CSS pixels. */
  readonly headingPx = $derived.by(() => this.grid.layout.left / this.grid.pixelRatio - 16);
  readonly isResized = $derived.by(() => this.#inputs.scale() !== null);

  constructor(inputs: TileStageInputs) {
    this.#inputs = inputs;
    this.grid = new TileGrid({
      tile: () => ({ width: inputs.atlas().tileWidth, height: inputs.atlas().tileHeight }),
      count: () => inputs.count(),
      sources: () => inputs.sources(),
      sections: () => inputs.sections(),
      gutterPx: () => (inputs.hasHeadings() ? this.#headingGutter() : 0),
      scale: () => inputs.scale(),
      setScale: (scale) => inputs.setScale(scale),
    });
  }

  /**
   * Makes a painter for a canvas inside what scrolls.
   *
   * @param host  is told how often it was drawn and sent pictures to
   * @returns takes all of it down
   */
  attach(host: HTMLElement, scroller: HTMLElement, canvas: HTMLCanvasElement): () => void {
    const off = new AbortController();
    const { signal } = off;
    this.#scroller = scroller;
    const observer = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = scroller;
      this.grid.size = { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
    });
    observer.observe(scroller);
    // A wheel scrolls, as anywhere; with Ctrl, or two fingers, it zooms.
    scroller.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      },
      { signal, capture: true, passive: true },
    );
    canvas.addEventListener(
      'webglcontextlost',
      (event) => {
        // Without this the browser never gives the context back.
        event.preventDefault();
        this.life.lost();
      },
      { signal },
    );
    canvas.addEventListener(
      'webglcontextrestored',
      () => {
        this.#painter?.restore();
        this.life.restored();
      },
      { signal },
    );
    const detachGestures = attachGestures(canvas, {
      tool: () => 'select',
      onDrag: () => undefined,
      onZoom: (px, py, factor) => void this.#scrollTo(this.grid.zoom(factor, [px, py])),
      onBox: (box) => (this.box = box),
      onBoxDone: (box, adds) => this.#pickBox(box, adds),
      onPress: (px, py, adds) => this.#press(this.grid.at(px, py), adds),
      onHover: (place) => this.#hover(place),
      onReset: () => this.grid.reset(),
    });
    try {
      this.#painter = new TilePainter(canvas, ({ frames, uploads }) => {
        host.dataset['frames'] = String(frames);
        host.dataset['uploads'] = String(uploads);
      });
      this.life.status = 'ready';
    } catch {
      this.life.status = 'unsupported';
    }
    return () => {
      off.abort();
      this.life.stopWaiting();
      observer.disconnect();
      detachGestures();
      this.#painter?.dispose();
      this.#painter = null;
      this.#scroller = null;
    };
  }

  /** Sets the effects up that keep the painter in step; to be called while a component is made. */
  keepDrawn(): void {
    $effect(() => this.#painter?.show(this.#inputs.atlas()));
    $effect(() => this.#painter?.select(this.#inputs.picks().selected, this.#inputs.count()));
    $effect(() => {
      const { layout, scroll, pixelRatio, size } = this.grid;
      const { selected, hovered } = this.#inputs.rings();
      this.#painter?.look({
        layout,
        scroll,
        pixelRatio,
        hovered: this.#inputs.picks().hovered ?? -1,
        selectedColour: selected,
        hoveredColour: hovered,
      });
      this.#painter?.resize(Math.round(size.width * pixelRatio), Math.round(size.height * pixelRatio));
    });
  }

  /** What is in sight has moved under the pointer. */
  scrolled(top: number): void {
    this.grid.scrollTop = top;
    this.pointed = null;
  }

  /** One size up or down. */
  step(by: 1 | -1): void {
    void this.#scrollTo(this.grid.step(by));
  }

  /**
   * Arrows and their like move the active tile, Enter opens it, + and - zoom.
   *
   * @returns whether the key was used
   */
  onKey(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey) return false;
    const { key } = event;
    if (key === '+' || key === '=') this.step(1);
    else if (key === '-') this.step(-1);
    else if (key === 'Enter') this.#press(this.active, event.shiftKey || event.altKey);
    else {
      if (event.altKey || event.shiftKey) return false;
      this.grid.active = this.active;
      const to = this.grid.move(key);
      if (to === null) return false;
      this.#activate(to);
      void this.#scrollTo(this.grid.scrollToActive());
    }
    return true;
  }

  #headingGutter(): number {
    return this.grid.size.width < smallPx ? headingGutterPx.small : headingGutterPx.wide;
  }

  #pickBox(box: Box, adds: boolean): void {
    const noises = this.grid.inside(box).map((index) => this.grid.noiseOf({ source: 0, index }));
    this.#inputs.picks().select(new Set(noises), { adds });
  }

  #press(place: TilePlace | null, adds: boolean): void {
    const picks = this.#inputs.picks();
    if (place === null) {
      if (!adds) picks.clear();
      return;
    }
    this.#activate(place);
    picks.select([this.grid.noiseOf(place)], { adds });
    if (!adds) this.#inputs.onOpen(place);
  }

  #hover(at: readonly [px: number, py: number] | null): void {
    const picks = this.#inputs.picks();
    const place = at === null ? null : this.grid.at(...at);
    this.pointed = place === null || at === null ? null : { place, px: at[0], py: at[1] };
    const noise = place === null ? null : this.grid.noiseOf(place);
    if (picks.hovered !== noise) picks.hovered = noise;
  }

  #activate(place: TilePlace): void {
    this.grid.active = place;
    this.#inputs.onActive(place);
  }

  /** After the room for what lies above and below has changed. */
  async #scrollTo(top: number | null): Promise<void> {
    if (top === null) return;
    await tick();
    this.#scroller?.scrollTo({ top });
  }
}
