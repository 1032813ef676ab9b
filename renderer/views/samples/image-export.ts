import type { ViewFrame } from '#contract/frames.ts';
import { shortNumber, xmlElement, xmlText } from '../../export/xml.ts';
import { writeTile } from '../../scene/tile-pixels.ts';
import type { TileShape } from '../../scene/tile-pixels.ts';
import type { ExportArray } from '../../state/panes.svelte.ts';
import type { Paint } from '../../theme/paint.ts';
import { classText } from '../../ui/class-text.ts';
import type { ClassNames } from '../../ui/class-text.ts';
import { formatCount } from '../../ui/format.ts';
import type { LabelledSection, TileSource } from './tile-sources.ts';

/** Pixels of a sheet that every browser makes a picture of. */
const mostPixels = 2 ** 25;
const mostSide = 8192;
const headPx = 96;
const lineHeightPx = 14;
const footPx = 24;
const fontFamily = "'Inter Variable', Inter, 'Helvetica Neue', Arial, sans-serif";

export interface SheetPlan {
  /** Tiles beside each other. */
  readonly columns: number;
  /** Lines of tiles that are drawn. */
  readonly lines: readonly SheetLine[];
  /** Samples of each source that there was no room for. */
  readonly leftOut: number;
  /** Between two tiles, texels. */
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

interface SheetLine {
  readonly source: number;
  readonly first: number;
  readonly count: number;
  readonly title: string | null;
}

/**
 * Where the tiles of a file lie, a pixel a texel: all of them, unless the picture grew beyond what browsers
 * can make.
 *
 * @param columns  tiles beside each other on the screen
 * @param classNames  what sections with a label are called
 */
export function sheetPlan(
  sections: readonly LabelledSection[],
  sources: readonly Pick<TileSource, 'title'>[],
  tile: Pick<TileShape, 'width' | 'height'>,
  columns: number,
  classNames?: ClassNames,
): SheetPlan {
  const gap = Math.max(1, Math.round(Math.max(tile.width, tile.height) / 8));
  const [stepX, stepY] = [tile.width + gap, tile.height + gap];
  const longest = Math.max(1, ...sections.map(({ count }) => count));
  // A sheet is no scroll: what would be far higher than wide takes more columns than the screen has.
  const wanted = Math.max(columns, Math.ceil(Math.sqrt(longest * sources.length)));
  const across = Math.max(1, Math.min(wanted, longest, Math.floor((mostSide + gap) / stepX)));
  const width = across * stepX - gap;
  const most = Math.max(
    sources.length,
    Math.min(Math.floor((mostSide + gap) / stepY), Math.floor(mostPixels / (width * stepY))),
  );
  const lines: SheetLine[] = [];
  let shown = 0;
  const total = sections.reduce((sum, { count }) => sum + count, 0);
  for (const { first, count, label } of sections) {
    for (let from = 0; from < count && lines.length + sources.length <= most; from += across) {
      const here = Math.min(across, count - from);
      shown += here;
      sources.forEach(({ title }, source) => {
        const ofClass = label === null ? null : classText(classNames, label);
        const told = sources.length > 1 ? title : from === 0 ? ofClass : null;
        lines.push({ source, first: first + from, count: here, title: told });
      });
    }
  }
  return { columns: across, lines, leftOut: total - shown, gap, width, height: lines.length * stepY - gap };
}

interface Sheet {
  readonly plan: SheetPlan;
  readonly sources: readonly TileSource[];
  readonly tile: TileShape;
  readonly paint: Paint;
  /** Said below. */
  readonly note: string;
}

/** The tiles as one whole `<svg>` element: pixels inside, headings as text. */
export function sheetSvg({ plan, sources, tile, paint, note }: Sheet): string {
  // Small tiles are drawn larger, so that headings have room beside them.
  const scale = Math.max(1, Math.ceil(24 / tile.height));
  const hasHeads = plan.lines.some(({ title }) => title !== null);
  const left = hasHeads ? headPx : 0;
  const width = Math.max(left + plan.width * scale, 240);
  const height = plan.height * scale + footPx;
  const image = { width: plan.width * scale, height: plan.height * scale };
  const heads = plan.lines.flatMap(({ title }, line) => {
    if (title === null) return [];
    const y = line * (tile.height + plan.gap) * scale + lineHeightPx;
    const words = title.length > 15 ? `${title.slice(0, 14)}…` : title;
    return [xmlElement('text', { x: 0, y, fill: paint.css('--ink-2') }, xmlText(words))];
  });
  const leftOut = plan.leftOut > 0 ? `; ${formatCount(plan.leftOut)} more are not in the picture` : '';
  return xmlElement(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': fontFamily,
      'font-size': 11,
    },
    xmlElement('rect', { width, height, fill: paint.css('--surface-stage') }),
    xmlElement('image', {
      x: left,
      y: 0,
      ...image,
      style: 'image-rendering: pixelated',
      href: sheetImage(plan, sources, tile),
    }),
    ...heads,
    xmlElement(
      'text',
      { x: 0, y: shortNumber(height - 8), fill: paint.css('--ink-3') },
      xmlText(note + leftOut),
    ),
  );
}

/** A PNG in a `data:` address, a pixel a texel. */
function sheetImage(plan: SheetPlan, sources: readonly TileSource[], tile: TileShape): string {
  const bytes = new Uint8ClampedArray(plan.width * plan.height * 4);
  plan.lines.forEach(({ source, first, count }, line) => {
    const { values = null, look } = sources[source] ?? {};
    if (values === null || look === undefined) return;
    for (let column = 0; column < count; column += 1) {
      const at = line * (tile.height + plan.gap) * plan.width + column * (tile.width + plan.gap);
      writeTile({ bytes, at, stride: plan.width }, values, first + column, tile, look);
    }
  });
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [plan.width, plan.height];
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('Expected a canvas to draw the samples on; the browser gave none');
  context.putImageData(new ImageData(bytes, plan.width, plan.height), 0, 0);
  return canvas.toDataURL('image/png');
}

/** The numbers of the grid: all samples, decoded or not, their classes, and what stands beside them. */
export function imageArrays(
  frame: ViewFrame | null,
  shape: readonly number[],
  sources: readonly TileSource[],
): ExportArray[] {
  const points = frame?.arrays['points'];
  if (frame === null || points === undefined) return [];
  const { images, labels } = frame.arrays;
  const beside = sources.filter(({ values }) => values !== null && values !== points && values !== images);
  return [
    { name: 'points', shape: [frame.count, ...shape], values: points },
    ...(images && frame.imageShape
      ? [{ name: 'images', shape: [frame.count, ...frame.imageShape], values: images }]
      : []),
    ...(labels ? [{ name: 'labels', shape: [frame.count], values: labels }] : []),
    ...beside.map(({ title, values }) => ({
      name: title.toLowerCase(),
      shape: [frame.count, ...shape],
      values: values!,
    })),
  ];
}
