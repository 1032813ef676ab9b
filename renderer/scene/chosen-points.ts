import { BufferAttribute, BufferGeometry, Points, Sphere } from 'three';
import type { ShaderMaterial } from 'three';
import { inRole, unculled } from './drawing.ts';

/** Some of the vertices of a cloud, by number: gl_VertexID is the number itself. */
export class ChosenPoints {
  readonly object: Points;
  #geometry = new BufferGeometry();
  #capacity = 0;

  constructor(material: ShaderMaterial) {
    this.object = unculled(inRole(new Points(this.#geometry, material), 'onTop'));
    this.object.visible = false;
  }

  /** Takes the positions of another geometry where the shader reads any. */
  share(geometry: BufferGeometry): void {
    const position = geometry.getAttribute('position');
    if (this.#geometry.getAttribute('position') !== position)
      this.#geometry.setAttribute('position', position);
  }

  /** @returns whether that took an upload */
  choose(elements: Uint32Array): boolean {
    this.object.visible = elements.length > 0;
    if (elements.length === 0) return false;
    if (elements.length > this.#capacity) this.#grow(elements.length);
    const index = this.#geometry.getIndex();
    index?.array.set(elements);
    if (index !== null) index.needsUpdate = true;
    this.#geometry.setDrawRange(0, elements.length);
    return true;
  }

  dispose(): void {
    this.#geometry.dispose();
  }

  #grow(count: number): void {
    const position = this.#geometry.getAttribute('position');
    this.#geometry.dispose();
    this.#geometry = new BufferGeometry();
    if (position !== undefined) this.#geometry.setAttribute('position', position);
    this.#geometry.boundingSphere = new Sphere();
    this.#capacity = Math.max(64, 2 ** Math.ceil(Math.log2(count)));
    this.#geometry.setIndex(new BufferAttribute(new Uint32Array(this.#capacity), 1));
    this.object.geometry = this.#geometry;
  }
}
