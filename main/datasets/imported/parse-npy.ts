/** Points from and to NumPy's NPY format. */
import { type NpyArray, openNpy, requireExactLength } from './npy-array.ts';
import { type Points, requireSupportedDim } from './points.ts';
import { npyOf } from './write-npy.ts';

/**
 * Reads an array [n, d] of float or integer numbers, or [n] as d = 1, in either byte and memory order.
 *
 * @param file  name for messages
 * @throws WorkbenchError as {@link openNpy} and {@link requireExactLength}; `dataset/npy-shape`,
 *   `dataset/non-finite`, `dataset/unsupported-dim`, `dataset/empty`
 */
export function parseNpy(file: string, bytes: Uint8Array): Points {
  const array = openNpy(file, bytes);
  const { fortranOrder, fail } = array;
  const [count, dim] = extentOf(array);
  if (count === 0) fail('empty', 'expected points, found an array without rows');
  requireSupportedDim(dim, file);
  requireExactLength(array, count * dim);
  const values = new Float64Array(count * dim);
  for (let i = 0; i < values.length; i++) {
    const [row, column] = [Math.floor(i / dim), i % dim];
    const value = array.read(fortranOrder ? column * count + row : i);
    if (!Number.isFinite(value)) {
      const place = `${value} in row ${row + 1}, column ${column + 1}`;
      fail('non-finite', `expected a finite number, found ${place}`, { row: row + 1, column: column + 1 });
    }
    values[i] = value;
  }
  return { count, dim, values };
}

/** An NPY file of little-endian float64 in row order: no digit of the points is lost. */
export function npyFromPoints({ count, dim, values }: Points): Uint8Array<ArrayBuffer> {
  const data = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => data.setFloat64(i * 8, value, true));
  return npyOf('<f8', [count, dim], new Uint8Array(data.buffer));
}

function extentOf({ shape, itemBytes, fail }: NpyArray): [count: number, dim: number] {
  const shown = `(${shape.join(', ')})`;
  if (shape.length !== 1 && shape.length !== 2) {
    return fail('npy-shape', `expected an array [points, coordinates], found shape ${shown}`);
  }
  const [count, dim = 1] = shape as [number, number?];
  if (![count, dim, count * dim * itemBytes].every(Number.isSafeInteger)) {
    return fail('npy-shape', `expected sizes that a file can hold, found shape ${shown}`);
  }
  return [count, dim];
}
