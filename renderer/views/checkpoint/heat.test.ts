import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colourMapBetween } from '../../scene/colour-maps.ts';
import { barsOf } from './bars.ts';
import { heatPixels, heatScale, wholeIndex } from './heat.ts';

fc.configureGlobal({ seed: 11 });

const grey = colourMapBetween([0, 0, 0], [1, 1, 1]);
const yellow = [250, 220, 10] as const;

describe('heatScale', () => {
  it('is about zero for values of both signs, and bounds nearly all of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }),
        (list) => {
          const values = Float32Array.from(list);
          const { low, high, isSigned } = heatScale(values);
          expect(isSigned).toBe(values.some((value) => value < 0));
          if (isSigned) expect(low).toBe(-high);
          expect(low).toBeLessThanOrEqual(high);
          // Below 200 values the share of 99.5% is all of them.
          for (const value of values) expect(value >= low && value <= high).toBe(true);
        },
      ),
    );
  });

  it('does not let one large value or what is not finite decide', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    values[7] = 1e6;
    values[8] = NaN;
    values[9] = Infinity;
    expect(heatScale(values)).toEqual({ low: -1, high: 1, isSigned: true });
    expect(heatScale(new Float32Array())).toEqual({ low: 0, high: 0, isSigned: false });
  });

  it('still shows the few values of a slice that is nearly all zeros', () => {
    const values = new Float32Array(1000);
    values[3] = -2;
    expect(heatScale(values)).toEqual({ low: -2, high: 2, isSigned: true });
  });
});

describe('heatPixels', () => {
  it('paints low to high, clips, and marks what is not finite', () => {
    const values = Float32Array.of(-5, -1, 1, 5, NaN, -Infinity);
    const pixels = heatPixels({ values }, { low: -1, high: 1, isSigned: true }, grey, yellow);
    const at = (index: number): number[] => [...pixels.subarray(4 * index, 4 * index + 4)];
    expect([at(0), at(1)]).toEqual([
      [0, 0, 0, 255],
      [0, 0, 0, 255],
    ]);
    expect([at(2), at(3)]).toEqual([
      [255, 255, 255, 255],
      [255, 255, 255, 255],
    ]);
    expect([at(4), at(5)]).toEqual([
      [...yellow, 255],
      [...yellow, 255],
    ]);
  });

  it('paints a constant in the middle', () => {
    const [red] = heatPixels(
      { values: Float32Array.of(3) },
      { low: 3, high: 3, isSigned: false },
      grey,
      yellow,
    );
    expect(red).toBeGreaterThan(60);
    expect(red).toBeLessThan(200);
  });
});

describe('wholeIndex', () => {
  it('names a place of the whole slice for each thinned cell, in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 256 }), (whole, most) => {
        const step = Math.ceil(whole / Math.min(whole, most));
        const shown = Math.ceil(whole / step);
        for (let cell = 0; cell < shown; cell += 1) {
          const index = wholeIndex(cell, shown, whole);
          expect(index).toBeLessThan(whole);
          if (cell > 0) expect(index).toBeGreaterThan(wholeIndex(cell - 1, shown, whole));
        }
      }),
    );
  });
});

describe('barsOf', () => {
  it('has the fullest bar at 1, keeps the order, and shows single values on the logarithmic scale', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 64 }),
        fc.constantFrom('linear' as const, 'log' as const),
        (list, scale) => {
          const counts = Float64Array.from(list);
          const bars = barsOf(counts, scale);
          expect(Math.max(...bars)).toBe(list.some((count) => count > 0) ? 1 : 0);
          for (const [i, a] of list.entries())
            for (const [j, b] of list.entries()) if (a < b) expect(bars[i]!).toBeLessThan(bars[j]!);
        },
      ),
    );
    expect(barsOf(Float64Array.of(1, 1e6), 'log')[0]).toBeGreaterThan(0.04);
  });
});
