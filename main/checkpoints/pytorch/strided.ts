/** The elements of strided views in row-major order. */
import { PIECE_BYTES } from '../checkpoint.ts';
import { refusal } from '../refusal.ts';
import { elementBytes, spanOf } from './storages.ts';
import type { PyTensor } from './storages.ts';

/** Views with holes are gathered from memory if they span at most this many bytes of their storage. */
const MAX_SPAN_BYTES = 256 * 2 ** 20;
/** Below this many bytes that lie side by side, reading them one by one takes hours. */
const MIN_RUN_BYTES = 1024;

/** Bytes of the tensor's record, from `start`. */
type ReadRecord = (start: number, length: number) => Uint8Array;

/** Dimensions of the view that go past each other in memory, with those of size 1 left out. */
function runOf({ shape, strides }: PyTensor): { axes: number; elements: number } {
  let elements = 1;
  let axes = shape.length;
  while (axes > 0 && (shape[axes - 1] === 1 || strides[axes - 1] === elements)) {
    elements *= shape[axes - 1]!;
    axes--;
  }
  return { axes, elements };
}

/**
 * Elements `from` up to `to`, in pieces of whole elements and at most {@link PIECE_BYTES}.
 *
 * @throws WorkbenchError `checkpoint/storage-budget` for a view whose elements lie scattered over more
 *   than 256 MiB
 */
export function* stridedPieces(
  view: PyTensor,
  from: number,
  to: number,
  where: string,
  read: ReadRecord,
): Generator<Uint8Array> {
  if (from === to) return;
  const width = elementBytes(view.dtype);
  const { axes, elements } = runOf(view);
  if (axes === 0) {
    for (let at = from; at < to; at += PIECE_BYTES / width) {
      const count = Math.min(PIECE_BYTES / width, to - at);
      yield read(view.start + at * width, count * width);
    }
    return;
  }
  const spanBytes = spanOf(view.shape, view.strides) * width;
  if (spanBytes <= MAX_SPAN_BYTES) {
    yield* gathered(view, from, to, read(view.start, spanBytes));
  } else if (elements * width >= MIN_RUN_BYTES) {
    yield* runs(view, from, to, axes, elements, read);
  } else {
    throw refusal(
      'storage-budget',
      where,
      `a view that spans at most ${MAX_SPAN_BYTES} bytes`,
      `${spanBytes}`,
    );
  }
}

/** Reads what lies side by side at once. */
function* runs(
  view: PyTensor,
  from: number,
  to: number,
  axes: number,
  elements: number,
  read: ReadRecord,
): Generator<Uint8Array> {
  const width = elementBytes(view.dtype);
  for (let at = from; at < to;) {
    const inside = at % elements;
    const count = Math.min(elements - inside, to - at, PIECE_BYTES / width);
    let place = inside;
    let rest = Math.floor(at / elements);
    for (let axis = axes - 1; axis >= 0; axis--) {
      place += (rest % view.shape[axis]!) * view.strides[axis]!;
      rest = Math.floor(rest / view.shape[axis]!);
    }
    yield read(view.start + place * width, count * width);
    at += count;
  }
}

/** Unsigned words of the elements' width: copied as bits, so that NaN payloads stay. */
const WORDS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

function* gathered(view: PyTensor, from: number, to: number, span: Uint8Array): Generator<Uint8Array> {
  const width = elementBytes(view.dtype) as keyof typeof WORDS;
  const Words = WORDS[width] as typeof Uint32Array;
  const source = new Words(span.buffer, span.byteOffset, span.length / width);
  const { shape, strides } = view;
  const index = indexOf(from, shape);
  const rank = shape.length;
  const inner = shape[rank - 1]!;
  const step = strides[rank - 1]!;
  for (let at = from; at < to;) {
    const count = Math.min(PIECE_BYTES / width, to - at);
    const piece = new Words(count);
    for (let done = 0; done < count;) {
      const row = index.reduce((sum, i, axis) => sum + i * strides[axis]!, 0);
      const length = Math.min(inner - index[rank - 1]!, count - done);
      for (let i = 0; i < length; i++) piece[done + i] = source[row + i * step]!;
      done += length;
      advance(index, length, shape);
    }
    at += count;
    yield new Uint8Array(piece.buffer);
  }
}

function indexOf(element: number, shape: readonly number[]): number[] {
  const index = shape.map(() => 0);
  for (let axis = shape.length - 1, rest = element; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return index;
}

/** Steps `by` elements along the last dimension, at most to its end. */
function advance(index: number[], by: number, shape: readonly number[]): void {
  let axis = index.length - 1;
  index[axis]! += by;
  for (; axis > 0 && index[axis] === shape[axis]; axis--) {
    index[axis] = 0;
    index[axis - 1]!++;
  }
}
