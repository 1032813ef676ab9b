import { describe, expect, it } from 'vitest';
import { linearRgbFromCss, oklabFromLinearRgb } from '../theme/oklch.ts';
import { colourMapBetween, colourMapSize, cssGradient, magnitudeMap } from './colour-maps.ts';
import type { ColourMap } from './colour-maps.ts';

function lightness(map: ColourMap, texel: number): number {
  const [red = 0, green = 0, blue = 0] = map.subarray(texel * 4, texel * 4 + 3);
  return oklabFromLinearRgb([red, green, blue])[0];
}

describe('colour maps', () => {
  it('begin and end at their stops', () => {
    const low = linearRgbFromCss('rgb(10, 20, 30)');
    const high = linearRgbFromCss('rgb(200, 180, 20)');
    const map = colourMapBetween(low, high);
    expect(map.length).toBe(colourMapSize * 4);
    for (let i = 0; i < 3; i += 1) {
      expect(map[i]).toBeCloseTo(low[i] ?? NaN, 4);
      expect(map[map.length - 4 + i]).toBeCloseTo(high[i] ?? NaN, 4);
    }
  });

  it('step evenly between two stops', () => {
    const map = colourMapBetween(linearRgbFromCss('rgb(0, 0, 0)'), linearRgbFromCss('rgb(255, 255, 255)'));
    expect(lightness(map, 64)).toBeCloseTo(64 / 255, 3);
  });

  it.each(['light', 'dark'] as const)('move away from a %s ground with magnitude', (scheme) => {
    const map = magnitudeMap(scheme);
    const away = scheme === 'dark' ? 1 : -1;
    for (let texel = 16; texel < colourMapSize; texel += 16) {
      expect(away * (lightness(map, texel) - lightness(map, texel - 16))).toBeGreaterThan(0);
    }
  });

  it('are shown in a legend from their low to their high end', () => {
    const black = linearRgbFromCss('rgb(0, 0, 0)');
    const white = linearRgbFromCss('rgb(255, 255, 255)');
    expect(cssGradient(colourMapBetween(black, white))).toMatch(
      /^linear-gradient\(to right, rgb\(0 0 0\), .*rgb\(255 255 255\)\)$/,
    );
  });
});
