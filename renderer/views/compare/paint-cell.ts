import { gridCanvas } from '../../scene/grid-image.ts';
import type { Ground, Mark } from './marks.ts';

/** Pictures of densities, each made once: a change of the camera moves them. */
const images = new WeakMap<Ground, HTMLCanvasElement | null>();

/**
 * Draws a cell on a plain 2-D canvas: a browser keeps few WebGL contexts, and a comparison has dozens of
 * cells.
 */
export function paintCell(
  canvas: HTMLCanvasElement,
  marks: readonly Mark[],
  { sidePx, pixelRatio }: { sidePx: number; pixelRatio: number },
): void {
  const side = Math.max(1, Math.round(sidePx * pixelRatio));
  if (canvas.width !== side || canvas.height !== side) [canvas.width, canvas.height] = [side, side];
  // Drawn by the processor: dozens of small canvases with thousands of dots each are slow to send to a device.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  context.clearRect(0, 0, sidePx, sidePx);
  for (const mark of marks) paintMark(context, mark);
  context.globalAlpha = 1;
}

function paintMark(context: CanvasRenderingContext2D, mark: Mark): void {
  if (mark.kind === 'image') {
    context.globalAlpha = 1;
    const image = imageOf(mark.ground);
    if (image !== null) context.drawImage(image, mark.left, mark.top, mark.sidePx, mark.sidePx);
    return;
  }
  const { places, colour, opacity } = mark;
  context.globalAlpha = opacity;
  if (mark.kind === 'dots') {
    const { sizePx } = mark;
    context.fillStyle = colour;
    for (let i = 0; i + 1 < places.length; i += 2) {
      context.fillRect((places[i] ?? 0) - sizePx / 2, (places[i + 1] ?? 0) - sizePx / 2, sizePx, sizePx);
    }
    return;
  }
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let i = 0; i + 3 < places.length; i += 4) {
    context.moveTo(places[i] ?? 0, places[i + 1] ?? 0);
    context.lineTo(places[i + 2] ?? 0, places[i + 3] ?? 0);
  }
  context.stroke();
}

function imageOf(ground: Ground): HTMLCanvasElement | null {
  let image = images.get(ground);
  if (image === undefined) {
    const { grid, high, colours } = ground;
    image = gridCanvas({ values: grid.values, side: grid.side, low: 0, high, colours });
    images.set(ground, image);
  }
  return image;
}
