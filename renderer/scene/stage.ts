import { Camera as ThreeCamera, Color, Scene, Vector2, WebGLRenderer } from 'three';
import type { LinearRgb } from '../theme/oklch.ts';
import type { Size } from './camera.ts';
import type { StageShared } from './drawing.ts';
import { Drawings } from './drawings.ts';
import { FrameLoop } from './frame-loop.ts';
import { IdPicture } from './id-picture.ts';
import type { Layer } from './layers.ts';
import type { Camera } from './orbit.ts';
import type { Picked } from './picking.ts';
import { projectionOf } from './projection.ts';
import type { Space } from './space.ts';
import { Uploads } from './uploads.ts';

/** Counted since the stage was made. */
export interface StageCounts {
  frames: number;
  uploads: number;
  /** Draw calls of the last frame. */
  drawCalls: number;
  /** Share of the lines that the last frame showed; below 1 on a slow device. */
  detail: number;
  /** False while the picture moves. */
  isResting: boolean;
}

interface StageEvents {
  onFrame(counts: StageCounts): void;
  onContextLost(): void;
  onContextRestored(): void;
}

/**
 * Draws layers on a canvas, on demand: a frame is drawn when something has changed, and none while
 * nothing does. Only other arrays go to the device; time, window, camera, space and colouring are
 * uniforms.
 */
export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #events: StageEvents;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new ThreeCamera();
  readonly #shared: StageShared;
  readonly #drawings: Drawings;
  readonly #loop: FrameLoop;
  readonly #idPicture: IdPicture;
  #size: Size = { width: 1, height: 1 };
  #view: Camera = { x: 0, y: 0, unitsPerPx: 1 };
  #t = 0;
  #frames = 0;
  /** Questions are answered one after another. */
  #lastPick: Promise<unknown> = Promise.resolve();

  /** @throws Error where the browser gives no WebGL 2 context */
  constructor(canvas: HTMLCanvasElement, events: StageEvents) {
    this.#canvas = canvas;
    this.#events = events;
    this.#renderer = new WebGLRenderer({
      canvas,
      alpha: true,
      antialias: true,
      powerPreference: 'low-power',
    });
    // Asking whether a shader compiled waits until it has.
    this.#renderer.debug.checkShaderErrors = import.meta.env.DEV;
    const uploads = new Uploads(this.#renderer);
    this.#shared = {
      unitsPerPx: { value: 1 },
      pixelRatio: { value: 1 },
      stagePx: { value: new Vector2(1, 1) },
      space: { value: new Vector2(0, 0) },
      ring: { value: new Color() },
      uploads,
    };
    this.#drawings = new Drawings(this.#scene, this.#shared);
    this.#loop = new FrameLoop(this.#renderer.getContext() as WebGL2RenderingContext, {
      segments: () => this.#drawings.segments,
      setDetail: (share) => this.#drawings.setDetail(share),
      hasUploads: () => uploads.arePending,
      draw: () => this.#draw(),
    });
    this.#idPicture = new IdPicture(this.#renderer);
    canvas.addEventListener('webglcontextlost', this.#onLost);
    canvas.addEventListener('webglcontextrestored', this.#onRestored);
  }

  /** Whether something is still to be sent, drawn or drawn by the device. */
  get isBusy(): boolean {
    return this.#loop.isBusy;
  }

  /** Replaces what is drawn; the first layer lies lowest. */
  show(layers: readonly Layer[]): void {
    this.#drawings.show(layers);
    this.#loop.moved();
  }

  look(camera: Camera): void {
    this.#view = camera;
    this.#applyCamera();
    this.#loop.moved();
  }

  /** What the third direction is: depth hides where there is some. */
  setSpace({ third, time }: Space): void {
    this.#shared.space.value.set(third, time);
    this.#drawings.arrange();
    this.#loop.invalidate();
  }

  /** Moves every layer that follows the time of the stage: a few uniforms. @param t  1 noise, 0 data */
  setTime(t: number): void {
    if (t === this.#t) return;
    this.#t = t;
    this.#drawings.setTime(t);
    this.#loop.moved();
  }

  /** @param ring  around what is picked */
  setRing(ring: LinearRgb): void {
    this.#shared.ring.value.setRGB(...ring);
    this.#loop.invalidate();
  }

  /** Samples that stand out in every layer of samples; while some are selected the others step back. */
  emphasise(selected: Iterable<number>, hovered: number | null): void {
    const elements = new Set(selected);
    const others = elements.size > 0 ? 'dimmed' : 'normal';
    if (hovered !== null) elements.add(hovered);
    this.#drawings.emphasise({ elements: Uint32Array.from(elements), others });
    this.#loop.invalidate();
  }

  /** @param size  in CSS pixels */
  resize(size: Size, pixelRatio: number): void {
    this.#size = size;
    this.#shared.pixelRatio.value = pixelRatio;
    this.#shared.stagePx.value.set(size.width, size.height);
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(size.width, size.height, false);
    this.#applyCamera();
    this.#loop.invalidate();
  }

  /** What lies under a place of the stage, in CSS pixels; null where nothing does. */
  pick(px: number, py: number, radiusPx = 6): Promise<Picked | null> {
    const answer = this.#lastPick.then(() => this.#pick([px, py], radiusPx));
    this.#lastPick = answer.catch(() => null);
    return answer;
  }

  /** Draws everything now, so that the canvas can be read in the same turn. */
  drawNow(): void {
    this.#shared.uploads.finish();
    this.#loop.drawNow();
  }

  dispose(): void {
    this.#loop.dispose();
    this.#canvas.removeEventListener('webglcontextlost', this.#onLost);
    this.#canvas.removeEventListener('webglcontextrestored', this.#onRestored);
    this.#drawings.clear();
    this.#idPicture.forget();
    this.#renderer.dispose();
    // A browser keeps few contexts; one that waits for the garbage collector may cost another its own.
    if (!this.#renderer.getContext().isContextLost()) this.#renderer.forceContextLoss();
  }

  readonly #onLost = (event: Event): void => {
    // Without this the browser never gives the context back.
    event.preventDefault();
    // What the device held is gone with it, and must not be freed once it is back.
    this.#drawings.clear();
    this.#idPicture.forget();
    this.#events.onContextLost();
  };

  readonly #onRestored = (): void => {
    // The device has forgotten everything; the layers have not.
    this.#drawings.restore();
    this.#loop.moved();
    this.#events.onContextRestored();
  };

  #draw(): void {
    this.#shared.uploads.step();
    this.#renderer.render(this.#scene, this.#camera);
    this.#frames += 1;
    this.#events.onFrame({
      frames: this.#frames,
      uploads: this.#shared.uploads.count,
      drawCalls: this.#renderer.info.render.calls,
      detail: this.#loop.share,
      isResting: this.#loop.isResting,
    });
  }

  #pick(place: readonly [number, number], radiusPx: number): Promise<Picked | null> {
    if (this.#renderer.getContext().isContextLost()) return Promise.resolve(null);
    const pickables = this.#drawings.pickables();
    if (pickables.length === 0) return Promise.resolve(null);
    // The id picture has one pixel for every CSS pixel.
    const { pixelRatio } = this.#shared;
    const ratio = pixelRatio.value;
    pixelRatio.value = 1;
    try {
      return this.#idPicture.pick(pickables, projectionOf(this.#view, this.#size), place, radiusPx);
    } finally {
      // It is drawn by now; only reading it takes time.
      pixelRatio.value = ratio;
    }
  }

  #applyCamera(): void {
    this.#camera.projectionMatrix.fromArray(projectionOf(this.#view, this.#size).matrix);
    this.#camera.projectionMatrixInverse.copy(this.#camera.projectionMatrix).invert();
    this.#shared.unitsPerPx.value = this.#view.unitsPerPx;
  }
}
