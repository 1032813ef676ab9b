import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesFromLinearRgb, linearRgbFromCss, linearRgbFromOklab, oklabFromLinearRgb } from './oklch.ts';

fc.configureGlobal({ seed: 20261122 });

describe('OKLCH colours', () => {
  it('survives a round trip through OKLab', () => {
    const channel = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(channel, channel, channel, (red, green, blue) => {
        const back = linearRgbFromOklab(oklabFromLinearRgb([red, green, blue]));
        // The published matrices have ten digits and are inverses of each other to about 1e-6.
        expect(back[0]).toBeCloseTo(red, 4);
        expect(back[1]).toBeCloseTo(green, 4);
        expect(back[2]).toBeCloseTo(blue, 4);
      }),
    );
  });

  it('reads what a browser prints', () => {
    expect(bytesFromLinearRgb(linearRgbFromCss('rgb(12, 34, 56)'))).toEqual([12, 34, 56]);
    expect(bytesFromLinearRgb(linearRgbFromCss('oklch(1 0 0)'))).toEqual([255, 255, 255]);
    // CSS Color 4: pure sRGB red.
    expect(bytesFromLinearRgb(linearRgbFromCss('oklch(0.627955 0.257683 29.2339)'))).toEqual([255, 0, 0]);
  });

  it('refuses what is no colour', () => {
    expect(() => linearRgbFromCss('light-dark(red, blue)')).toThrow('Expected an oklch() or rgb() colour');
  });
});
