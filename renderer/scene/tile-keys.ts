import { lineAndColumn, lineOf } from './tile-layout.ts';
import type { TileLayout, TilePlace } from './tile-layout.ts';

/**
 * Where a key leads from a tile: arrows to its neighbours, Page keys a stage further, Home and End to both
 * ends. Up and down keep the column as far as a line has it.
 *
 * @param pageLines  lines that are in sight
 * @returns null for other keys
 */
export function tileByKey(
  layout: TileLayout,
  place: TilePlace,
  key: string,
  pageLines: number,
): TilePlace | null {
  const { sources, lineCount } = layout;
  const found = lineAndColumn(layout, place) ?? [0, 0];
  const [line, column] = found;
  const page = Math.max(1, Math.floor(pageLines / sources)) * sources;
  switch (key) {
    case 'ArrowLeft':
      return column > 0 ? at(layout, line, column - 1) : (at(layout, line - sources, Infinity) ?? place);
    case 'ArrowRight': {
      const isLast = column + 1 >= (lineOf(layout, line)?.count ?? 0);
      return isLast ? (at(layout, line + sources, 0) ?? place) : at(layout, line, column + 1);
    }
    case 'ArrowUp':
      return at(layout, line - 1, column) ?? place;
    case 'ArrowDown':
      return at(layout, line + 1, column) ?? place;
    case 'PageUp':
      return at(layout, Math.max(line % sources, line - page), column) ?? place;
    case 'PageDown':
      return at(layout, Math.min(lineCount - sources + (line % sources), line + page), column) ?? place;
    case 'Home':
      return at(layout, place.source, 0);
    case 'End':
      return at(layout, lineCount - sources + place.source, Infinity);
    default:
      return null;
  }
}

/** The tile of a line that is nearest to a column; null beyond the lines. */
function at(layout: TileLayout, line: number, column: number): TilePlace | null {
  const found = lineOf(layout, line);
  if (found === null || found.count <= 0) return null;
  return { source: found.source, index: found.first + Math.min(column, found.count - 1) };
}
