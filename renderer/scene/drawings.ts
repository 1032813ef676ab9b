import type { Material, Object3D, Scene } from 'three';
import { ArrowsDrawing } from './arrows-drawing.ts';
import { GridDrawing } from './density-drawing.ts';
import { roleOf } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { Pickable } from './id-picture.ts';
import type { Layer } from './layers.ts';
import { PathsDrawing } from './paths-drawing.ts';
import { PointsDrawing } from './points-drawing.ts';
import { LinesDrawing } from './streamlines-drawing.ts';

interface Held {
  layer: Layer;
  drawing: Drawing<Layer>;
}

/** What of the samples stands out, and whether the others step back. */
interface Chosen {
  elements: Uint32Array;
  others: 'normal' | 'dimmed';
}

/** The drawings of a stage's layers, by key, and what they are all told. */
export class Drawings {
  readonly #scene: Scene;
  readonly #shared: StageShared;
  readonly #held = new Map<string, Held>();
  #layers: readonly Layer[] = [];
  #t = 0;
  #chosen: Chosen = { elements: new Uint32Array(), others: 'normal' };

  constructor(scene: Scene, shared: StageShared) {
    this.#scene = scene;
    this.#shared = shared;
  }

  /** Lines of all of them in full detail. */
  get segments(): number {
    let segments = 0;
    for (const { drawing } of this.#held.values()) segments += drawing.segments?.() ?? 0;
    return segments;
  }

  /** Replaces what is drawn; the first layer lies lowest. */
  show(layers: readonly Layer[]): void {
    this.#layers = layers;
    const kept = new Set(layers.map((layer) => layer.key));
    for (const key of this.#held.keys()) if (!kept.has(key)) this.#remove(key);
    for (const layer of layers) {
      const held = this.#held.get(layer.key);
      if (held?.layer.kind === layer.kind) {
        held.layer = layer;
        held.drawing.update(layer);
      } else {
        this.#add(layer);
      }
    }
    this.arrange();
  }

  /** Makes them anew, of the same layers, after `clear`. */
  restore(): void {
    this.show(this.#layers);
  }

  clear(): void {
    for (const key of [...this.#held.keys()]) this.#remove(key);
  }

  setTime(t: number): void {
    this.#t = t;
    for (const { drawing } of this.#held.values()) drawing.setTime?.(t);
  }

  setDetail(share: number): void {
    for (const { drawing } of this.#held.values()) drawing.setDetail?.(share);
  }

  emphasise(chosen: Chosen): void {
    this.#chosen = chosen;
    for (const held of this.#held.values()) this.#tellChosen(held);
  }

  /** Samples as ids; what is in front hides what is behind where there is depth. */
  pickables(): Pickable[] {
    const hasDepth = this.#hasDepth;
    return [...this.#held.values()]
      .filter(({ layer }) => layer.isSamples === true)
      .map(({ layer, drawing }) => {
        const objects = drawing.pickObjects?.() ?? [];
        for (const object of objects) setDepth(object, hasDepth, hasDepth);
        return { key: layer.key, objects };
      });
  }

  /** In the plane what comes later lies higher; in space what is solid comes first and hides. */
  arrange(): void {
    const hasDepth = this.#hasDepth;
    let order = 0;
    for (const { key } of this.#layers) {
      for (const object of this.#held.get(key)?.drawing.objects ?? []) {
        const role = roleOf(object);
        object.renderOrder =
          order + (hasDepth && role === 'solid' ? -1000 : 0) + (role === 'onTop' ? 1000 : 0);
        order += 1;
        setDepth(object, hasDepth && role !== 'onTop', hasDepth && role === 'solid');
      }
    }
  }

  get #hasDepth(): boolean {
    return this.#shared.space.value.lengthSq() > 0;
  }

  #add(layer: Layer): void {
    this.#remove(layer.key);
    const held = { layer, drawing: drawingOf(layer, this.#shared) };
    this.#held.set(layer.key, held);
    held.drawing.setTime?.(this.#t);
    this.#tellChosen(held);
    this.#scene.add(...held.drawing.objects);
  }

  #remove(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#scene.remove(...held.drawing.objects);
    held.drawing.dispose();
    this.#held.delete(key);
  }

  #tellChosen({ layer, drawing }: Held): void {
    if (layer.isSamples === true) drawing.emphasise?.(this.#chosen.elements, this.#chosen.others);
  }
}

function setDepth(object: Object3D, isTested: boolean, isWritten: boolean): void {
  const { material } = object as Object3D & { material?: Material };
  if (material === undefined) return;
  material.depthTest = isTested;
  material.depthWrite = isWritten;
}

/** A layer keeps its kind as long as its drawing lives; `show` sees to it. */
function drawingOf(layer: Layer, shared: StageShared): Drawing<Layer> {
  switch (layer.kind) {
    case 'paths':
      return new PathsDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'points':
      return new PointsDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'arrows':
      return new ArrowsDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'grid':
      return new GridDrawing(layer, shared) as unknown as Drawing<Layer>;
    case 'lines':
      return new LinesDrawing(layer, shared) as unknown as Drawing<Layer>;
    default:
      return layer satisfies never;
  }
}
