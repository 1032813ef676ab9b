import { DataTexture, FloatType, NearestFilter, RedFormat, RGBAFormat, RGFormat, Vector2 } from 'three';
import type { WebGLRenderer } from 'three';
import { layoutOf, packedRows } from './packing.ts';
import type { TextureLayout } from './packing.ts';

/**
 * Bytes handed to the device in one frame. A scene of millions of points comes in over several frames,
 * so that the window answers in between.
 */
const bytesPerFrame = 4 << 20;

/** The way of numbers to the device: counted, and in portions. */
export class Uploads {
  /** Textures, parts of textures and buffers sent since the stage was made. */
  count = 0;
  readonly #renderer: WebGLRenderer;
  readonly #waiting: SlicedTexture[] = [];

  constructor(renderer: WebGLRenderer) {
    this.#renderer = renderer;
  }

  get arePending(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * A texture of points, sent from the next frame on.
   *
   * @param values  flat [count, dim]
   * @param onSent  when all of it is there
   */
  send(values: Float32Array, count: number, dim: number, onSent: () => void): SlicedTexture {
    const layout = layoutOf(count, dim, this.#renderer.capabilities.maxTextureSize);
    const texture = new SlicedTexture(values, dim, layout, onSent);
    this.#waiting.push(texture);
    return texture;
  }

  /** A short list of numbers as a texture, sent when it is first drawn. */
  list(values: Float32Array): DataTexture {
    const { width, height } = layoutOf(values.length, 1, this.#renderer.capabilities.maxTextureSize);
    const wide = values.length < width ? Math.max(1, values.length) : width;
    const data = new Float32Array(wide * height);
    data.set(values);
    const texture = plainTexture(data, wide, height, RedFormat);
    texture.needsUpdate = true;
    this.count += 1;
    return texture;
  }

  cancel(texture: SlicedTexture): void {
    const index = this.#waiting.indexOf(texture);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** Sends the portion of one frame. */
  step(): void {
    let bytes = bytesPerFrame;
    for (let first = this.#waiting[0]; first !== undefined && bytes > 0; first = this.#waiting[0]) {
      bytes -= first.send(this.#renderer, bytes);
      this.count += 1;
      if (!first.isSent) return;
      this.#waiting.shift();
      first.onSent();
    }
  }

  /** Sends all that waits, at once. */
  finish(): void {
    while (this.arePending) this.step();
  }
}

/** A texture that goes to the device a few rows at a time. */
export class SlicedTexture {
  readonly texture: DataTexture;
  readonly layout: TextureLayout;
  readonly onSent: () => void;
  readonly #values: Float32Array;
  readonly #dim: number;
  #nextRow = 0;

  constructor(values: Float32Array, dim: number, layout: TextureLayout, onSent: () => void) {
    this.#values = values;
    this.#dim = dim;
    this.layout = layout;
    this.onSent = onSent;
    const format = layout.components === 4 ? RGBAFormat : RGFormat;
    this.texture = plainTexture(null, layout.width, layout.height, format);
    // Only its memory is asked for; the numbers follow row by row.
    this.texture.source.dataReady = false;
    this.texture.needsUpdate = true;
  }

  get isSent(): boolean {
    return this.#nextRow >= this.layout.height;
  }

  /** @returns bytes sent, at most about `bytes` and at least a row */
  send(renderer: WebGLRenderer, bytes: number): number {
    const { width, height, components } = this.layout;
    const rowBytes = width * components * Float32Array.BYTES_PER_ELEMENT;
    const rows = Math.min(height - this.#nextRow, Math.max(1, Math.floor(bytes / rowBytes)));
    const data = packedRows(this.#values, this.#dim, this.layout, this.#nextRow, rows);
    if (this.#nextRow === 0) renderer.initTexture(this.texture);
    const part = new DataTexture(data as Float32Array<ArrayBuffer>, width, rows);
    renderer.copyTextureToTexture(part, this.texture, null, new Vector2(0, this.#nextRow));
    this.#nextRow += rows;
    return rows * rowBytes;
  }

  dispose(): void {
    this.texture.dispose();
  }
}

function plainTexture(
  data: Float32Array<ArrayBuffer> | null,
  width: number,
  height: number,
  format: typeof RedFormat | typeof RGFormat | typeof RGBAFormat,
): DataTexture {
  const texture = new DataTexture(data, width, height, format, FloatType);
  texture.minFilter = NearestFilter;
  texture.magFilter = NearestFilter;
  return texture;
}
