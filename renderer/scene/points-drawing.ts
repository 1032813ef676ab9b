import { BufferAttribute, BufferGeometry, Color, DynamicDrawUsage, Points, Sphere } from 'three';
import type { ShaderMaterial } from 'three';
import { flatMaterial } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { PointsLayer } from './layers.ts';
import { copyPlane } from './packing.ts';
import { discFragment, pointVertex } from './shaders.ts';

/** A cloud of discs in one draw. */
export class PointsDrawing implements Drawing<PointsLayer> {
  readonly objects: readonly [Points];
  readonly #shared: StageShared;
  readonly #material: ShaderMaterial;
  readonly #colour = new Color();
  #geometry = new BufferGeometry();
  #points: Float32Array | null = null;
  #capacity = 0;

  constructor(layer: PointsLayer, shared: StageShared) {
    this.#shared = shared;
    this.#material = flatMaterial(pointVertex, discFragment, {
      colour: { value: this.#colour },
      opacity: { value: 1 },
      sizePx: { value: 1 },
      pixelRatio: shared.pixelRatio,
    });
    const object = new Points(this.#geometry, this.#material);
    object.frustumCulled = false;
    this.objects = [object];
    this.update(layer);
  }

  update(layer: PointsLayer): void {
    if (layer.points !== this.#points) this.#send(layer);
    this.#geometry.setDrawRange(0, layer.count);
    this.#colour.setRGB(...layer.colour);
    const { opacity, sizePx } = this.#material.uniforms;
    if (opacity !== undefined) opacity.value = layer.opacity;
    if (sizePx !== undefined) sizePx.value = layer.size;
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
  }

  #send(layer: PointsLayer): void {
    if (layer.count > this.#capacity) {
      this.#geometry.dispose();
      this.#geometry = new BufferGeometry();
      this.#capacity = layer.count;
      const attribute = new BufferAttribute(new Float32Array(layer.count * 2), 2);
      this.#geometry.setAttribute('position', attribute.setUsage(DynamicDrawUsage));
      // Given, so that three.js does not look for the bounds of plane points in space.
      this.#geometry.boundingSphere = new Sphere();
      this.objects[0].geometry = this.#geometry;
    }
    const attribute = this.#geometry.getAttribute('position');
    if (attribute instanceof BufferAttribute) {
      copyPlane(layer.points, layer.count, layer.dim, attribute.array as Float32Array);
      attribute.needsUpdate = true;
    }
    this.#points = layer.points;
    this.#shared.uploads += 1;
  }
}
