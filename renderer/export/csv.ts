import type { ExportArray } from '../state/panes.svelte.ts';

/** Rows that one string of the file holds. */
const rowsPerPart = 2000;
/** Fewest and most digits that it takes to tell a float32 from its neighbours. */
const fewestDigits = 6;
const mostDigits = 9;

/**
 * Arrays as a CSV file, as parts for a Blob: comments, a header, and one row per sample.
 *
 * Arrays whose first axis is as long as that of the first one are columns, one per element of a row:
 * `points [N, 2]` is `points_0,points_1`. Others, such as the times of a path, are comments.
 * Numbers have as many digits as it takes to read the same ones back.
 *
 * @param about  JSON on one line; it becomes the first comment
 */
export function csvParts(arrays: readonly ExportArray[], about: string): string[] {
  const rows = arrays[0]?.shape[0] ?? 0;
  const columns = arrays.filter(({ shape }) => shape[0] === rows && shape.length > 0);
  const others = arrays.filter((array) => !columns.includes(array));
  const comments = others.map(
    ({ name, shape, values }) => `# ${name} [${shape.join(' ')}]: ${texts(values).join(' ')}\n`,
  );
  const header = columns.flatMap(columnNames).join(',');
  const parts = [`# fewstep: ${about}\n`, ...comments, `${header}\n`];
  for (let from = 0; from < rows; from += rowsPerPart) {
    const to = Math.min(rows, from + rowsPerPart);
    let part = '';
    for (let row = from; row < to; row += 1) part += `${rowText(columns, rows, row)}\n`;
    parts.push(part);
  }
  return parts;
}

/** The shortest text that reads back as the same number. */
export function numberText(value: number, isSingle: boolean): string {
  // `String` and `toPrecision` forget the sign of zero.
  if (Object.is(value, -0)) return '-0';
  if (!isSingle || !Number.isFinite(value)) return String(value);
  for (let digits = fewestDigits; digits < mostDigits; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(mostDigits)));
}

function texts(values: Float32Array | Float64Array): string[] {
  const isSingle = values instanceof Float32Array;
  return Array.from(values, (value) => numberText(value, isSingle));
}

function rowText(columns: readonly ExportArray[], rows: number, row: number): string {
  return columns
    .flatMap(({ values }) => {
      const width = values.length / rows;
      return texts(values.subarray(row * width, (row + 1) * width));
    })
    .join(',');
}

/** `name`, or `name_0`, `name_1`, ..., with an index per axis behind the first. */
function columnNames({ name, shape }: ExportArray): string[] {
  let names = [name];
  for (const size of shape.slice(1)) {
    names = names.flatMap((each) => Array.from({ length: size }, (_, index) => `${each}_${index}`));
  }
  return names.map(quoted);
}

/** A comma or a quote in a run's name must not end the field. */
function quoted(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""').replace(/[\n\r]+/g, ' ')}"` : name;
}
