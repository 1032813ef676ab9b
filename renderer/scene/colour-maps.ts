import { interpolateCividis } from 'd3-scale-chromatic';
import {
  bytesFromLinearRgb,
  linearRgbFromCss,
  linearRgbFromOklab,
  oklabFromLinearRgb,
} from '../theme/oklch.ts';
import type { LinearRgb } from '../theme/oklch.ts';

/** Texels of a colour map. */
export const colourMapSize = 256;

/** RGBA, linear light, `colourMapSize` texels; index 0 is the low end. */
export type ColourMap = Float32Array<ArrayBuffer>;

/** Colours between stops that are equally far apart, mixed in OKLab so that steps look equal. */
export function colourMapBetween(...stops: readonly LinearRgb[]): ColourMap {
  const labs = stops.map(oklabFromLinearRgb);
  return mapFrom((share) => {
    const position = share * (labs.length - 1);
    const index = Math.min(labs.length - 2, Math.floor(position));
    const low = labs[Math.max(0, index)] ?? [0, 0, 0];
    const high = labs[index + 1] ?? low;
    const mix = position - index;
    return linearRgbFromOklab([
      low[0] + (high[0] - low[0]) * mix,
      low[1] + (high[1] - low[1]) * mix,
      low[2] + (high[2] - low[2]) * mix,
    ]);
  });
}

/**
 * For magnitude: cividis, perceptually even and the same under colour-vision deficiency. What is
 * small fades into the ground, so on light ground the map runs the other way.
 */
export function magnitudeMap(scheme: 'light' | 'dark'): ColourMap {
  return mapFrom((share) =>
    linearRgbFromCss(interpolateCividis(scheme === 'dark' ? 0.12 + 0.88 * share : 0.88 * (1 - share))),
  );
}

/** The same map for a legend. */
export function cssGradient(map: ColourMap): string {
  const stops = Array.from({ length: 9 }, (_, index) => {
    const texel = Math.round((index / 8) * (colourMapSize - 1)) * 4;
    return `rgb(${bytesFromLinearRgb([map[texel] ?? 0, map[texel + 1] ?? 0, map[texel + 2] ?? 0]).join(' ')})`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

function mapFrom(colourAt: (share: number) => LinearRgb): ColourMap {
  const map = new Float32Array(colourMapSize * 4);
  for (let i = 0; i < colourMapSize; i += 1) map.set([...colourAt(i / (colourMapSize - 1)), 1], i * 4);
  return map;
}
