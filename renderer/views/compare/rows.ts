import type { MethodEntry } from '#contract/catalog.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { CellAsk } from '../../state/comparison.svelte.ts';
import { askableOf, askedOf } from '../asked.ts';
import type { Wanted } from '../asked.ts';
import { hasSameData, noiseDimOf } from '../noise.ts';

/** Rows unless someone chooses, and the most that can be chosen. */
const byDefault = 4;
export const mostRows = 8;
/** Images that a cell has room for. */
export const mostImages = 100;
/** Columns that fit beside each other. */
export const mostColumns = 8;

/** One row of the matrix. */
export interface Row {
  readonly run: RunSummary;
  readonly method: MethodEntry;
  /** Colour token. */
  readonly colour: string;
  /** Numbers of its noise, null where it has as many as its data. */
  readonly noiseDim: number | null;
  /** What is computed, by column; null where a one-step generator has nothing to show. */
  readonly asks: readonly (CellAsk | null)[];
}

/** What is the same in every cell. */
export interface CellSettings extends Wanted {
  readonly nfes: readonly number[];
  readonly count: number;
  readonly seed: number;
}

/**
 * The runs that are compared until someone chooses: the selected one with those laid over it, or else
 * with the newest finished ones of the same data.
 *
 * @param comparable  runs that have samples, newest first
 */
export function defaultRuns(
  selected: RunSummary | null,
  overlaid: ReadonlySet<string>,
  comparable: readonly RunSummary[],
): RunSummary[] {
  const own = comparable.filter(({ id }) => id === selected?.id || overlaid.has(id));
  if (own.length > 1) return own.slice(0, mostRows);
  const finished = comparable.filter(
    (run) =>
      run.status === 'finished' &&
      run.id !== selected?.id &&
      (selected === null || hasSameData(run, selected)),
  );
  return [...own, ...finished].slice(0, byDefault);
}

/** @param step  training step of the parameters that the row shows */
export function rowOf(
  run: RunSummary,
  {
    method,
    colour,
    step,
    settings,
  }: { method: MethodEntry; colour: string; step: number; settings: CellSettings },
): Row {
  const { nfes, count, seed } = settings;
  const asked = askedOf(askableOf(run, method), settings);
  const shown = run.sampleShape?.length === 3 ? Math.min(count, mostImages) : count;
  const has = (nfe: number): boolean => method.produces !== 'generator' || nfe === 1;
  // Where its teacher takes the noise is the same whatever the evaluations: it comes with the first cell.
  const first = nfes.findIndex(has);
  return {
    run,
    method,
    colour,
    noiseDim: noiseDimOf(run, method),
    asks: nfes.map((nfe, column) =>
      has(nfe)
        ? {
            run: run.id,
            step,
            nfe,
            count: shown,
            seed,
            ...asked,
            withTeacher: method.needsTeacher && column === first,
          }
        : null,
    ),
  };
}

/** All cells in the order in which they are computed: the first column of every row, then the next. */
export function asksInOrder(rows: readonly Row[]): CellAsk[] {
  const columns = rows[0]?.asks.length ?? 0;
  return Array.from({ length: columns }, (_, column) => rows.map(({ asks }) => asks[column] ?? null))
    .flat()
    .filter((ask) => ask !== null);
}

/**
 * Numbers of evaluations as a person writes them: `1 2 4 8` or `1, 2, 4`.
 *
 * @returns ascending, each once; null for anything else
 */
export function nfesFromText(text: string): number[] | null {
  const words = text.split(/[\s,;]+/).filter((word) => word !== '');
  const numbers = words.map(Number);
  const fits = numbers.every((each) => Number.isInteger(each) && each >= 1 && each <= 1000);
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  return fits && distinct.length > 0 && distinct.length <= mostColumns ? distinct : null;
}

/** Pieces of a list, each of `length` but the last. */
export function inRowsOf<T>(list: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, row) =>
    list.slice(row * length, (row + 1) * length),
  );
}
