import { bytesFromLinearRgb } from '../theme/oklch.ts';
import { colourMapSize } from './colour-maps.ts';
import type { GridLayer } from './layers.ts';

type ColouredGrid = Pick<GridLayer, 'values' | 'side' | 'low' | 'high' | 'colours'>;

/** A grid as a PNG in a `data:` address, a pixel a cell: vectors would be tens of thousands of squares. */
export function gridImage(grid: ColouredGrid): string {
  return gridCanvas(grid)?.toDataURL('image/png') ?? '';
}

/** A grid as a picture, a pixel a cell; null where the browser gives no canvas. */
export function gridCanvas({ values, side, low, high, colours }: ColouredGrid): HTMLCanvasElement | null {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (context === null) return null;
  const picture = context.createImageData(side, side);
  values.forEach((value, cell) => {
    const level = Math.min(1, Math.max(0, (value - low) / Math.max(1e-12, high - low)));
    const texel = Math.round(level * (colourMapSize - 1)) * 4;
    const colour = bytesFromLinearRgb([
      colours[texel] ?? 0,
      colours[texel + 1] ?? 0,
      colours[texel + 2] ?? 0,
    ]);
    // The first row of the grid is the lowest, that of a picture the highest.
    const row = side - 1 - Math.floor(cell / side);
    picture.data.set(
      [...colour, Math.round(255 * (colours[texel + 3] ?? 1))],
      (row * side + (cell % side)) * 4,
    );
  });
  context.putImageData(picture, 0, 0);
  return canvas;
}
