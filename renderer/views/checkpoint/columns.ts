export type ColumnId = 'shape' | 'dtype' | 'bytes' | 'parameters' | 'std' | 'verdict' | 'change';

interface Column {
  readonly id: ColumnId;
  readonly title: string;
  /** Pixels. */
  readonly width: number;
  readonly isNumber: boolean;
}

const columns: readonly Column[] = [
  { id: 'shape', title: 'Shape', width: 128, isNumber: false },
  { id: 'dtype', title: 'Dtype', width: 72, isNumber: false },
  { id: 'bytes', title: 'Size', width: 72, isNumber: true },
  { id: 'parameters', title: 'Parameters', width: 84, isNumber: true },
  { id: 'std', title: 'Std', width: 84, isNumber: true },
  { id: 'verdict', title: 'Verdict', width: 104, isNumber: false },
  { id: 'change', title: 'Change', width: 128, isNumber: false },
];

/** What names keep, pixels. */
const leastName = 220;
/** Left out first where there is little room. */
const dispensable: readonly ColumnId[] = ['dtype', 'parameters', 'bytes', 'std'];

/** The columns that are shown beside the names: those that say something, and fit. */
export function columnsFor(
  width: number,
  shown: { readonly verdicts: boolean; readonly changes: boolean; readonly statistics: boolean },
): readonly Column[] {
  let kept = columns.filter(
    ({ id }) =>
      (id !== 'verdict' || shown.verdicts) &&
      (id !== 'change' || shown.changes) &&
      (id !== 'std' || shown.statistics),
  );
  for (const id of dispensable) {
    const taken = kept.reduce((sum, column) => sum + column.width, 0);
    if (taken + leastName <= width) break;
    kept = kept.filter((column) => column.id !== id);
  }
  return kept;
}

/** Tracks of the grid that rows and head share. */
export function tracksOf(kept: readonly Column[]): string {
  return ['minmax(0, 1fr)', ...kept.map(({ width }) => `${width}px`)].join(' ');
}
