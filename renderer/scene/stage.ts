import { OrthographicCamera, Scene, WebGLRenderer } from 'three';
import { ArrowsDrawing } from './arrows-drawing.ts';
import type { PlaneCamera, Size } from './camera.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { Layer } from './layers.ts';
import { PathsDrawing } from './paths-drawing.ts';
import { PointsDrawing } from './points-drawing.ts';

/** Counted since the stage was made. */
interface StageCounts {
  frames: number;
  uploads: number;
  /** Draw calls of the last frame. */
  drawCalls: number;
}

interface StageEvents {
  onFrame(counts: StageCounts): void;
  onContextLost(): void;
  onContextRestored(): void;
}

/**
 * Draws layers on a canvas, on demand: a frame is drawn when something has changed, and none while
 * nothing does.
 */
export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #events: StageEvents;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new OrthographicCamera(-1, 1, 1, -1, -1, 1);
  readonly #shared: StageShared = { unitsPerPx: { value: 1 }, pixelRatio: { value: 1 }, uploads: 0 };
  readonly #drawings = new Map<string, { kind: Layer['kind']; drawing: Drawing<Layer> }>();
  #size: Size = { width: 1, height: 1 };
  #view: PlaneCamera = { x: 0, y: 0, unitsPerPx: 1 };
  #frames = 0;
  #request: number | null = null;

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
    canvas.addEventListener('webglcontextlost', this.#onLost);
    canvas.addEventListener('webglcontextrestored', this.#onRestored);
  }

  /** Replaces what is drawn; the first layer lies lowest. */
  show(layers: readonly Layer[]): void {
    const kept = new Set(layers.map((layer) => layer.key));
    for (const key of this.#drawings.keys()) if (!kept.has(key)) this.#remove(key);
    layers.forEach((layer, order) => {
      const held = this.#drawings.get(layer.key);
      if (held?.kind === layer.kind) held.drawing.update(layer);
      else this.#add(layer);
      for (const object of this.#drawings.get(layer.key)?.drawing.objects ?? []) object.renderOrder = order;
    });
    this.invalidate();
  }

  look(camera: PlaneCamera): void {
    this.#view = camera;
    this.#applyCamera();
  }

  /** @param size  in CSS pixels */
  resize(size: Size, pixelRatio: number): void {
    this.#size = size;
    this.#shared.pixelRatio.value = pixelRatio;
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(size.width, size.height, false);
    this.#applyCamera();
  }

  /** Draws once at the next animation frame. */
  invalidate(): void {
    this.#request ??= requestAnimationFrame(() => {
      this.#request = null;
      this.#draw();
    });
  }

  dispose(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#canvas.removeEventListener('webglcontextlost', this.#onLost);
    this.#canvas.removeEventListener('webglcontextrestored', this.#onRestored);
    for (const key of [...this.#drawings.keys()]) this.#remove(key);
    this.#renderer.dispose();
    // A browser keeps few contexts; one that waits for the garbage collector may cost another its own.
    if (!this.#renderer.getContext().isContextLost()) this.#renderer.forceContextLoss();
  }

  readonly #onLost = (event: Event): void => {
    // Without this the browser never gives the context back.
    event.preventDefault();
    this.#events.onContextLost();
  };

  readonly #onRestored = (): void => {
    this.#events.onContextRestored();
    this.invalidate();
  };

  #draw(): void {
    this.#renderer.render(this.#scene, this.#camera);
    this.#frames += 1;
    this.#events.onFrame({
      frames: this.#frames,
      uploads: this.#shared.uploads,
      drawCalls: this.#renderer.info.render.calls,
    });
  }

  #add(layer: Layer): void {
    this.#remove(layer.key);
    const drawing = drawingOf(layer, this.#shared);
    this.#drawings.set(layer.key, { kind: layer.kind, drawing });
    this.#scene.add(...drawing.objects);
  }

  #remove(key: string): void {
    const held = this.#drawings.get(key);
    if (held === undefined) return;
    this.#scene.remove(...held.drawing.objects);
    held.drawing.dispose();
    this.#drawings.delete(key);
  }

  #applyCamera(): void {
    const { x, y, unitsPerPx } = this.#view;
    const halfWidth = (this.#size.width * unitsPerPx) / 2;
    const halfHeight = (this.#size.height * unitsPerPx) / 2;
    this.#camera.left = x - halfWidth;
    this.#camera.right = x + halfWidth;
    this.#camera.top = y + halfHeight;
    this.#camera.bottom = y - halfHeight;
    this.#camera.updateProjectionMatrix();
    this.#shared.unitsPerPx.value = unitsPerPx;
    this.invalidate();
  }
}

/** A layer keeps its kind as long as its drawing lives; `Stage.show` sees to it. */
function drawingOf(layer: Layer, shared: StageShared): Drawing<Layer> {
  switch (layer.kind) {
    case 'paths':
      return new PathsDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'points':
      return new PointsDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'arrows':
      return new ArrowsDrawing(layer, shared) as unknown as Drawing<Layer>;
    default:
      return layer satisfies never;
  }
}
