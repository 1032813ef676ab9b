import { pixelsOf } from '../../scene/tile-pixels.ts';
import type { TileLook, TileShape } from '../../scene/tile-pixels.ts';

/** What one cell shows of images: the first of them, from the same noises in every cell. */
export interface TilePicture {
  /** Flat [count, height, width, channels]. */
  readonly values: Float32Array;
  readonly count: number;
  readonly shape: TileShape;
  readonly look: TileLook;
  readonly selected: ReadonlySet<number>;
}

/** Where tiles lie in a square cell, CSS pixels. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  /** Tiles that there is room for. */
  readonly shown: number;
  /** From a tile to the next. */
  readonly stepPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

const readablePx = 15;
const gapPx = 1;

/** As many tiles as are readable, in a square of rows. */
export function cellGridOf(count: number, { width, height }: TileShape, sidePx: number): CellGrid {
  const room = Math.max(1, Math.floor(sidePx / (readablePx + gapPx)));
  const columns = Math.max(1, Math.min(room, Math.ceil(Math.sqrt(count))));
  const rows = Math.max(1, Math.min(columns, Math.ceil(count / columns)));
  const stepPx = Math.floor(sidePx / columns);
  const scale = (stepPx - gapPx) / Math.max(width, height);
  return {
    columns,
    rows,
    shown: Math.min(count, columns * rows),
    stepPx,
    widthPx: width * scale,
    heightPx: height * scale,
  };
}

/** The sample whose tile is at a place of the cell; null where there is none. */
export function sampleAt({ columns, stepPx, shown }: CellGrid, px: number, py: number): number | null {
  const [column, row] = [Math.floor(px / stepPx), Math.floor(py / stepPx)];
  if (column < 0 || row < 0 || column >= columns) return null;
  const sample = row * columns + column;
  return sample < shown ? sample : null;
}

/** Upper left corner of a tile. */
export function cornerOf({ columns, stepPx }: CellGrid, sample: number): { x: number; y: number } {
  return { x: (sample % columns) * stepPx, y: Math.floor(sample / columns) * stepPx };
}

/** Samples whose tile meets a box. */
export function samplesInBox(
  grid: CellGrid,
  box: { left: number; top: number; right: number; bottom: number },
): number[] {
  return Array.from({ length: grid.shown }, (_, sample) => sample).filter((sample) => {
    const { x, y } = cornerOf(grid, sample);
    return x <= box.right && x + grid.widthPx >= box.left && y <= box.bottom && y + grid.heightPx >= box.top;
  });
}

/** Draws the tiles on a plain 2-D canvas: a browser keeps few WebGL contexts, and there are dozens of cells. */
export function paintTiles(
  canvas: HTMLCanvasElement,
  picture: TilePicture | null,
  { sidePx, pixelRatio }: { sidePx: number; pixelRatio: number },
): void {
  const side = Math.max(1, Math.round(sidePx * pixelRatio));
  if (canvas.width !== side || canvas.height !== side) [canvas.width, canvas.height] = [side, side];
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return;
  context.clearRect(0, 0, side, side);
  if (picture === null) return;
  context.imageSmoothingEnabled = false;
  const { values, count, shape, look, selected } = picture;
  const grid = cellGridOf(count, shape, sidePx);
  const tile = new OffscreenCanvas(shape.width, shape.height);
  const inner = tile.getContext('2d');
  if (inner === null) return;
  for (let sample = 0; sample < grid.shown; sample += 1) {
    const pixels = pixelsOf(values, sample, shape, look);
    inner.putImageData(new ImageData(pixels, shape.width, shape.height), 0, 0);
    const { x, y } = cornerOf(grid, sample);
    context.globalAlpha = selected.size > 0 && !selected.has(sample) ? 0.4 : 1;
    context.drawImage(
      tile,
      Math.round(x * pixelRatio),
      Math.round(y * pixelRatio),
      Math.round(grid.widthPx * pixelRatio),
      Math.round(grid.heightPx * pixelRatio),
    );
  }
  context.globalAlpha = 1;
}

/** The same for a figure: a PNG in a `data:` address. */
export function tilesImage(picture: TilePicture, sidePx: number): string {
  const canvas = document.createElement('canvas');
  paintTiles(canvas, picture, { sidePx, pixelRatio: 2 });
  return canvas.toDataURL('image/png');
}
