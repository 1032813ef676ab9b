/**
 * Points from delimited text: comma, semicolon, tab or white space; `#` comments; cells in double
 * quotes; an optional header. Every step takes time in proportion to the text.
 */
import { WorkbenchError } from '#contract/errors.ts';
import { type Points, requireSupportedDim } from './points.ts';

interface Line {
  readonly text: string;
  /** As long as the text, with nothing but quotes where it is quoted: to look for marks in. */
  readonly masked: string;
}

/**
 * @param file  name for messages
 * @throws WorkbenchError `dataset/not-text`, `dataset/empty`, `dataset/unsupported-dim`,
 *   `dataset/ragged-row`, `dataset/not-a-number`, `dataset/non-finite`; `detail` has `file` and, where
 *   there is one, the row and column as an editor counts them
 */
export function parseCsv(file: string, bytes: Uint8Array): Points {
  const lines = textOf(file, bytes)
    .split(/\r\n|\n|\r/)
    .map(lineOf);
  const delimiter = delimiterOf(lines);
  const values: number[] = [];
  let first: { row: number; dim: number } | undefined;
  for (const [i, line] of lines.entries()) {
    if (line.text === '') continue;
    const row = i + 1;
    const cells = cellsOf(line, delimiter);
    if (first === undefined) {
      requireSupportedDim(cells.length, file);
      first = { row, dim: cells.length };
      if (cells.every(isName)) continue;
    }
    if (cells.length !== first.dim) {
      throw new WorkbenchError(
        'dataset/ragged-row',
        `expected ${first.dim} columns as in row ${first.row}, found ${cells.length} in row ${row} of ${file}`,
        { file, row, expected: first.dim, found: cells.length },
      );
    }
    cells.forEach((cell, column) => values.push(finiteNumber(cell, { file, row, column: column + 1 })));
  }
  if (first === undefined || values.length === 0) {
    throw new WorkbenchError('dataset/empty', `expected rows of numbers, found none in ${file}`, { file });
  }
  const { dim } = first;
  return { count: values.length / dim, dim, values: Float64Array.from(values) };
}

function textOf(file: string, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte-order mark
    // Valid in UTF-8 and in no text: a sign of another kind of file.
    if (!text.includes('\0')) return text;
  } catch {
    // Refused below, with the other kind.
  }
  throw new WorkbenchError(
    'dataset/not-text',
    `expected UTF-8 text or an NPY file, found other bytes in ${file}`,
    { file },
  );
}

/** Without its comment and the space around it. */
function lineOf(whole: string): Line {
  const masked = whole.replace(/"[^"]*"/g, (quoted) => '"'.repeat(quoted.length));
  const comment = masked.indexOf('#');
  const kept = (comment < 0 ? whole : whole.slice(0, comment)).trimEnd();
  const start = kept.length - kept.trimStart().length;
  return { text: kept.slice(start), masked: masked.slice(start, kept.length) };
}

/** The first delimiter that any row has, in order of how surely it is one. */
function delimiterOf(lines: readonly Line[]): RegExp {
  return [/;/g, /\t/g, /,/g].find((mark) => lines.some(({ masked }) => masked.search(mark) >= 0)) ?? /\s+/g;
}

function cellsOf({ text, masked }: Line, delimiter: RegExp): string[] {
  const cells: string[] = [];
  let start = 0;
  for (const mark of masked.matchAll(delimiter)) {
    cells.push(text.slice(start, mark.index));
    start = mark.index + mark[0].length;
  }
  cells.push(text.slice(start));
  return cells.map((cell) => {
    const trimmed = cell.trim();
    return /^"[^"]*"$/.test(trimmed) ? trimmed.slice(1, -1).trim() : trimmed;
  });
}

const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i;

/** True for a column's name in a header. A cell that was meant as a value is not one, however damaged. */
function isName(cell: string): boolean {
  return cell !== '' && !/^[+-]?\.?\d/.test(cell) && !NOT_FINITE.test(cell);
}

function finiteNumber(cell: string, at: { file: string; row: number; column: number }): number {
  const value = numberOf(cell);
  if (Number.isFinite(value)) return value;
  const { file, row, column } = at;
  const isTooLarge = value === Infinity || value === -Infinity;
  const isNumber = isTooLarge || NOT_FINITE.test(cell);
  const hasDecimalComma = /^[+-]?\d*,\d/.test(cell);
  const expected = isNumber
    ? 'a finite number'
    : hasDecimalComma
      ? 'a number with a decimal point'
      : 'a number';
  const found = cell.slice(0, 40);
  throw new WorkbenchError(
    isNumber ? 'dataset/non-finite' : 'dataset/not-a-number',
    `expected ${expected}, found ${JSON.stringify(found)} in row ${row}, column ${column} of ${file}`,
    { file, row, column, found },
  );
}

/** NaN for anything but a decimal number; Number() alone would read '' as 0 and '0x10' as 16. */
function numberOf(cell: string): number {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(cell) ? Number(cell) : NaN;
}
