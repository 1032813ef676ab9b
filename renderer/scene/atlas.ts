import { writeTile } from './tile-pixels.ts';
import type { TileLook, TileShape } from './tile-pixels.ts';

/** Sides of one layer, texels: every device takes as many. */
const layerSide = 2048;

/** Where tiles lie in a stack of textures: in rows of `columns`, `rows` of them in a layer. */
export interface AtlasLayout {
  readonly columns: number;
  readonly rows: number;
  readonly layers: number;
  /** Of a tile, texels. */
  readonly tileWidth: number;
  readonly tileHeight: number;
}

/** Tiles as bytes that go to the device as they are; another object for other pictures. */
export interface Atlas extends AtlasLayout {
  readonly count: number;
  /** RGBA, layer by layer, row by row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Samples that become tiles, one source after another. */
export interface AtlasSource {
  /** Flat [count, height, width, channels]; null leaves their place empty. */
  readonly values: Float32Array | null;
  readonly look: TileLook;
}

/** The smallest stack that holds so many tiles. */
export function atlasLayoutOf(
  count: number,
  { width, height }: Pick<TileShape, 'width' | 'height'>,
): AtlasLayout {
  const across = Math.max(1, Math.floor(layerSide / width));
  const down = Math.max(1, Math.floor(layerSide / height));
  const columns = Math.max(1, Math.min(across, Math.ceil(Math.sqrt(count))));
  const rows = Math.max(1, Math.min(down, Math.ceil(count / columns)));
  const layers = Math.max(1, Math.ceil(count / (columns * rows)));
  return { columns, rows, layers, tileWidth: width, tileHeight: height };
}

/** Place of a tile's first texel, counted through all layers. */
export function texelOf({ columns, rows, tileWidth, tileHeight }: AtlasLayout, tile: number): number {
  const [layer, inLayer] = [Math.floor(tile / (columns * rows)), tile % (columns * rows)];
  const [row, column] = [Math.floor(inLayer / columns), inLayer % columns];
  return ((layer * rows + row) * tileHeight * columns + column) * tileWidth;
}

/**
 * All tiles of some sources of `count` samples each: tile `s * count + i` is sample i of source s.
 */
export function atlasOf(sources: readonly AtlasSource[], count: number, shape: TileShape): Atlas {
  const layout = atlasLayoutOf(sources.length * count, shape);
  const stride = layout.columns * shape.width;
  const bytes = new Uint8Array(stride * layout.rows * shape.height * layout.layers * 4);
  sources.forEach(({ values, look }, source) => {
    if (values === null) return;
    const held = Math.min(count, values.length / (shape.width * shape.height * shape.channels));
    for (let i = 0; i < held; i += 1) {
      writeTile({ bytes, at: texelOf(layout, source * count + i), stride }, values, i, shape, look);
    }
  });
  return { ...layout, count: sources.length * count, bytes };
}
