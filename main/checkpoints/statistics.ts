/** What the values of one tensor are like, in two passes over the file and little memory. */
import type { TensorStatistics } from '#contract/checkpoints.ts';
import type { Checkpoint, TensorInfo } from './checkpoint.ts';
import { doublesOf } from './elements.ts';
import { quoted, refusal } from './refusal.ts';

const BINS = 64;

/**
 * Smallest, largest, mean, population standard deviation and histogram of the finite values, and how
 * many are zero, NaN and infinite; all are 0 where no value is finite, and the histogram is empty.
 *
 * The mean and the squares around it are merged piece by piece (Chan, Golub and LeVeque 1979), on values
 * that a power of two brings near 1, so that neither huge nor tiny values overflow or vanish.
 *
 * @param onPiece  called between pieces; throw from it to stop
 * @throws WorkbenchError `checkpoint/unknown-tensor`, `unsupported-dtype`, `inexact-integer`
 */
export function statisticsOf(checkpoint: Checkpoint, name: string, onPiece?: () => void): TensorStatistics {
  const { dtype } = findTensor(checkpoint, name);
  let count = 0;
  let finite = 0;
  let zeros = 0;
  let nans = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const piece of checkpoint.pieces(name)) {
    onPiece?.();
    const values = doublesOf(piece, dtype);
    count += values.length;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value === 0) zeros++;
      // True of finite values alone: infinity minus itself is NaN, as NaN is.
      if (value - value === 0) {
        finite++;
        if (value < min) min = value;
        if (value > max) max = value;
      } else if (value !== value) nans++;
    }
  }
  const infinities = count - finite - nans;
  if (finite === 0) {
    const none = new Float64Array(0);
    return {
      name,
      count,
      min: 0,
      max: 0,
      mean: 0,
      std: 0,
      zeros,
      nans,
      infinities,
      histogram: none,
      edges: none,
    };
  }
  // Minus zero, as the smallest value, would be a puzzle.
  min += 0;
  max += 0;
  const edges = edgesOf(min, max);
  const histogram = new Float64Array(BINS);
  const scale = scaleFor(Math.max(-min, max));
  const start = edges[0]! * scale;
  const binsPerUnit = BINS / (edges[BINS]! * scale - start);
  let merged = 0;
  let mean = 0;
  let squares = 0;
  for (const piece of checkpoint.pieces(name)) {
    onPiece?.();
    const values = doublesOf(piece, dtype);
    let members = 0;
    let sum = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]! * scale;
      if (value - value !== 0) continue;
      members++;
      sum += value;
      const bin = Math.floor((value - start) * binsPerUnit);
      histogram[bin < 0 ? 0 : bin < BINS ? bin : BINS - 1]!++;
    }
    if (members === 0) continue;
    const own = sum / members;
    let ownSquares = 0;
    for (let i = 0; i < values.length; i++) {
      const difference = values[i]! * scale - own;
      if (difference - difference === 0) ownSquares += difference * difference;
    }
    const total = merged + members;
    const apart = own - mean;
    mean += (apart * members) / total;
    squares += ownSquares + (apart * apart * merged * members) / total;
    merged = total;
  }
  const std = Math.sqrt(squares / finite) / scale;
  // Rounding may carry the mean of equal values past them.
  const inside = Math.min(max, Math.max(min, mean / scale));
  return { name, count, min, max, mean: inside, std, zeros, nans, infinities, histogram, edges };
}

/** @throws WorkbenchError `checkpoint/unknown-tensor` */
export function findTensor(checkpoint: Checkpoint, name: string): TensorInfo {
  const found = checkpoint.tensors.find((info) => info.name === name);
  if (found === undefined)
    throw refusal('unknown-tensor', 'checkpoint', 'the name of one of its tensors', quoted(name));
  return found;
}

/** A power of two that brings values of at most this magnitude near 1; exact to multiply by. */
export function scaleFor(magnitude: number): number {
  if (magnitude === 0) return 1;
  return 2 ** Math.max(-1000, Math.min(1000, -Math.floor(Math.log2(magnitude))));
}

/** Evenly spaced edges from `min` to `max`; where these are one value, around it. */
function edgesOf(min: number, max: number): Float64Array {
  const around = min === max ? Math.max(0.5, Math.abs(min) * 2 ** -10) : 0;
  const low = Math.max(-Number.MAX_VALUE, min - around);
  const high = Math.min(Number.MAX_VALUE, max + around);
  // Weighted ends, for their difference may be infinite.
  const edges = Float64Array.from({ length: BINS + 1 }, (_, i) => low * (1 - i / BINS) + high * (i / BINS));
  edges[BINS] = high;
  return edges;
}
