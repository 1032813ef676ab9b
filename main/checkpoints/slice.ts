/** A picture's worth of a tensor: its last two dimensions, thinned. */
import type { TensorSlice } from '#contract/checkpoints.ts';
import type { Checkpoint, TensorInfo } from './checkpoint.ts';
import { floatsOf } from './elements.ts';
import { bytesOf, elementCount } from './pieces.ts';
import { quoted, refusal } from './refusal.ts';
import { findTensor } from './statistics.ts';

/** Elements further apart than this are read one by one, nearer ones with what lies between. */
const FAR_BYTES = 4096;

/**
 * The last two dimensions of a tensor at `at` of those before, thinned to at most `most` rows and
 * columns by taking every nth; a vector is one row. Reads little more than what it returns.
 *
 * @param at  an index for each leading dimension; 0 for those left out
 * @param onRow  called between rows; throw from it to stop
 * @throws WorkbenchError `checkpoint/slice-range` for an index outside the tensor, `unknown-tensor`,
 *   `unsupported-dtype`, `inexact-integer`
 */
export function sliceOf(
  checkpoint: Checkpoint,
  name: string,
  at: readonly number[],
  most: number,
  onRow?: () => void,
): TensorSlice {
  const info = findTensor(checkpoint, name);
  const { shape } = info;
  const ofColumns = shape.at(-1) ?? 1;
  const ofRows = shape.length < 2 ? 1 : shape.at(-2)!;
  if (elementCount(shape) === 0) {
    return { name, rows: 0, columns: 0, ofRows, ofColumns, values: new Float32Array(0) };
  }
  const rowStep = Math.max(1, Math.ceil(ofRows / most));
  const columnStep = Math.max(1, Math.ceil(ofColumns / most));
  const rows = Math.ceil(ofRows / rowStep);
  const columns = Math.ceil(ofColumns / columnStep);
  const values = new Float32Array(rows * columns);
  const start = startOf(info, at) * ofRows * ofColumns;
  for (let row = 0; row < rows; row++) {
    onRow?.();
    const from = start + row * rowStep * ofColumns;
    values.set(thinned(checkpoint, info, from, ofColumns, columnStep, columns), row * columns);
  }
  return { name, rows, columns, ofRows, ofColumns, values };
}

/** Index of the slice among all of them. */
function startOf({ name, shape }: TensorInfo, at: readonly number[]): number {
  const leading = shape.slice(0, Math.max(0, shape.length - 2));
  const isInside =
    at.length <= leading.length &&
    leading.every((size, axis) => (at[axis] ?? 0) >= 0 && (at[axis] ?? 0) < size);
  if (!isInside) {
    throw refusal(
      'slice-range',
      `tensor ${quoted(name)}`,
      `an index into [${leading.join(', ')}]`,
      `[${at.join(', ')}]`,
    );
  }
  return leading.reduce((index, size, axis) => index * size + (at[axis] ?? 0), 0);
}

function thinned(
  checkpoint: Checkpoint,
  info: TensorInfo,
  from: number,
  width: number,
  step: number,
  count: number,
): Float32Array {
  const { name, dtype, shape } = info;
  const out = new Float32Array(count);
  if (step * (bytesOf(info) / elementCount(shape)) > FAR_BYTES) {
    for (let i = 0; i < count; i++) {
      const place = from + i * step;
      for (const piece of checkpoint.pieces(name, place, place + 1)) out[i] = floatsOf(piece, dtype)[0]!;
    }
    return out;
  }
  let done = 0;
  let next = 0;
  for (const piece of checkpoint.pieces(name, from, from + width)) {
    const values = floatsOf(piece, dtype);
    for (; next < done + values.length; next += step) out[next / step] = values[next - done]!;
    done += values.length;
  }
  return out;
}
