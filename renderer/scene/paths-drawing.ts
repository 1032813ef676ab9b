import { BufferGeometry, Color, InstancedBufferGeometry, Line, Points } from 'three';
import type { DataTexture, ShaderMaterial } from 'three';
import { ColourTexture, flatMaterial, positionsTexture } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { PathsLayer } from './layers.ts';
import { indexFromTime, packPoints } from './packing.ts';
import type { PackedPoints } from './packing.ts';
import { discFragment, pathHeadVertex, flatFragment, pathLineVertex } from './shaders.ts';

/** All paths in two draws, lines and dots, from one texture of positions. */
export class PathsDrawing implements Drawing<PathsLayer> {
  readonly objects: readonly [Line, Points];
  readonly #shared: StageShared;
  readonly #colours: ColourTexture;
  readonly #lineGeometry = new InstancedBufferGeometry();
  readonly #headGeometry = new BufferGeometry();
  readonly #lineMaterial: ShaderMaterial;
  readonly #headMaterial: ShaderMaterial;
  #positions: Float32Array;
  #packed: PackedPoints;
  #texture: DataTexture;

  constructor(layer: PathsLayer, shared: StageShared) {
    this.#shared = shared;
    this.#colours = new ColourTexture(layer.colours, shared);
    this.#positions = layer.positions;
    this.#packed = packPoints(layer.positions, layer.count * layer.times.length, layer.dim);
    this.#texture = positionsTexture(this.#packed);
    shared.uploads += 1;
    const path = { positions: { value: this.#texture }, records: { value: 0 }, head: { value: 0 } };
    this.#lineMaterial = flatMaterial(pathLineVertex, flatFragment, {
      ...path,
      colours: this.#colours.uniform,
      opacity: { value: 1 },
    });
    this.#headMaterial = flatMaterial(pathHeadVertex, discFragment, {
      ...path,
      colour: { value: new Color() },
      opacity: { value: 1 },
      sizePx: { value: 1 },
      pixelRatio: shared.pixelRatio,
    });
    const line = new Line(this.#lineGeometry, this.#lineMaterial);
    const heads = new Points(this.#headGeometry, this.#headMaterial);
    line.frustumCulled = false;
    heads.frustumCulled = false;
    this.objects = [line, heads];
    this.update(layer);
  }

  update(layer: PathsLayer): void {
    const records = layer.times.length;
    if (layer.positions !== this.#positions) this.#send(layer);
    this.#colours.show(layer.colours);
    this.#lineGeometry.instanceCount = layer.count;
    this.#lineGeometry.setDrawRange(0, records);
    this.#headGeometry.setDrawRange(0, layer.count);
    const line = this.#lineMaterial.uniforms;
    set(line, 'positions', this.#texture);
    set(line, 'records', records);
    set(line, 'head', indexFromTime(layer.times, layer.t));
    set(line, 'opacity', layer.opacity);
    const head = this.#headMaterial.uniforms;
    set(head, 'sizePx', layer.headSize);
    (head['colour']?.value as Color).setRGB(...layer.headColour);
  }

  dispose(): void {
    this.#texture.dispose();
    this.#colours.dispose();
    this.#lineGeometry.dispose();
    this.#headGeometry.dispose();
    this.#lineMaterial.dispose();
    this.#headMaterial.dispose();
  }

  #send(layer: PathsLayer): void {
    this.#positions = layer.positions;
    const packed = packPoints(layer.positions, layer.count * layer.times.length, layer.dim, this.#packed);
    if (packed === this.#packed) {
      this.#texture.needsUpdate = true;
    } else {
      this.#packed = packed;
      this.#texture.dispose();
      this.#texture = positionsTexture(packed);
    }
    this.#shared.uploads += 1;
  }
}

function set(uniforms: ShaderMaterial['uniforms'], name: string, value: unknown): void {
  const uniform = uniforms[name];
  if (uniform !== undefined) uniform.value = value;
}
