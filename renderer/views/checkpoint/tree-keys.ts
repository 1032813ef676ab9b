import { parentRow } from './tree.ts';
import type { TreeRow } from './tree.ts';

/**
 * What a key does in a tree, as the ARIA pattern has it.
 *
 * @param page  rows that PageUp and PageDown go
 * @returns the row to go to; `fold` opens or closes the active one, `choose` acts on it; null for other keys
 */
export function moveIn(
  rows: readonly TreeRow[],
  active: number,
  key: string,
  page: number,
): number | 'fold' | 'choose' | null {
  const row = rows[active];
  const last = rows.length - 1;
  if (row === undefined) return null;
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, active + 1);
    case 'ArrowUp':
      return Math.max(0, active - 1);
    case 'PageDown':
      return Math.min(last, active + page);
    case 'PageUp':
      return Math.max(0, active - page);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'ArrowRight':
      if (row.kind === 'tensor') return active;
      return row.isOpen ? Math.min(last, active + 1) : 'fold';
    case 'ArrowLeft':
      if (row.kind === 'folder' && row.isOpen) return 'fold';
      return parentRow(rows, active) ?? active;
    case 'Enter':
    case ' ':
      return 'choose';
    default:
      return null;
  }
}
