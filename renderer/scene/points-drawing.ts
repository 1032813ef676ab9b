import { BufferAttribute, BufferGeometry, Color, DynamicDrawUsage, Points, Sphere } from 'three';
import type { Object3D, ShaderMaterial } from 'three';
import { ChosenPoints } from './chosen-points.ts';
import {
  chosenRingPx,
  dimmedShare,
  disc,
  flatMaterial,
  idMaterial,
  setUniform,
  unculled,
} from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { PointsLayer } from './layers.ts';
import { copyCoordinates } from './packing.ts';
import { discFragment, pointVertex } from './shaders.ts';

const chosenScale = 2.2;

/** A cloud of discs in one draw, and those that are picked in another. */
export class PointsDrawing implements Drawing<PointsLayer> {
  readonly objects: readonly [Points, Object3D];
  readonly #shared: StageShared;
  readonly #material: ShaderMaterial;
  readonly #chosenMaterial: ShaderMaterial;
  readonly #chosen: ChosenPoints;
  readonly #colour = new Color();
  readonly #time = { value: 0 };
  #geometry = new BufferGeometry();
  #pickObject: Points<BufferGeometry, ShaderMaterial> | null = null;
  #layer: PointsLayer;
  #points: Float32Array | null = null;
  #capacity = 0;
  #others: 'normal' | 'dimmed' = 'normal';

  constructor(layer: PointsLayer, shared: StageShared) {
    this.#shared = shared;
    this.#layer = layer;
    const uniforms = { colour: { value: this.#colour }, t: this.#time, space: shared.space };
    this.#material = flatMaterial(pointVertex, discFragment, { ...uniforms, ...disc(shared, 0) });
    this.#chosenMaterial = flatMaterial(pointVertex, discFragment, {
      ...uniforms,
      ...disc(shared, chosenRingPx),
    });
    this.#chosen = new ChosenPoints(this.#chosenMaterial);
    this.objects = [unculled(new Points(this.#geometry, this.#material)), this.#chosen.object];
    this.update(layer);
  }

  update(layer: PointsLayer): void {
    this.#layer = layer;
    if (layer.points !== this.#points) this.#send(layer);
    this.#geometry.setDrawRange(0, layer.count);
    this.#colour.setRGB(...layer.colour);
    this.#time.value = layer.t ?? 0;
    this.#arrange();
  }

  emphasise(chosen: Uint32Array, others: 'normal' | 'dimmed'): void {
    this.#others = others;
    if (this.#chosen.choose(chosen.filter((point) => point < this.#layer.count))) {
      this.#shared.uploads.count += 1;
    }
    this.#arrange();
  }

  pickObjects(): readonly Object3D[] {
    this.#pickObject ??= unculled(new Points(this.#geometry, idMaterial(this.#material, pointVertex)));
    this.#pickObject.geometry = this.#geometry;
    return [this.#pickObject];
  }

  dispose(): void {
    this.#geometry.dispose();
    this.#material.dispose();
    this.#chosen.dispose();
    this.#chosenMaterial.dispose();
    this.#pickObject?.material.dispose();
  }

  #arrange(): void {
    const { opacity, size } = this.#layer;
    setUniform(this.#material, 'opacity', opacity * (this.#others === 'dimmed' ? dimmedShare : 1));
    setUniform(this.#material, 'sizePx', size);
    setUniform(this.#chosenMaterial, 'sizePx', Math.max(7, chosenScale * size));
  }

  #send(layer: PointsLayer): void {
    if (layer.count > this.#capacity) this.#grow(layer.count);
    const attribute = this.#geometry.getAttribute('position');
    copyCoordinates(layer.points, layer.count, layer.dim, attribute.array as Float32Array, 3);
    attribute.needsUpdate = true;
    this.#points = layer.points;
    this.#shared.uploads.count += 1;
  }

  #grow(count: number): void {
    this.#geometry.dispose();
    this.#geometry = new BufferGeometry();
    this.#capacity = count;
    const attribute = new BufferAttribute(new Float32Array(count * 3), 3);
    this.#geometry.setAttribute('position', attribute.setUsage(DynamicDrawUsage));
    // Given, so that three.js does not look for the bounds of points that it does not cull.
    this.#geometry.boundingSphere = new Sphere();
    this.objects[0].geometry = this.#geometry;
    this.#chosen.share(this.#geometry);
  }
}
