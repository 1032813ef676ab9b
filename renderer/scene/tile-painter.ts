import type { Atlas } from './atlas.ts';
import { FrameGate } from './frame-gate.ts';
import { makeTileDevice } from './tile-device.ts';
import type { TileDevice } from './tile-device.ts';
import { lineTable } from './tile-layout.ts';
import type { TileLayout } from './tile-layout.ts';

/** Texels of a row of a table; the shader knows it too. */
const tableWidth = 1024;
const ringCssPx = 2;

export type Rgb = readonly [number, number, number];

/** Counted since the painter was made. */
export interface TileCounts {
  readonly frames: number;
  /** Atlases sent to the device. */
  readonly uploads: number;
}

interface TileSight {
  readonly layout: TileLayout;
  /** Device pixels above the canvas. */
  readonly scroll: number;
  readonly hovered: number;
  readonly pixelRatio: number;
  /** Bytes of red, green and blue. */
  readonly selectedColour: Rgb;
  readonly hoveredColour: Rgb;
}

/**
 * Draws an atlas of tiles on a canvas with one call, on demand. Only another atlas is sent to the device;
 * scrolling, zooming and pointing set uniforms, and small tables.
 */
export class TilePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #gl: WebGL2RenderingContext;
  readonly #gate: FrameGate;
  readonly #onFrame: (counts: TileCounts) => void;
  #device: TileDevice | null;
  #atlas: Atlas | null = null;
  #layout: TileLayout | null = null;
  #selected: { readonly flags: Uint8Array<ArrayBuffer>; readonly hasAny: boolean } = {
    flags: new Uint8Array(tableWidth),
    hasAny: false,
  };
  #sight: TileSight | null = null;
  #frames = 0;
  #uploads = 0;
  #request: number | null = null;
  #isStale = false;

  /** @throws Error where the browser gives no WebGL 2 context */
  constructor(canvas: HTMLCanvasElement, onFrame: (counts: TileCounts) => void) {
    const gl = canvas.getContext('webgl2', { antialias: false, depth: false, powerPreference: 'low-power' });
    if (gl === null) throw new Error('Expected a WebGL 2 context; the browser gave none');
    this.#canvas = canvas;
    this.#gl = gl;
    this.#gate = new FrameGate(gl);
    this.#onFrame = onFrame;
    this.#device = makeTileDevice(gl);
  }

  show(atlas: Atlas | null): void {
    if (this.#atlas === atlas) return;
    this.#atlas = atlas;
    if (atlas !== null) this.#sendAtlas(atlas);
    this.#invalidate();
  }

  /** @param noises  that are selected, of `count` */
  select(noises: ReadonlySet<number>, count: number): void {
    const flags = new Uint8Array(Math.ceil(Math.max(1, count) / tableWidth) * tableWidth);
    let hasAny = false;
    for (const noise of noises) {
      if (noise >= count) continue;
      flags[noise] = 255;
      hasAny = true;
    }
    this.#selected = { flags, hasAny };
    this.#sendFlags();
    this.#invalidate();
  }

  look(sight: TileSight): void {
    if (this.#layout !== sight.layout) {
      this.#layout = sight.layout;
      this.#sendLines();
    }
    this.#sight = sight;
    this.#invalidate();
  }

  /** @param width, height  device pixels */
  resize(width: number, height: number): void {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    [this.#canvas.width, this.#canvas.height] = [width, height];
    // A canvas that was resized is empty until it is drawn: waiting for the next frame would flicker.
    this.#draw();
  }

  /** After a lost context has come back: the device has forgotten everything. */
  restore(): void {
    this.#device = makeTileDevice(this.#gl);
    if (this.#atlas !== null) this.#sendAtlas(this.#atlas);
    this.#sendLines();
    this.#sendFlags();
    this.#invalidate();
  }

  dispose(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    this.#device = null;
    // A browser keeps few contexts; one that waits for the garbage collector may cost another its own.
    if (!this.#gl.isContextLost()) this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  #invalidate(): void {
    this.#isStale = true;
    this.#request ??= requestAnimationFrame(this.#tick);
  }

  readonly #tick = (): void => {
    this.#request = null;
    if (!this.#isStale) return;
    if (this.#gate.poll(performance.now()) === 'busy') {
      this.#request = requestAnimationFrame(this.#tick);
      return;
    }
    this.#draw();
    this.#gate.begin(performance.now());
  };

  #sendAtlas({ columns, rows, layers, tileWidth, tileHeight, bytes }: Atlas): void {
    const gl = this.#gl;
    if (this.#device === null || gl.isContextLost()) return;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.#device.atlas);
    const [width, height] = [columns * tileWidth, rows * tileHeight];
    gl.texImage3D(
      gl.TEXTURE_2D_ARRAY,
      0,
      gl.RGBA8,
      width,
      height,
      layers,
      0,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      bytes,
    );
    this.#uploads += 1;
  }

  #sendLines(): void {
    if (this.#layout === null) return;
    const table = lineTable(this.#layout);
    const rows = Math.max(1, Math.ceil(table.length / 4 / tableWidth));
    const padded = new Int32Array(rows * tableWidth * 4);
    padded.set(table);
    const gl = this.#gl;
    this.#sendTable('lines', 1, () =>
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32I, tableWidth, rows, 0, gl.RGBA_INTEGER, gl.INT, padded),
    );
  }

  #sendFlags(): void {
    const { flags } = this.#selected;
    const rows = Math.ceil(flags.length / tableWidth);
    const gl = this.#gl;
    this.#sendTable('flags', 2, () =>
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, tableWidth, rows, 0, gl.RED, gl.UNSIGNED_BYTE, flags),
    );
  }

  #sendTable(name: 'lines' | 'flags', unit: number, send: () => void): void {
    const gl = this.#gl;
    if (this.#device === null || gl.isContextLost()) return;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.#device[name]);
    send();
  }

  #draw(): void {
    const gl = this.#gl;
    if (this.#device === null || this.#sight === null || gl.isContextLost()) return;
    this.#isStale = false;
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.#atlas !== null) {
      this.#setUniforms(this.#device, this.#atlas, this.#sight);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    this.#frames += 1;
    this.#onFrame({ frames: this.#frames, uploads: this.#uploads });
  }

  #setUniforms({ program, places }: TileDevice, atlas: Atlas, sight: TileSight): void {
    const gl = this.#gl;
    const { layout } = sight;
    const at = (name: string): WebGLUniformLocation | null => {
      if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
      return places.get(name) ?? null;
    };
    gl.useProgram(program);
    gl.uniform1i(at('atlas'), 0);
    gl.uniform1i(at('lines'), 1);
    gl.uniform1i(at('flags'), 2);
    gl.uniform2i(at('atlasGrid'), atlas.columns, atlas.rows);
    gl.uniform2i(at('tile'), atlas.tileWidth, atlas.tileHeight);
    gl.uniform1i(at('canvasHeight'), this.#canvas.height);
    gl.uniform1i(at('scroll'), sight.scroll);
    gl.uniform2i(at('origin'), layout.left, layout.top);
    gl.uniform2i(at('side'), layout.side.width, layout.side.height);
    gl.uniform1i(at('gap'), layout.gap);
    gl.uniform1i(at('blockGap'), layout.blockGap);
    gl.uniform1i(at('sources'), layout.sources);
    gl.uniform1i(at('lineCount'), layout.lineCount);
    const { scale } = layout;
    gl.uniform2i(at('scale'), Math.max(1, scale), Math.max(1, Math.round(1 / scale)));
    gl.uniform1i(at('hovered'), sight.hovered);
    gl.uniform1i(at('dims'), this.#selected.hasAny ? 1 : 0);
    gl.uniform1i(at('ringPx'), Math.min(layout.gap / 2, Math.round(ringCssPx * sight.pixelRatio)));
    gl.uniform3fv(
      at('selectedColour'),
      sight.selectedColour.map((byte) => byte / 255),
    );
    gl.uniform3fv(
      at('hoveredColour'),
      sight.hoveredColour.map((byte) => byte / 255),
    );
  }
}
