import { DataTexture, FloatType, NearestFilter, NoBlending, RGBAFormat, ShaderMaterial } from 'three';
import type { BufferGeometry, Color, IUniform, Object3D, Vector2 } from 'three';
import { colourMapSize } from './colour-maps.ts';
import { idFragment } from './shaders.ts';
import type { Uploads } from './uploads.ts';

/** What three.js holds for one layer. */
export interface Drawing<L> {
  readonly objects: readonly Object3D[];
  /** The same elements drawn as ids; made when someone first points at the stage. */
  pickObjects?(): readonly Object3D[];
  update(layer: L): void;
  /** Where the layer follows the time of the stage. */
  setTime?(t: number): void;
  /** Elements that stand out, and whether the others step back. */
  emphasise?(chosen: Uint32Array, others: 'normal' | 'dimmed'): void;
  /** Lines that it draws in full detail. */
  segments?(): number;
  /** Draws only the first of its paths. @param share  in (0, 1] */
  setDetail?(share: number): void;
  dispose(): void;
}

/** Uniforms that all drawings of a stage share by reference, and the way of numbers to the device. */
export interface StageShared {
  readonly unitsPerPx: IUniform<number>;
  readonly pixelRatio: IUniform<number>;
  /** CSS pixels. */
  readonly stagePx: IUniform<Vector2>;
  /** `third` and `time` of the space. */
  readonly space: IUniform<Vector2>;
  /** Around what is picked. */
  readonly ring: IUniform<Color>;
  readonly uploads: Uploads;
}

/** What is not picked keeps this share of its opacity while something is. */
export const dimmedShare = 0.22;
/** Width of the ring around a picked dot, CSS pixels. */
export const chosenRingPx = 1.5;

/** Uniforms of `discFragment`. */
export function disc(shared: StageShared, ringPx: number): Record<string, IUniform> {
  return {
    opacity: { value: 1 },
    sizePx: { value: 1 },
    ringPx: { value: ringPx },
    ringColour: shared.ring,
    pixelRatio: shared.pixelRatio,
  };
}

/** How an object is drawn where there is depth: what is solid hides, what is on top is never hidden. */
type Role = 'plain' | 'solid' | 'onTop';

export function inRole<O extends Object3D>(object: O, role: Role): O {
  object.userData['role'] = role;
  return object;
}

export function roleOf({ userData }: Object3D): Role {
  return (userData['role'] as Role | undefined) ?? 'plain';
}

/** A flat, blended material; the stage gives it depth where the look has some. */
export function flatMaterial(
  vertexShader: string,
  fragmentShader: string,
  uniforms: Record<string, IUniform>,
  defines: Record<string, string> = {},
): ShaderMaterial {
  return new ShaderMaterial({
    vertexShader,
    fragmentShader,
    uniforms,
    defines,
    transparent: true,
    depthTest: false,
    depthWrite: false,
  });
}

/** The same geometry as numbers: each element in the colour of its id. @param tag  1 to 255 */
export function idMaterial(like: ShaderMaterial, vertexShader: string): ShaderMaterial {
  const material = flatMaterial(
    vertexShader,
    idFragment,
    { ...like.uniforms, tag: { value: 0 } },
    like.defines as Record<string, string>,
  );
  material.blending = NoBlending;
  return material;
}

/** Frustum culling needs bounds, which no shader-made geometry has. */
export function unculled<O extends Object3D>(object: O): O {
  object.frustumCulled = false;
  return object;
}

export function setUniform({ uniforms }: ShaderMaterial, name: string, value: unknown): void {
  const uniform = uniforms[name];
  if (uniform !== undefined) uniform.value = value;
}

/** Frees geometries and materials together. */
export function disposeAll(...parts: readonly (BufferGeometry | ShaderMaterial)[]): void {
  for (const part of parts) part.dispose();
}

/** Colour maps on the device, one a row, sent again only when they are others. */
export class ColourTexture {
  readonly uniform: IUniform<DataTexture>;
  readonly #uploads: Uploads;
  #maps: Float32Array<ArrayBuffer>;

  /** @param maps  RGBA, linear light, rows of `colourMapSize` texels */
  constructor(maps: Float32Array<ArrayBuffer>, { uploads }: StageShared) {
    this.#maps = maps;
    this.#uploads = uploads;
    this.uniform = { value: this.#made() };
  }

  show(maps: Float32Array<ArrayBuffer>): void {
    if (maps === this.#maps) return;
    this.#maps = maps;
    this.uniform.value.dispose();
    this.uniform.value = this.#made();
  }

  dispose(): void {
    this.uniform.value.dispose();
  }

  #made(): DataTexture {
    const height = this.#maps.length / 4 / colourMapSize;
    const texture = new DataTexture(this.#maps, colourMapSize, height, RGBAFormat, FloatType);
    texture.minFilter = NearestFilter;
    texture.magFilter = NearestFilter;
    texture.needsUpdate = true;
    this.#uploads.count += 1;
    return texture;
  }
}
