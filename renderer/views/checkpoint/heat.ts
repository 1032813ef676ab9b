import type { TensorSlice } from '#contract/checkpoints.ts';
import { colourMapBetween, colourMapSize, magnitudeMap } from '../../scene/colour-maps.ts';
import type { ColourMap } from '../../scene/colour-maps.ts';
import { bytesFromLinearRgb } from '../../theme/oklch.ts';
import type { Paint } from '../../theme/paint.ts';

/** Share of the values that colours tell apart: a few large ones would leave the rest in one colour. */
const sharePainted = 0.995;

/** What colours stand for in a heat map. */
export interface HeatScale {
  readonly low: number;
  readonly high: number;
  /** Whether it has both signs, with zero in the middle. */
  readonly isSigned: boolean;
}

/** Colours for nearly all finite values: about zero for both signs, else from the least to the greatest. */
export function heatScale(values: Float32Array): HeatScale {
  const finite = values.filter(Number.isFinite).sort();
  const least = finite[0] ?? 0;
  const greatest = finite.at(-1) ?? 0;
  if (least < 0) {
    const magnitudes = finite.map(Math.abs).sort();
    const high = magnitudes[Math.ceil(sharePainted * magnitudes.length) - 1] ?? 0;
    // A slice that is nearly all zeros still has something to show.
    const reach = high > 0 ? high : Math.max(-least, greatest);
    return { low: -reach, high: reach, isSigned: true };
  }
  return {
    low: least,
    high: finite[Math.ceil(sharePainted * finite.length) - 1] ?? greatest,
    isSigned: false,
  };
}

/** For signed values cold to warm through the ground, else from faint to strong. */
export function heatColours(paint: Paint, isSigned: boolean): ColourMap {
  return isSigned
    ? colourMapBetween(
        paint.colour('--data-repel'),
        paint.colour('--surface-stage'),
        paint.colour('--data-attract'),
      )
    : magnitudeMap(paint.scheme);
}

/**
 * A slice as RGBA bytes, [rows, columns, 4]; what is not finite has the given colour.
 *
 * @param notFinite  sRGB bytes
 */
export function heatPixels(
  { values }: Pick<TensorSlice, 'values'>,
  { low, high }: HeatScale,
  colours: ColourMap,
  notFinite: readonly [number, number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const palette = Array.from({ length: colourMapSize }, (_, i) =>
    bytesFromLinearRgb([colours[4 * i] ?? 0, colours[4 * i + 1] ?? 0, colours[4 * i + 2] ?? 0]),
  );
  const pixels = new Uint8ClampedArray(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    const texel = Math.round(Math.min(1, Math.max(0, share)) * (colourMapSize - 1));
    const colour = Number.isFinite(value) ? (palette[texel] ?? notFinite) : notFinite;
    pixels.set([...colour, 255], index * 4);
  }
  return pixels;
}

/** Row and column of the whole slice for one of its thinned cells. */
export function wholeIndex(cell: number, shown: number, whole: number): number {
  return Math.min(whole - 1, cell * Math.max(1, Math.ceil(whole / Math.max(1, shown))));
}
