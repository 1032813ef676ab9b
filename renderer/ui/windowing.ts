/** Which rows of a long list are drawn, and the room that stands for the others. */
export interface RowWindow {
  /** First drawn row. */
  from: number;
  /** One past the last drawn row. */
  to: number;
  /** Height of the rows before and after, pixels. */
  before: number;
  after: number;
}

interface Scroll {
  count: number;
  /** Pixels; all rows have the same. */
  rowHeight: number;
  scrollTop: number;
  viewHeight: number;
}

/** Rows drawn beyond each edge, so that scrolling meets no hole before the next frame. */
const overscan = 6;

export function rowWindow({ count, rowHeight, scrollTop, viewHeight }: Scroll): RowWindow {
  const furthest = Math.max(0, count * rowHeight - viewHeight);
  const top = Math.min(furthest, Math.max(0, scrollTop));
  const from = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const to = Math.min(count, Math.ceil((top + viewHeight) / rowHeight) + overscan);
  return { from, to, before: from * rowHeight, after: (count - to) * rowHeight };
}

/** Where to scroll so that a row is in sight: the nearest place, or where it stands already. */
export function scrollToRow(
  row: number,
  { rowHeight, scrollTop, viewHeight }: Omit<Scroll, 'count'>,
): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  const lowest = top + rowHeight - viewHeight;
  return lowest > scrollTop ? Math.max(0, lowest) : scrollTop;
}
