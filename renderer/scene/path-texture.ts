import type { DataTexture, IUniform } from 'three';
import type { PathsLayer } from './layers.ts';
import type { SlicedTexture, Uploads } from './uploads.ts';

const noGroup = Float32Array.of(-1);
const atNoise = Float32Array.of(1);

/** Uniforms of where paths are, shared by all that draws them. */
export interface PathUniforms extends Record<string, IUniform> {
  positions: IUniform<DataTexture | null>;
  times: IUniform<DataTexture>;
  groups: IUniform<DataTexture>;
  records: IUniform<number>;
}

/**
 * Positions, times and classes of paths on the device. Other positions go into a texture of their own
 * and take the place of the old ones when all of them are there.
 */
export class PathTexture {
  readonly uniforms: PathUniforms;
  /** Paths that can be drawn: none until the first positions are there. */
  count = 0;
  readonly #uploads: Uploads;
  readonly #onReady: () => void;
  #asked: { positions: Float32Array; times: Float32Array; groups: Float32Array } | null = null;
  #settled: { times: Float32Array; groups: Float32Array } = { times: atNoise, groups: noGroup };
  #held: SlicedTexture | null = null;
  #coming: SlicedTexture | null = null;

  constructor(uploads: Uploads, onReady: () => void) {
    this.#uploads = uploads;
    this.#onReady = onReady;
    this.uniforms = {
      positions: { value: null },
      times: { value: uploads.list(atNoise) },
      groups: { value: uploads.list(noGroup) },
      records: { value: 1 },
    };
  }

  /** [T] of the paths that are there. */
  get times(): Float32Array {
    return this.#settled.times;
  }

  show({ positions, times, groups = noGroup, count, dim }: PathsLayer): void {
    const asked = this.#asked;
    if (asked?.positions === positions && asked.times === times && asked.groups === groups) return;
    this.#asked = { positions, times, groups };
    if (asked?.positions === positions && this.#coming === null) {
      this.#settle(times, groups);
      return;
    }
    this.#withdraw();
    const coming = this.#uploads.send(positions, count * times.length, dim, () => {
      this.#held?.dispose();
      this.#held = coming;
      this.#coming = null;
      this.uniforms.positions.value = coming.texture;
      this.count = Math.floor(coming.layout.count / times.length);
      this.#settle(times, groups);
      this.#onReady();
    });
    this.#coming = coming;
  }

  dispose(): void {
    this.#withdraw();
    this.#held?.dispose();
    this.uniforms.times.value.dispose();
    this.uniforms.groups.value.dispose();
  }

  #withdraw(): void {
    if (this.#coming === null) return;
    this.#uploads.cancel(this.#coming);
    this.#coming.dispose();
    this.#coming = null;
  }

  #settle(times: Float32Array, groups: Float32Array): void {
    this.uniforms.records.value = times.length;
    if (this.#settled.times !== times) renew(this.uniforms.times, this.#uploads.list(times));
    if (this.#settled.groups !== groups) renew(this.uniforms.groups, this.#uploads.list(groups));
    this.#settled = { times, groups };
  }
}

function renew(uniform: IUniform<DataTexture>, texture: DataTexture): void {
  uniform.value.dispose();
  uniform.value = texture;
}
