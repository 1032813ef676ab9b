import { DataTexture, FloatType, NearestFilter, RGFormat, RGBAFormat, ShaderMaterial } from 'three';
import type { IUniform, Object3D } from 'three';
import { colourMapSize } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';
import type { PackedPoints } from './packing.ts';

/** What three.js holds for one layer. */
export interface Drawing<L> {
  readonly objects: readonly Object3D[];
  update(layer: L): void;
  dispose(): void;
}

/** Uniforms that all drawings of a stage share by reference, and the count of what was uploaded. */
export interface StageShared {
  readonly unitsPerPx: IUniform<number>;
  readonly pixelRatio: IUniform<number>;
  /** Textures and buffers sent to the device since the stage was made. */
  uploads: number;
}

/** A flat, blended material: the stage has no depth. */
export function flatMaterial(
  vertexShader: string,
  fragmentShader: string,
  uniforms: Record<string, IUniform>,
): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader,
    fragmentShader,
    uniforms,
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
}

export function positionsTexture(packed: PackedPoints): DataTexture {
  const texture = new DataTexture(packed.data, packed.width, packed.height, RGFormat, FloatType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  texture.needsUpdate = true;
  return texture;
}

/** A colour map on the device, sent again only when it is another one. */
export class ColourTexture {
  readonly uniform: IUniform<DataTexture>;
  readonly #shared: StageShared;
  #map: ColourMap;

  constructor(map: ColourMap, shared: StageShared) {
    this.#map = map;
    this.#shared = shared;
    this.uniform = { value: this.#made() };
  }

  show(map: ColourMap): void {
    if (map === this.#map) return;
    this.#map = map;
    this.uniform.value.dispose();
    this.uniform.value = this.#made();
  }

  dispose(): void {
    this.uniform.value.dispose();
  }

  #made(): DataTexture {
    const texture = new DataTexture(this.#map, colourMapSize, 1, RGBAFormat, FloatType);
    texture.minFilter = NearestFilter;
    texture.magFilter = NearestFilter;
    texture.needsUpdate = true;
    this.#shared.uploads += 1;
    return texture;
  }
}
