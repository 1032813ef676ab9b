import {
  BufferAttribute,
  DynamicDrawUsage,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  Mesh,
} from 'three';
import type { ShaderMaterial } from 'three';
import { ColourTexture, flatMaterial } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { ArrowsLayer } from './layers.ts';
import { copyCoordinates } from './packing.ts';
import { arrowVertex, flatFragment } from './shaders.ts';

/** Shaft (two triangles) and head (one) as `corner` of the shader. */
const corners = Float32Array.of(0, -1, 1, -1, 1, 1, 0, -1, 1, 1, 0, 1, 1, -2, 2, 0, 1, 2);

/** Arrows of one field in one instanced draw. */
export class ArrowsDrawing implements Drawing<ArrowsLayer> {
  readonly objects: readonly [Mesh];
  readonly #shared: StageShared;
  readonly #colours: ColourTexture;
  readonly #material: ShaderMaterial;
  #geometry = new InstancedBufferGeometry();
  #points: Float32Array | null = null;
  #vectors: Float32Array | null = null;
  #capacity = 0;

  constructor(layer: ArrowsLayer, shared: StageShared) {
    this.#shared = shared;
    this.#colours = new ColourTexture(layer.colours, shared);
    this.#material = flatMaterial(arrowVertex, flatFragment, {
      scale: { value: 1 },
      longest: { value: 1 },
      opacity: { value: 1 },
      unitsPerPx: shared.unitsPerPx,
      space: shared.space,
      colours: this.#colours.uniform,
    });
    const mesh = new Mesh(this.#geometry, this.#material);
    mesh.frustumCulled = false;
    this.objects = [mesh];
    this.update(layer);
  }

  update(layer: ArrowsLayer): void {
    if (layer.count > this.#capacity) this.#grow(layer.count);
    if (layer.points !== this.#points) {
      this.#points = layer.points;
      this.#send('origin', layer.points, layer);
    }
    if (layer.vectors !== this.#vectors) {
      this.#vectors = layer.vectors;
      this.#send('vector', layer.vectors, layer);
    }
    this.#colours.show(layer.colours);
    this.#geometry.instanceCount = layer.count;
    const { scale, longest, opacity } = this.#material.uniforms;
    if (scale !== undefined) scale.value = layer.scale;
    if (longest !== undefined) longest.value = layer.longest;
    if (opacity !== undefined) opacity.value = layer.opacity;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#colours.dispose();
  }

  #grow(count: number): void {
    this.#geometry.dispose();
    this.#geometry = new InstancedBufferGeometry();
    this.#geometry.setAttribute('corner', new BufferAttribute(corners, 2));
    this.#geometry.setDrawRange(0, corners.length / 2);
    for (const name of ['origin', 'vector']) {
      const attribute = new InstancedBufferAttribute(new Float32Array(count * 3), 3);
      this.#geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage));
    }
    this.#capacity = count;
    this.#points = null;
    this.#vectors = null;
    this.objects[0].geometry = this.#geometry;
  }

  #send(name: 'origin' | 'vector', values: Float32Array, layer: ArrowsLayer): void {
    const attribute = this.#geometry.getAttribute(name);
    if (!(attribute instanceof InstancedBufferAttribute)) return;
    copyCoordinates(values, layer.count, layer.dim, attribute.array as Float32Array, 3);
    attribute.needsUpdate = true;
    this.#shared.uploads.count += 1;
  }
}
