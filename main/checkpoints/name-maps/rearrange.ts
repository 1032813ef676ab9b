import { sizeOfShape } from './shapes.ts';
import type { Rearrangement } from './mapping.ts';

/** Rows and columns of the square that is transposed at once: both sides stay in the nearest cache. */
const BLOCK = 32;

/**
 * The elements of `values`, row-major in `view`, in the order that `rearrangement` asks for.
 *
 * @param values  as many elements as `view` has  @returns an array of its own, or `values` itself where nothing moves
 */
export function rearranged(values: Float32Array, rearrangement: Rearrangement): Float32Array {
  const { view, axes, keep } = rearrangement;
  const strides = view.map((_, axis) => sizeOfShape(view.slice(axis + 1)));
  const kept = view.map((size, axis) => (keep?.axis === axis ? keep.size : size));
  const walk = joined(axes.map((axis) => ({ size: kept[axis]!, stride: strides[axis]! })));
  const size = sizeOfShape(kept);
  if (walk.length === 0 || (walk.length === 1 && walk[0]!.stride === 1)) {
    return size === values.length ? values : values.slice(0, size);
  }
  const out = new Float32Array(size);
  // Copied as bits: a NaN keeps its payload.
  const [from32, to32] = [bitsOf(values), bitsOf(out)];
  // The last two axes are one block; those before them are counted through.
  const outer = walk.slice(0, -2);
  const rows = walk.length > 1 ? walk.at(-2)! : { size: 1, stride: 0 };
  const columns = walk.at(-1)!;
  const place = outer.map(() => 0);
  let from = 0;
  for (let to = 0; to < size; to += rows.size * columns.size) {
    copyBlock(from32, from, to32, to, rows, columns);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const { size: length, stride } = outer[axis]!;
      from += stride;
      if (++place[axis]! < length) break;
      from -= stride * length;
      place[axis] = 0;
    }
  }
  return out;
}

/**
 * The rearrangement that undoes another.
 *
 * @param rearrangement  one that keeps every element
 */
export function inverseOf({ view, axes }: Rearrangement): Rearrangement {
  return {
    view: axes.map((axis) => view[axis]!),
    axes: axes.map((_, axis) => axes.indexOf(axis)),
  };
}

interface Axis {
  readonly size: number;
  /** Elements between neighbours in the source. */
  readonly stride: number;
}

/** The same walk over fewer axes: those of one entry left out, neighbours that lie together joined. */
function joined(axes: readonly Axis[]): Axis[] {
  const out: Axis[] = [];
  for (const axis of axes) {
    const last = out.at(-1);
    if (axis.size === 1) continue;
    if (last?.stride === axis.size * axis.stride) {
      out[out.length - 1] = { size: last.size * axis.size, stride: axis.stride };
    } else out.push(axis);
  }
  return out;
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function copyBlock(
  values: Uint32Array,
  from: number,
  out: Uint32Array,
  to: number,
  rows: Axis,
  columns: Axis,
): void {
  for (let top = 0; top < rows.size; top += BLOCK) {
    const bottom = Math.min(top + BLOCK, rows.size);
    for (let left = 0; left < columns.size; left += BLOCK) {
      const right = Math.min(left + BLOCK, columns.size);
      for (let row = top; row < bottom; row++) {
        let source = from + row * rows.stride + left * columns.stride;
        const base = to + row * columns.size;
        for (let column = left; column < right; column++, source += columns.stride) {
          out[base + column] = values[source]!;
        }
      }
    }
  }
}
