import { attachGestures } from './gestures.ts';
import { cameraFor, zoomed } from './camera.ts';
import type { PlaneCamera, Size } from './camera.ts';
import type { Layer } from './layers.ts';
import type { Stage } from './stage.ts';
import { ticksOf } from './ticks.ts';

export type PlaneStatus = 'loading' | 'ready' | 'lost' | 'unsupported';

/** How long a browser may take to give a lost context back before another canvas is made. */
const restoreWithinMs = 2000;

/**
 * One stage in a component: its canvas, its camera and its size. three.js is loaded when the first
 * plane is made, so that the window stands before it.
 */
export class Plane {
  status = $state<PlaneStatus>('loading');
  size = $state.raw<Size>({ width: 1, height: 1 });
  /** A new number asks the component for a new canvas: a lost one cannot be used again. */
  generation = $state(0);
  #extent = $state(3);
  /** Null while nobody has moved it: then it fits the extent. */
  #moved = $state.raw<PlaneCamera | null>(null);
  readonly camera = $derived.by(() => this.#moved ?? cameraFor(this.#extent, this.size));
  readonly ticks = $derived.by(() => ticksOf(this.camera, this.size));
  readonly isMoved = $derived.by(() => this.#moved !== null);

  #stage = $state.raw<Stage | null>(null);

  /** Half the side of the square that is seen until someone pans or zooms. */
  setExtent(extent: number): void {
    this.#extent = extent;
  }

  reset(): void {
    this.#moved = null;
  }

  /** Zooms at the centre. */
  zoom(factor: number): void {
    const { width, height } = this.size;
    this.#moved = zoomed(this.camera, this.size, width / 2, height / 2, factor);
  }

  rebuild(): void {
    this.status = 'loading';
    this.generation += 1;
  }

  /** Makes the stage on a canvas inside `host`; the returned function takes all of it down. */
  attach(host: HTMLElement, canvas: HTMLCanvasElement): () => void {
    let isAttached = true;
    let lostTimer: ReturnType<typeof setTimeout> | undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      this.size = { width: Math.max(1, width), height: Math.max(1, height) };
    });
    observer.observe(host);
    const detachGestures = attachGestures(canvas, {
      camera: () => this.camera,
      size: () => this.size,
      onMove: (camera) => {
        this.#moved = camera;
      },
      onReset: () => this.reset(),
    });
    const make = async (): Promise<void> => {
      const { Stage } = await import('./stage.ts');
      if (!isAttached) return;
      this.#stage = new Stage(canvas, {
        onFrame: ({ frames, uploads, drawCalls }) => {
          host.dataset['frames'] = String(frames);
          host.dataset['uploads'] = String(uploads);
          host.dataset['drawCalls'] = String(drawCalls);
        },
        onContextLost: () => {
          if (!isAttached) return;
          this.status = 'lost';
          lostTimer = setTimeout(() => this.rebuild(), restoreWithinMs);
        },
        onContextRestored: () => {
          clearTimeout(lostTimer);
          this.status = 'ready';
        },
      });
      this.status = 'ready';
    };
    make().catch(() => {
      if (isAttached) this.status = 'unsupported';
    });
    return () => {
      isAttached = false;
      clearTimeout(lostTimer);
      observer.disconnect();
      detachGestures();
      this.#stage?.dispose();
      this.#stage = null;
    };
  }

  /** Sets the effects up that keep the stage in step; to be called while a component is made. */
  keepDrawn(layers: () => readonly Layer[]): void {
    $effect(() => this.#stage?.show(layers()));
    $effect(() => this.#stage?.resize(this.size, window.devicePixelRatio));
    $effect(() => this.#stage?.look(this.camera));
  }
}
