/** What changed from one checkpoint to another. */
import type { TensorDifference, TensorEntry } from '#contract/checkpoints.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { Checkpoint, TensorInfo } from './checkpoint.ts';
import { doublesOf, isNumeric, torchDtype } from './elements.ts';
import { bytesOf, elementCount } from './pieces.ts';
import { bitsOf } from './safetensors/dtypes.ts';
import { scaleFor } from './statistics.ts';

/** Elements that are compared at once: whole bytes for elements of 4 and 6 bits too. */
const BLOCK = 240_000;

/**
 * Every tensor of both, in the order of `before` and then what `after` adds. Stop taking them to stop
 * the comparison; `onBlock` is called within large tensors too and may throw.
 *
 * `same` is bit for bit. A tensor of the same shape in another dtype is `retyped`, and its values are
 * compared; `relative` is left out where values are no plain numbers, or integers beyond 2^53.
 */
export function* compareCheckpoints(
  before: Checkpoint,
  after: Checkpoint,
  onBlock?: () => void,
): Generator<TensorDifference> {
  const afterByName = new Map(after.tensors.map((info) => [info.name, info]));
  for (const info of before.tensors) {
    const { name } = info;
    const other = afterByName.get(name);
    afterByName.delete(name);
    if (other === undefined) {
      yield { name, change: 'removed', before: entryOf(info) };
      continue;
    }
    const both = { name, before: entryOf(info), after: entryOf(other) };
    if (
      info.shape.length !== other.shape.length ||
      info.shape.some((size, axis) => size !== other.shape[axis])
    ) {
      yield { ...both, change: 'reshaped' };
      continue;
    }
    const { isSame, relative } = compareValues(before, info, after, other, onBlock);
    const change = info.dtype !== other.dtype ? 'retyped' : isSame ? 'same' : 'changed';
    yield { ...both, change, ...(relative === null ? {} : { relative }) };
  }
  for (const info of afterByName.values()) {
    yield { name: info.name, change: 'added', after: entryOf(info) };
  }
}

function entryOf(info: TensorInfo): TensorEntry {
  const { name, dtype, shape, sharedWith } = info;
  const entry = { name, dtype: torchDtype(dtype), shape: [...shape], bytes: bytesOf(info) };
  return sharedWith === undefined ? entry : { ...entry, sharedWith };
}

function compareValues(
  before: Checkpoint,
  a: TensorInfo,
  after: Checkpoint,
  b: TensorInfo,
  onBlock?: () => void,
): { isSame: boolean; relative: number | null } {
  const difference = new Norm();
  const size = new Norm();
  let isSame = a.dtype === b.dtype;
  let isComparable = isNumeric(a.dtype) && isNumeric(b.dtype);
  const others = blocks(after, b);
  try {
    for (const block of blocks(before, a)) {
      onBlock?.();
      const other = others.next().value as Uint8Array;
      if (isSame) isSame = Buffer.compare(block, other) === 0;
      if (!isComparable) {
        if (!isSame) break;
        continue;
      }
      try {
        const x = doublesOf(block, a.dtype);
        const y = doublesOf(other, b.dtype);
        size.add(x);
        difference.add(y.map((value, i) => value - x[i]!));
      } catch (error) {
        if (!(error instanceof WorkbenchError) || error.code !== 'checkpoint/inexact-integer') throw error;
        isComparable = false;
      }
    }
  } finally {
    others.return(undefined);
  }
  if (!isComparable) return { isSame, relative: null };
  // Nothing changed, be it zero or NaN, is no change.
  if (isSame) return { isSame, relative: 0 };
  return { isSame, relative: difference.over(size) };
}

/** The elements of a tensor in blocks of {@link BLOCK}, however large the pieces are. */
function* blocks(checkpoint: Checkpoint, info: TensorInfo): Generator<Uint8Array, undefined> {
  const blockBytes = (BLOCK * bitsOf(info.dtype)) / 8;
  let rest = Math.ceil((elementCount(info.shape) * bitsOf(info.dtype)) / 8);
  let block = new Uint8Array(Math.min(blockBytes, rest));
  let filled = 0;
  for (const piece of checkpoint.pieces(info.name)) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + block.length - filled);
      block.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < block.length) continue;
      rest -= filled;
      yield block;
      block = new Uint8Array(Math.min(blockBytes, rest));
      filled = 0;
    }
  }
}

/** A Euclidean norm that neither overflows nor vanishes: squares are summed near 1. */
class Norm {
  private sum = 0;
  private scale = Infinity;

  add(values: Float64Array): void {
    let magnitude = 0;
    for (let i = 0; i < values.length; i++) {
      const value = Math.abs(values[i]!);
      if (!(value < Infinity)) {
        this.sum = NaN;
        return;
      }
      if (value > magnitude) magnitude = value;
    }
    if (magnitude === 0) return;
    const scale = Math.min(this.scale, scaleFor(magnitude));
    if (this.sum !== 0) this.sum *= (scale / this.scale) ** 2;
    for (let i = 0; i < values.length; i++) this.sum += (values[i]! * scale) ** 2;
    this.scale = scale;
  }

  /** This norm over another; infinite where that is zero. */
  over(other: Norm): number {
    if (Number.isNaN(this.sum) || Number.isNaN(other.sum)) return NaN;
    if (this.sum === 0) return 0;
    if (other.sum === 0) return Infinity;
    return Math.sqrt(this.sum / other.sum) * (other.scale / this.scale);
  }
}
