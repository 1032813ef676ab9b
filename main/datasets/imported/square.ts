/** Pictures of any size as the square images that a data set is made of. */
import type { Picture } from './picture.ts';

export interface SquareOptions {
  /** Pixels a side. */
  readonly size: number;
  /** 1: grey, by the luma of Rec. 601; 3: red, green and blue. */
  readonly channels: 1 | 3;
  /** What lies behind transparent pixels. */
  readonly background: 'white' | 'black';
}

/** What each place of an axis takes from the picture: `weights` from `start` on, of sum 1. */
interface Tap {
  readonly start: number;
  readonly weights: Float64Array;
}

/**
 * The square in the middle, averaged over areas where it is made smaller and interpolated between the
 * nearest pixels (bilinear) where it is made larger. Row by row, so that nothing of the picture's size is
 * made anew. Levels are averaged as they are stored, as image libraries do.
 *
 * @returns levels [size, size, channels]
 */
export function squareOf(picture: Picture, options: SquareOptions): Uint8Array {
  const { size, channels, background } = options;
  const { width, height } = picture;
  const side = Math.min(width, height);
  const columns = tapsOf(size, side, Math.floor((width - side) / 2));
  const rows = tapsOf(size, side, Math.floor((height - side) / 2));
  const out = new Uint8Array(size * size * channels);
  const sums = new Float64Array(size * channels);
  const cached = new Map<number, Float64Array>();
  for (let y = 0; y < size; y++) {
    sums.fill(0);
    const { start, weights } = rows[y]!;
    for (const row of cached.keys()) if (row < start) cached.delete(row);
    weights.forEach((weight, i) => {
      const row = cached.get(start + i) ?? narrowed(picture, start + i, columns, channels, background);
      cached.set(start + i, row);
      for (let j = 0; j < sums.length; j++) sums[j]! += weight * row[j]!;
    });
    for (let j = 0; j < sums.length; j++) out[y * sums.length + j] = Math.round(sums[j]!);
  }
  return out;
}

/** @param offset  where the square begins on this axis of the picture */
function tapsOf(size: number, side: number, offset: number): Tap[] {
  const step = side / size;
  return Array.from({ length: size }, (_, i) => {
    if (step <= 1) {
      const place = Math.min(side - 1, Math.max(0, (i + 0.5) * step - 0.5));
      const first = Math.min(Math.floor(place), side - 1);
      const share = place - first;
      const weights = share === 0 ? [1] : [1 - share, share];
      return { start: offset + first, weights: Float64Array.from(weights) };
    }
    const [from, to] = [i * step, (i + 1) * step];
    const first = Math.floor(from);
    const last = Math.min(Math.ceil(to), side);
    const weights = Float64Array.from({ length: last - first }, (_unused, k) => {
      const pixel = first + k;
      return (Math.min(to, pixel + 1) - Math.max(from, pixel)) / step;
    });
    return { start: offset + first, weights };
  });
}

/** One row of the picture at the width and in the channels of the image. */
function narrowed(
  { width, channels: own, data }: Picture,
  row: number,
  columns: readonly Tap[],
  channels: 1 | 3,
  background: 'white' | 'black',
): Float64Array {
  const out = new Float64Array(columns.length * channels);
  const [hasAlpha, hasColour] = [own === 2 || own === 4, own >= 3];
  const behind = background === 'white' ? 255 : 0;
  const alphaAt = own - 1;
  columns.forEach(({ start, weights }, x) => {
    for (let i = 0; i < weights.length; i++) {
      const at = (row * width + start + i) * own;
      const alpha = hasAlpha ? data[at + alphaAt]! / 255 : 1;
      const weight = weights[i]!;
      const first = data[at]!;
      const [second, third] = hasColour ? [data[at + 1]!, data[at + 2]!] : [first, first];
      const shown = (level: number): number => weight * (alpha * level + (1 - alpha) * behind);
      if (channels === 1) {
        out[x]! += shown(hasColour ? 0.299 * first + 0.587 * second + 0.114 * third : first);
      } else {
        out[3 * x]! += shown(first);
        out[3 * x + 1]! += shown(second);
        out[3 * x + 2]! += shown(third);
      }
    }
  });
  return out;
}
