import { xmlElement, xmlText } from '../export/xml.ts';
import type { Paint } from '../theme/paint.ts';
import type { Axes } from './axes.ts';
import type { Size } from './camera.ts';
import { mostDrawn, svgBody } from './export-svg.ts';
import type { Layer } from './layers.ts';
import type { Camera } from './orbit.ts';
import type { Sight } from './sample-positions.ts';

/** One entry of a figure's legend. */
export interface LegendEntry {
  readonly label: string;
  /** CSS colour. */
  readonly colour: string;
  readonly isLine?: boolean;
}

/** A stage as it is written to a file. */
export interface Figure {
  readonly layers: readonly Layer[];
  readonly size: Size;
  readonly camera: Camera;
  readonly sight: Sight;
  readonly axes: Axes;
  /** What is drawn, in words. */
  readonly label: string;
  readonly paint: Paint;
  readonly selected: ReadonlySet<number>;
  readonly legend: readonly LegendEntry[];
}

const fontFamily = "'Inter Variable', Inter, 'Helvetica Neue', Arial, sans-serif";
const fontPx = 11;
/** Pixels of a PNG per CSS pixel. */
const pngScale = 2;

/** Tokens of the axes' lines and words. */
const lineTokens = {
  grid: '--grid',
  zero: '--hairline',
  edge: '--hairline',
  frame: '--hairline',
  now: '--hairline-strong',
} as const;
const labelTokens = { tick: '--ink-3', name: '--ink-2' } as const;

const legendAt = { x: 12, y: 18, row: 18, swatch: 14 };

/** A stage as one whole `<svg>` element: vectors, with axes and legend. */
export function figureSvg(figure: Figure): string {
  const { size, axes, paint, layers } = figure;
  const isCut = layers.some((layer) => layer.kind === 'paths' && layer.count > mostDrawn);
  const lines = axes.lines.map(({ kind, points }) =>
    xmlElement('polyline', {
      points: points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' '),
      fill: 'none',
      stroke: paint.css(lineTokens[kind]),
    }),
  );
  const labels = axes.labels.map(({ px, py, text, kind, anchor, isUpright = false }) =>
    xmlElement(
      'text',
      {
        x: px,
        y: py,
        fill: paint.css(labelTokens[kind]),
        'text-anchor': anchor,
        'dominant-baseline': 'central',
        ...(isUpright ? { transform: `rotate(-90 ${px} ${py})` } : {}),
      },
      xmlText(text),
    ),
  );
  return xmlElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: size.width,
      height: size.height,
      viewBox: `0 0 ${size.width} ${size.height}`,
      'font-family': fontFamily,
      'font-size': fontPx,
    },
    xmlElement('title', {}, xmlText(figure.label)),
    isCut ? xmlElement('desc', {}, `The first ${mostDrawn} paths of each set`) : '',
    xmlElement('rect', { width: size.width, height: size.height, fill: paint.css('--surface-stage') }),
    ...lines,
    xmlElement('g', {}, svgBody(layers, figure.sight)),
    ...labels,
    ...figure.legend.map((entry, row) => legendSvg(entry, row, paint)),
  );
}

function legendSvg({ label, colour, isLine = false }: LegendEntry, row: number, paint: Paint): string {
  const y = legendAt.y + row * legendAt.row;
  const { x, swatch } = legendAt;
  const mark = isLine
    ? xmlElement('line', { x1: x, x2: x + swatch, y1: y, y2: y, stroke: colour, 'stroke-width': 2 })
    : xmlElement('circle', { cx: x + swatch / 2, cy: y, r: 4, fill: colour });
  const text = { x: x + swatch + 8, y, fill: paint.css('--ink-2'), 'dominant-baseline': 'central' };
  return mark + xmlElement('text', text, xmlText(label));
}

/** A stage as a PNG, drawn by the device once more, off the screen. */
export async function figurePng(figure: Figure): Promise<Blob> {
  const { size, paint, axes } = figure;
  const drawing = await drawnLayers(figure);
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(size.width * pngScale);
  canvas.height = Math.round(size.height * pngScale);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('Expected a canvas to draw the picture on; the browser gave none');
  context.scale(pngScale, pngScale);
  context.fillStyle = paint.css('--surface-stage');
  context.fillRect(0, 0, size.width, size.height);
  for (const { kind, points } of axes.lines) {
    context.strokeStyle = paint.css(lineTokens[kind]);
    context.beginPath();
    for (const [px, py] of points) context.lineTo(px, py);
    context.stroke();
  }
  context.drawImage(drawing, 0, 0, size.width, size.height);
  context.font = `${fontPx}px ${fontFamily}`;
  context.textBaseline = 'middle';
  for (const { px, py, text, kind, anchor, isUpright = false } of axes.labels) {
    context.save();
    context.textAlign = anchor === 'middle' ? 'center' : 'left';
    context.fillStyle = paint.css(labelTokens[kind]);
    context.translate(px, py);
    if (isUpright) context.rotate(-Math.PI / 2);
    context.fillText(text, 0, 0);
    context.restore();
  }
  figure.legend.forEach((entry, row) => drawLegend(context, entry, row, paint));
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null)
        reject(new Error(`The browser made no picture of ${canvas.width}x${canvas.height} pixels`));
      else resolve(blob);
    }, 'image/png');
  });
}

/** The layers alone, on nothing. */
async function drawnLayers({ layers, size, camera, sight, selected, paint }: Figure): Promise<ImageBitmap> {
  const { Stage } = await import('./stage.ts');
  const canvas = document.createElement('canvas');
  const stage = new Stage(canvas, {
    onFrame: () => undefined,
    onContextLost: () => undefined,
    onContextRestored: () => undefined,
  });
  try {
    stage.resize(size, pngScale);
    stage.setRing(paint.colour('--ink'));
    stage.setSpace(sight.space);
    stage.look(camera);
    stage.setTime(sight.t);
    stage.emphasise(selected, null);
    stage.show(layers);
    stage.drawNow();
    return await createImageBitmap(canvas);
  } finally {
    stage.dispose();
  }
}

function drawLegend(
  context: CanvasRenderingContext2D,
  { label, colour, isLine = false }: LegendEntry,
  row: number,
  paint: Paint,
): void {
  const y = legendAt.y + row * legendAt.row;
  const { x, swatch } = legendAt;
  context.fillStyle = colour;
  context.beginPath();
  if (isLine) context.rect(x, y - 1, swatch, 2);
  else context.arc(x + swatch / 2, y, 4, 0, 2 * Math.PI);
  context.fill();
  context.textAlign = 'left';
  context.fillStyle = paint.css('--ink-2');
  context.fillText(label, x + swatch + 8, y);
}
