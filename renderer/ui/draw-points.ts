import type { PointSet } from '#contract/frames.ts';

const margin = 0.06;

/** Draws points so that all of them but stray ones fit, both axes to one scale. */
export function drawPoints(
  canvas: HTMLCanvasElement,
  points: PointSet,
  colour: string,
  sizePx: number,
  pixelRatio: number,
): void {
  const side = Math.round(sizePx * pixelRatio);
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const extent = extentOf(points);
  context.fillStyle = colour;
  context.globalAlpha = 0.6;
  const dot = Math.max(1, pixelRatio * 1.2);
  for (let i = 0; i < points.count; i += 1) {
    const x = points.values[i * points.dim] ?? 0;
    const y = points.dim > 1 ? (points.values[i * points.dim + 1] ?? 0) : 0;
    context.fillRect(
      (0.5 + x / (2 * extent)) * side - dot / 2,
      (0.5 - y / (2 * extent)) * side - dot / 2,
      dot,
      dot,
    );
  }
}

/**
 * Half the side of the square around the origin that holds 99.5 % of the coordinates, with a margin.
 */
export function extentOf(points: PointSet): number {
  const shown = Math.min(2, points.dim);
  const sizes = new Float32Array(points.count * shown);
  for (let i = 0; i < points.count; i += 1) {
    for (let d = 0; d < shown; d += 1)
      sizes[i * shown + d] = Math.abs(points.values[i * points.dim + d] ?? 0);
  }
  sizes.sort();
  const extent = sizes[Math.floor((sizes.length - 1) * 0.995)] ?? 0;
  return extent > 0 ? extent * (1 + 2 * margin) : 1;
}
