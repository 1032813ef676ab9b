import type { LinearRgb } from '../theme/oklch.ts';
import { boxAxes, planeAxes, samplerTimeAxis } from './axes.ts';
import type { Axes, AxisNames, TimeAxis } from './axes.ts';
import { dataFromScreen, panned, zoomed } from './camera.ts';
import type { Size } from './camera.ts';
import { ContextLife } from './context-life.svelte.ts';
import { attachGestures } from './gestures.ts';
import type { Tool } from './gestures.ts';
import type { Layer } from './layers.ts';
import { isOrbit, orbited, orbitPanned, orbitZoomed } from './orbit.ts';
import type { Camera } from './orbit.ts';
import { projectionOf } from './projection.ts';
import { samplesInside } from './sample-positions.ts';
import type { Box, Sight } from './sample-positions.ts';
import { cameraOf, spaceOf } from './space.ts';
import type { Look } from './space.ts';
import type { Stage } from './stage.ts';

/** Samples that are picked, wherever that is kept. */
export interface SamplePicks {
  readonly selected: ReadonlySet<number>;
  hovered: number | null;
  select(ids: Iterable<number>, options: { adds: boolean }): void;
  clear(): void;
}

/** What a plane shows; read as it changes. */
export interface PlaneInputs {
  layers(): readonly Layer[];
  look(): Look;
  /** Half the side of the square that is seen until someone pans or zooms. */
  extent(): number;
  /** Time of the stage. */
  t(): number;
  time(): TimeAxis | undefined;
  /** What the axes are called; x, y and z, if undefined. */
  names(): AxisNames | undefined;
  /** Null where nothing can be picked. */
  picks(): SamplePicks | null;
  /** Around what is picked. */
  ring(): LinearRgb;
  /** A click that picked nothing, at a place of the plane in data units. */
  onPress(place: { x: number; y: number }): void;
}

/**
 * One stage in a component: its canvas, its camera and its size. three.js is loaded when the first
 * plane is made, so that the window stands before it.
 */
export class Plane {
  readonly life = new ContextLife();
  size = $state.raw<Size>({ width: 1, height: 1 });
  /** The box that is being drawn to pick what lies in it. */
  box = $state.raw<Box | null>(null);
  /** Where the pointer is, while it is over a sample. */
  pointed = $state.raw<{ px: number; py: number } | null>(null);
  /** Share of the lines that a slow device has left time for while the picture stands still. */
  detail = $state(1);

  readonly #inputs: PlaneInputs;
  /** Cameras that someone has moved, by look; the others fit the extent. */
  #moved = $state.raw<{ readonly [L in Look]?: Camera }>({});
  #planeTool = $state<Tool>('select');
  #spaceTool = $state<Tool>('move');
  #stage = $state.raw<Stage | null>(null);
  #hoverWanted: readonly [number, number] | null = null;
  #isAsking = false;

  readonly look = $derived.by(() => this.#inputs.look());
  readonly #fitted = $derived.by(() => cameraOf(this.look, this.#inputs.extent(), this.size));
  readonly camera = $derived.by(() => this.#moved[this.look] ?? this.#fitted);
  readonly isMoved = $derived.by(() => this.#moved[this.look] !== undefined);
  readonly space = $derived.by(() => spaceOf(this.look, this.#inputs.extent()));
  readonly projection = $derived.by(() => projectionOf(this.camera, this.size));
  readonly #t = $derived.by(() => this.#inputs.t());
  readonly #boxTime = $derived.by(() => (this.look === 'flat' || this.look === 'orbit' ? 0 : this.#t));
  readonly axes = $derived.by((): Axes =>
    this.look === 'flat'
      ? planeAxes(this.camera, this.size, this.#inputs.names())
      : boxAxes({
          look: this.look,
          projection: this.projection,
          space: this.space,
          extent: this.#inputs.extent(),
          t: this.#boxTime,
          time: this.#inputs.time() ?? samplerTimeAxis,
          names: this.#inputs.names(),
        }),
  );
  readonly canPick = $derived.by(() => this.#inputs.picks() !== null);
  /** Where nothing can be picked, dragging moves. */
  readonly tool = $derived.by((): Tool => {
    if (!this.canPick) return 'move';
    return this.look === 'flat' ? this.#planeTool : this.#spaceTool;
  });

  constructor(inputs: PlaneInputs) {
    this.#inputs = inputs;
  }

  get sight(): Sight {
    return { projection: this.projection, space: this.space, t: this.#inputs.t() };
  }

  chooseTool(tool: Tool): void {
    if (this.look === 'flat') this.#planeTool = tool;
    else this.#spaceTool = tool;
  }

  reset(): void {
    this.#moved = { ...this.#moved, [this.look]: undefined };
  }

  /** Zooms, at the centre if no place is given. */
  zoom(factor: number, px = this.size.width / 2, py = this.size.height / 2): void {
    const { camera, size } = this;
    this.#moveTo(
      isOrbit(camera) ? orbitZoomed(camera, size, px, py, factor) : zoomed(camera, size, px, py, factor),
    );
  }

  /** @param how  `move` pans in the plane and turns in space; `pan` pans in both */
  drag(how: 'move' | 'pan', dxPx: number, dyPx: number): void {
    const { camera } = this;
    if (!isOrbit(camera)) this.#moveTo(panned(camera, dxPx, dyPx));
    else this.#moveTo((how === 'pan' ? orbitPanned : orbited)(camera, dxPx, dyPx));
  }

  /** Makes the stage on a canvas inside `host`; the returned function takes all of it down. */
  attach(host: HTMLElement, canvas: HTMLCanvasElement): () => void {
    let isAttached = true;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      this.size = { width: Math.max(1, width), height: Math.max(1, height) };
    });
    observer.observe(host);
    const detachGestures = attachGestures(canvas, {
      tool: () => this.tool,
      onDrag: (how, dxPx, dyPx) => this.drag(how, dxPx, dyPx),
      onZoom: (px, py, factor) => this.zoom(factor, px, py),
      onBox: (box) => (this.box = box),
      onBoxDone: (box, adds) => this.#pickBox(box, adds),
      onPress: (px, py, adds) => void this.#press(px, py, adds),
      onHover: (place) => this.#hover(place),
      onReset: () => this.reset(),
    });
    const make = async (): Promise<void> => {
      const { Stage } = await import('./stage.ts');
      if (!isAttached) return;
      this.#stage = new Stage(canvas, {
        onFrame: ({ frames, uploads, drawCalls, detail, isResting }) => {
          host.dataset['frames'] = String(frames);
          host.dataset['uploads'] = String(uploads);
          host.dataset['drawCalls'] = String(drawCalls);
          if (isResting || detail === 1) this.detail = detail;
        },
        onContextLost: () => {
          if (isAttached) this.life.lost();
        },
        onContextRestored: () => this.life.restored(),
      });
      this.life.status = 'ready';
    };
    make().catch(() => {
      if (isAttached) this.life.status = 'unsupported';
    });
    return () => {
      isAttached = false;
      this.life.stopWaiting();
      observer.disconnect();
      detachGestures();
      this.#stage?.dispose();
      this.#stage = null;
    };
  }

  /** Sets the effects up that keep the stage in step; to be called while a component is made. */
  keepDrawn(): void {
    $effect(() => this.#stage?.setRing(this.#inputs.ring()));
    $effect(() => this.#stage?.show(this.#inputs.layers()));
    $effect(() => this.#stage?.resize(this.size, window.devicePixelRatio));
    $effect(() => this.#stage?.setSpace(this.space));
    $effect(() => this.#stage?.look(this.camera));
    $effect(() => this.#stage?.setTime(this.#t));
    $effect(() => {
      const picks = this.#inputs.picks();
      this.#stage?.emphasise(picks?.selected ?? [], picks?.hovered ?? null);
    });
  }

  #moveTo(camera: Camera): void {
    this.#moved = { ...this.#moved, [this.look]: camera };
  }

  #pickBox(box: Box, adds: boolean): void {
    const layers = this.#inputs.layers();
    this.#inputs.picks()?.select(samplesInside(layers, this.sight, box), { adds });
  }

  async #press(px: number, py: number, adds: boolean): Promise<void> {
    const picks = this.#inputs.picks();
    const picked = picks === null ? null : ((await this.#stage?.pick(px, py)) ?? null);
    if (picked !== null) {
      picks?.select([picked.index], { adds });
      return;
    }
    if (!adds) picks?.clear();
    if (this.look !== 'flat') return;
    const [x, y] = dataFromScreen(this.camera, this.size, px, py);
    this.#inputs.onPress({ x, y });
  }

  /** Asks what is under the pointer; one question at a time, the newest place next. */
  #hover(place: readonly [number, number] | null): void {
    if (this.#inputs.picks() === null) return;
    this.#hoverWanted = place;
    if (place === null) this.#pointAt(null, null);
    else if (!this.#isAsking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    for (let place = this.#hoverWanted; place !== null;) {
      const picked = (await this.#stage?.pick(...place)) ?? null;
      const wanted = this.#hoverWanted;
      if (wanted !== null) this.#pointAt(picked?.index ?? null, place);
      place = wanted === place ? null : wanted;
    }
    this.#isAsking = false;
  }

  #pointAt(sample: number | null, place: readonly [number, number] | null): void {
    const picks = this.#inputs.picks();
    if (picks === null) return;
    if (picks.hovered !== sample) picks.hovered = sample;
    this.pointed = sample === null || place === null ? null : { px: place[0], py: place[1] };
  }
}
