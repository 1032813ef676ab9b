import type { Size } from './camera.ts';

/** Samples that follow one another under one heading, e.g. those of a class. */
export interface TileSection {
  /** Index of its first sample. */
  readonly first: number;
  readonly count: number;
}

/** What is laid out. All lengths are device pixels. */
export interface TilePlan {
  /** Of a tile, texels. */
  readonly tile: Size;
  readonly sections: readonly TileSection[];
  /** Samples of one source. */
  readonly count: number;
  /** Rows below each other that belong together: the same samples of so many sources. */
  readonly sources: number;
  readonly view: Size;
  /** Device pixels of a CSS pixel. */
  readonly pixelRatio: number;
  /** Room for headings before the tiles. */
  readonly gutter: number;
}

/** Where tiles lie. Lines are rows of tiles, counted from the top. */
export interface TileLayout {
  /** Device pixels of a texel, or one over the texels of a pixel. */
  readonly scale: number;
  readonly columns: number;
  readonly lineCount: number;
  readonly side: Size;
  /** Between two tiles; even. */
  readonly gap: number;
  /** Before the first tile. */
  readonly left: number;
  readonly top: number;
  /** Beyond the gap between rows of different samples, where there are several sources. */
  readonly blockGap: number;
  readonly sources: number;
  readonly sections: readonly TileSection[];
  /** Line at which each section begins. */
  readonly starts: readonly number[];
  readonly count: number;
  /** Of all, with the room around. */
  readonly height: number;
}

/** One row of tiles. */
export interface TileLine {
  readonly section: number;
  readonly source: number;
  /** Index of its first sample. */
  readonly first: number;
  readonly count: number;
  /** Place of its first sample in its section. */
  readonly offset: number;
}

/** One tile: sample `index` of a source. */
export interface TilePlace {
  readonly source: number;
  readonly index: number;
}

const gapCssPx = 4;
const padCssPx = 8;
const blockGapCssPx = 10;
/** A tile that has room is not made smaller than this to show all of them at once. */
const readableCssPx = 26;
const largestCssPx = 900;
const smallestPx = 4;

/** Sizes at which texels stay squares: whole pixels of a texel, or whole texels of a pixel. */
export function scalesOf(tile: Size, pixelRatio: number): number[] {
  const longest = Math.max(tile.width, tile.height);
  const shrunk = [16, 12, 8, 6, 4, 3, 2].filter((by) => longest / by >= smallestPx).map((by) => 1 / by);
  const grown: number[] = [];
  for (let by = 1; by === 1 || by * longest <= largestCssPx * pixelRatio; by = nextScale(by)) grown.push(by);
  return [...shrunk, ...grown];
}

/** In steps of about an eighth. */
function nextScale(by: number): number {
  return by + Math.max(1, Math.floor(by / 8));
}

/** The layout at a scale; the largest at which all is in sight, but readable, if there is none. */
export function layoutTiles(plan: TilePlan, scale: number | null): TileLayout {
  if (scale !== null) return layoutAt(plan, scale);
  const scales = scalesOf(plan.tile, plan.pixelRatio);
  const readable = scales.filter((each) => sideOf(plan.tile, each).width >= readableCssPx * plan.pixelRatio);
  const candidates = readable.length > 0 ? readable : scales.slice(-1);
  for (const each of candidates.toReversed()) {
    const layout = layoutAt(plan, each);
    if (layout.height <= plan.view.height && fitsAcross(plan, layout)) return layout;
  }
  return layoutAt(plan, candidates[0] ?? 1);
}

function fitsAcross({ view, gutter }: TilePlan, { side, left }: TileLayout): boolean {
  return gutter + side.width + 2 * Math.min(left, 8) <= view.width;
}

function sideOf(tile: Size, scale: number): Size {
  return {
    width: Math.max(1, Math.round(tile.width * scale)),
    height: Math.max(1, Math.round(tile.height * scale)),
  };
}

function layoutAt(plan: TilePlan, scale: number): TileLayout {
  const { tile, sections, count, sources, view, pixelRatio, gutter } = plan;
  const side = sideOf(tile, scale);
  // Half of it belongs to either neighbour.
  const gap = 2 * Math.max(1, Math.round((gapCssPx * pixelRatio) / 2));
  const pad = Math.round(padCssPx * pixelRatio);
  const longest = Math.max(1, ...sections.map((section) => section.count));
  const room = view.width - gutter - 2 * pad + gap;
  const columns = Math.max(1, Math.min(longest, Math.floor(room / (side.width + gap))));
  const blockGap = sources > 1 ? Math.round(blockGapCssPx * pixelRatio) : 0;
  const starts: number[] = [];
  let lineCount = 0;
  for (const section of sections) {
    starts.push(lineCount);
    lineCount += Math.ceil(section.count / columns) * sources;
  }
  const blocks = lineCount / sources;
  const across = columns * (side.width + gap) - gap;
  const down = lineCount * (side.height + gap) - gap + Math.max(0, blocks - 1) * blockGap;
  const spareAcross = view.width - gutter - across;
  const spareDown = view.height - down;
  return {
    scale,
    columns,
    lineCount,
    side,
    gap,
    left: gutter + (gutter > 0 ? pad : Math.max(pad, Math.floor(spareAcross / 2))),
    top: Math.max(pad, gutter > 0 ? pad : Math.floor(spareDown / 2)),
    blockGap,
    sources,
    sections,
    starts,
    count,
    height: down + 2 * pad,
  };
}

/** Distance from the top of a row of blocks to the next. */
export function blockStep({ side, gap, sources, blockGap }: TileLayout): number {
  return sources * (side.height + gap) + blockGap;
}

export function lineTop(layout: TileLayout, line: number): number {
  const { top, side, gap, sources } = layout;
  return top + Math.floor(line / sources) * blockStep(layout) + (line % sources) * (side.height + gap);
}

/** The line at a height, from half a gap above it to half a gap below; may lie beyond the last. */
function lineAt(layout: TileLayout, y: number): number | null {
  const { top, side, gap, sources } = layout;
  const from = y - top + gap / 2;
  if (from < 0) return null;
  const block = Math.floor(from / blockStep(layout));
  const source = Math.floor((from - block * blockStep(layout)) / (side.height + gap));
  return source < sources ? block * sources + source : null;
}

/** @returns null beyond the last */
export function lineOf(layout: TileLayout, line: number): TileLine | null {
  const { sections, starts, columns, sources, lineCount } = layout;
  if (line < 0 || line >= lineCount) return null;
  const section = lastAtMost(starts, line);
  const { first, count } = sections[section]!;
  const offset = Math.floor((line - starts[section]!) / sources) * columns;
  return {
    section,
    source: line % sources,
    first: first + offset,
    count: Math.min(columns, count - offset),
    offset,
  };
}

/** The last of ascending numbers that is at most this. */
function lastAtMost(ascending: readonly number[], most: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ascending[middle]! <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Lines of which something lies between two heights: from the first to before the second. */
export function linesBetween(layout: TileLayout, from: number, to: number): [number, number] {
  const { top, sources, lineCount } = layout;
  const step = blockStep(layout);
  const first = Math.max(0, Math.floor((from - top) / step)) * sources;
  const last = Math.max(0, Math.ceil((to - top) / step)) * sources;
  return [Math.min(first, lineCount), Math.min(last, lineCount)];
}

/** The tile at a place, half a gap around it included. */
export function tileAt(layout: TileLayout, x: number, y: number): TilePlace | null {
  const line = lineAt(layout, y);
  const found = line === null ? null : lineOf(layout, line);
  if (found === null) return null;
  const column = Math.floor((x - layout.left + layout.gap / 2) / (layout.side.width + layout.gap));
  if (column < 0 || column >= found.count) return null;
  return { source: found.source, index: found.first + column };
}

/** Line and column of a tile; null where there is none. */
export function lineAndColumn(layout: TileLayout, { source, index }: TilePlace): [number, number] | null {
  const { sections, starts, columns, sources } = layout;
  const section = sections.findIndex(({ first, count }) => index >= first && index < first + count);
  if (section < 0 || source < 0 || source >= sources) return null;
  const within = index - sections[section]!.first;
  return [starts[section]! + Math.floor(within / columns) * sources + source, within % columns];
}

/** Upper left corner of a tile. */
export function cornerOf(layout: TileLayout, place: TilePlace): { x: number; y: number } | null {
  const found = lineAndColumn(layout, place);
  if (found === null) return null;
  const [line, column] = found;
  return { x: layout.left + column * (layout.side.width + layout.gap), y: lineTop(layout, line) };
}

/** Samples whose tile, of any source, meets a box, each once. */
export function tilesIn(
  layout: TileLayout,
  box: { left: number; top: number; right: number; bottom: number },
): number[] {
  const { left, side, gap } = layout;
  const [from, to] = linesBetween(layout, box.top, box.bottom);
  const firstColumn = Math.max(0, Math.ceil((box.left - left - side.width) / (side.width + gap)));
  const lastColumn = Math.floor((box.right - left) / (side.width + gap));
  const found = new Set<number>();
  for (let line = from; line < to; line += 1) {
    const y = lineTop(layout, line);
    if (y > box.bottom || y + side.height < box.top) continue;
    const { first, count } = lineOf(layout, line)!;
    for (let column = firstColumn; column <= Math.min(lastColumn, count - 1); column += 1)
      found.add(first + column);
  }
  return [...found];
}

/** Four numbers a line, for the device: first tile, tiles, place in the section, source. */
export function lineTable(layout: TileLayout): Int32Array<ArrayBuffer> {
  const table = new Int32Array(layout.lineCount * 4);
  for (let line = 0; line < layout.lineCount; line += 1) {
    const { source, first, count, offset } = lineOf(layout, line)!;
    table.set([source * layout.count + first, count, offset, source], 4 * line);
  }
  return table;
}
