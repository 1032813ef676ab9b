import type { KeyVerdict, TensorDifference, TensorEntry, TensorStatistics } from '#contract/checkpoints.ts';
import { formatBytes, formatCount, formatNumber } from '../../ui/format.ts';
import type { ColumnId } from './columns.ts';
import { elementsOf } from './tree.ts';
import type { TreeRow } from './tree.ts';
import { changeWords, verdictWords } from './verdicts.ts';
import type { Change, Mark, Verdict } from './verdicts.ts';
import { shapeText } from './words.ts';

/** What is known of a tensor beside its entry; each null where it is not. */
export interface Known {
  readonly verdict: KeyVerdict | null;
  readonly difference: TensorDifference | null;
  readonly statistics: TensorStatistics | null;
}

/** What a cell of the tree shows. */
interface Cell {
  readonly text: string;
  readonly mark: Mark | null;
  readonly title?: string;
}

const empty: Cell = { text: '', mark: null };

export function cellOf(row: TreeRow, column: ColumnId, known: Known): Cell {
  const { bytes } = row.kind === 'folder' ? row.folder : row.entry;
  const parameters = row.kind === 'folder' ? row.folder.parameters : elementsOf(row.entry);
  if (column === 'bytes') return { text: formatBytes(bytes), mark: null, title: `${bytes} bytes` };
  if (column === 'parameters') return { text: shortCount(parameters), mark: null, title: String(parameters) };
  if (row.kind === 'folder') {
    return column === 'shape'
      ? {
          text: `${formatCount(row.folder.count)} ${row.folder.count === 1 ? 'tensor' : 'tensors'}`,
          mark: null,
        }
      : empty;
  }
  switch (column) {
    case 'shape':
      return { text: shapeText(row.entry.shape), mark: null };
    case 'dtype':
      return { text: row.entry.dtype, mark: null };
    case 'std':
      return known.statistics === null ? empty : stdCell(known.statistics);
    case 'verdict':
      return known.verdict === null
        ? empty
        : {
            text: verdictWords[known.verdict.verdict],
            mark: known.verdict.verdict,
            title: verdictText(known.verdict),
          };
    case 'change':
      return known.difference === null ? empty : changeCell(known.difference);
  }
}

function stdCell({ nans, infinities, std }: TensorStatistics): Cell {
  if (nans + infinities === 0) return { text: formatNumber(std), mark: null, title: String(std) };
  const parts = [
    nans > 0 ? `${formatCount(nans)} NaN` : '',
    infinities > 0 ? `${formatCount(infinities)} Inf` : '',
  ];
  const text = parts.filter((part) => part !== '').join(', ');
  return { text, mark: 'not-finite', title: `${text}: not finite` };
}

function changeCell({ change, relative, before, after }: TensorDifference): Cell {
  const mark = change;
  if (change === 'changed' && relative !== undefined) {
    return {
      text: relativeText(relative),
      mark,
      title: `${changeWords.changed}: ||b - a|| / ||a|| = ${relative}`,
    };
  }
  const shapes = [before, after].map((each) =>
    each === undefined ? '' : `${shapeText(each.shape)} ${each.dtype}`,
  );
  return { text: changeWords[change], mark, title: shapes.filter((shape) => shape !== '').join(', then ') };
}

/** A relative change as one reads it: `1.2 %`. */
export function relativeText(relative: number): string {
  return Number.isFinite(relative) ? `${formatNumber(100 * relative, 2)} %` : formatNumber(relative);
}

/** A count with three digits: `1.19 M`. */
function shortCount(count: number): string {
  if (count < 10_000) return formatCount(count);
  const [unit, by] = count < 1e6 ? ['k', 1e3] : count < 1e9 ? ['M', 1e6] : ['B', 1e9];
  return `${formatNumber(count / Number(by))} ${unit}`;
}

/** A verdict in a sentence: shapes that differ, or why it is left out. */
export function verdictText({ verdict, own, expected, found, why }: KeyVerdict): string {
  switch (verdict) {
    case 'matched':
      return own === undefined ? 'Part of the network' : `Becomes ${own}`;
    case 'shape-mismatch':
      return `Expected ${shapeText(expected ?? [])}, found ${shapeText(found ?? [])}`;
    case 'missing':
      return expected === undefined
        ? 'Expected, not in the file'
        : `Expected ${shapeText(expected)}, not in the file`;
    case 'unused':
      return why ?? 'Not part of the network';
  }
}

/** Which tensors are shown. */
export type Filter = 'all' | 'not-finite' | `verdict ${Verdict}` | `change ${Change}`;

export function passes(filter: Filter, { verdict, difference, statistics }: Known): boolean {
  if (filter === 'all') return true;
  if (filter === 'not-finite') return statistics !== null && statistics.nans + statistics.infinities > 0;
  return filter === `verdict ${verdict?.verdict}` || filter === `change ${difference?.change}`;
}

/** All tensors of the file, and after them those that are only in the file it is compared with. */
export function entriesWith(
  entries: readonly TensorEntry[],
  differences: readonly TensorDifference[],
): readonly TensorEntry[] {
  const added = differences.flatMap(({ change, after }) =>
    change === 'added' && after !== undefined ? [after] : [],
  );
  return added.length === 0 ? entries : [...entries, ...added];
}

/** The weights that are taken before those that lie beside them, else in the order of the file. */
export function chosenFirst(entries: readonly TensorEntry[], group: string): readonly TensorEntry[] {
  if (group === '') return entries;
  const isChosen = ({ name }: TensorEntry): boolean => name.startsWith(`${group}.`);
  return [...entries.filter(isChosen), ...entries.filter((entry) => !isChosen(entry))];
}
