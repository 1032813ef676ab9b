import type { PointSet } from '#contract/frames.ts';
import { extent, side } from './painter.ts';

interface DensityPicture {
  readonly cells: Uint8Array;
  readonly points: PointSet;
  /** CSS colours. */
  readonly colours: { readonly data: string; readonly grid: string; readonly axis: string };
}

/** Draws paint, the points drawn from it and the grid of the plane; the canvas is square. */
export function drawDensity(
  canvas: HTMLCanvasElement,
  { cells, points, colours }: DensityPicture,
  sizePx: number,
  pixelRatio: number,
): void {
  const pixels = Math.max(1, Math.round(sizePx * pixelRatio));
  if (canvas.width !== pixels) {
    canvas.width = pixels;
    canvas.height = pixels;
  }
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, pixels, pixels);

  const at = (value: number): number => ((value + extent) / (2 * extent)) * pixels;
  context.lineWidth = Math.max(1, Math.round(pixelRatio));
  for (let unit = 1 - extent; unit < extent; unit += 1) {
    context.strokeStyle = unit === 0 ? colours.axis : colours.grid;
    context.beginPath();
    context.moveTo(at(unit), 0);
    context.lineTo(at(unit), pixels);
    context.moveTo(0, at(unit));
    context.lineTo(pixels, at(unit));
    context.stroke();
  }

  context.globalAlpha = 0.3;
  context.drawImage(tinted(cells, colours.data), 0, 0, pixels, pixels);
  context.globalAlpha = 0.75;
  context.fillStyle = colours.data;
  const dot = Math.max(1, 1.4 * pixelRatio);
  for (let i = 0; i < points.count; i += 1) {
    const x = at(points.values[2 * i] ?? 0);
    const y = pixels - at(points.values[2 * i + 1] ?? 0);
    context.fillRect(x - dot / 2, y - dot / 2, dot, dot);
  }
  context.globalAlpha = 1;
}

let scratch: OffscreenCanvas | null = null;

/** The cells as opacities of one colour. */
function tinted(cells: Uint8Array, colour: string): OffscreenCanvas {
  scratch ??= new OffscreenCanvas(side, side);
  const context = scratch.getContext('2d', { willReadFrequently: true });
  if (context === null) return scratch;
  const image = context.createImageData(side, side);
  for (let i = 0; i < cells.length; i += 1) image.data[4 * i + 3] = cells[i] ?? 0;
  context.globalCompositeOperation = 'source-over';
  context.putImageData(image, 0, 0);
  context.globalCompositeOperation = 'source-in';
  context.fillStyle = colour;
  context.fillRect(0, 0, side, side);
  return scratch;
}
