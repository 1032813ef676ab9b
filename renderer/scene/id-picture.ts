import { Camera, Color, Scene, WebGLRenderTarget } from 'three';
import type { Object3D, ShaderMaterial, WebGLRenderer } from 'three';
import { setUniform } from './drawing.ts';
import { nearestPicked } from './picking.ts';
import type { Picked, Tag } from './picking.ts';
import { projectionAround } from './projection.ts';
import type { Projection } from './projection.ts';

/** What can be picked of one layer, lowest first. */
export interface Pickable {
  readonly key: string;
  readonly objects: readonly Object3D[];
}

/**
 * The stage drawn once more around the pointer, each element in the colour of its number. Only those
 * few pixels are drawn and read, and reading them waits for nobody.
 */
export class IdPicture {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new Camera();
  #target: WebGLRenderTarget | null = null;

  constructor(renderer: WebGLRenderer) {
    this.#renderer = renderer;
  }

  /** @param radiusPx  how far from the pointer an element may be, CSS pixels */
  async pick(
    pickables: readonly Pickable[],
    projection: Projection,
    [px, py]: readonly [number, number],
    radiusPx: number,
  ): Promise<Picked | null> {
    const side = 2 * Math.ceil(radiusPx) + 1;
    const tags: Tag[] = [];
    this.#scene.clear();
    for (const { key, objects } of pickables) {
      for (const object of objects) {
        object.renderOrder = tags.length;
        tags.push({ key, isDot: 'isPoints' in object });
        setUniform((object as Object3D & { material: ShaderMaterial }).material, 'tag', tags.length);
        this.#scene.add(object);
      }
    }
    this.#camera.projectionMatrix.fromArray(projectionAround(projection, px, py, side).matrix);
    const target = this.#targetOf(side);
    const renderer = this.#renderer;
    const clearColour = renderer.getClearColor(new Color());
    const clearAlpha = renderer.getClearAlpha();
    renderer.setRenderTarget(target);
    renderer.setClearColor(0, 0);
    renderer.clear();
    renderer.render(this.#scene, this.#camera);
    renderer.setRenderTarget(null);
    renderer.setClearColor(clearColour, clearAlpha);
    const pixels = new Uint8Array(side * side * 4);
    await renderer.readRenderTargetPixelsAsync(target, 0, 0, side, side, pixels);
    return nearestPicked(pixels, side, tags);
  }

  /** Lets go of what the device holds; the next question makes it anew. */
  forget(): void {
    this.#target?.dispose();
    this.#target = null;
    this.#scene.clear();
  }

  #targetOf(side: number): WebGLRenderTarget {
    if (this.#target?.width === side) return this.#target;
    this.#target?.dispose();
    this.#target = new WebGLRenderTarget(side, side);
    return this.#target;
  }
}
