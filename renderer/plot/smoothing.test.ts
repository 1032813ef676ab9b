import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smoothed } from './smoothing.ts';

fc.configureGlobal({ seed: 20261122 });

const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });

describe('smoothed', () => {
  it('leaves a constant as it is, from the first point on', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), (weight) => {
        for (const each of smoothed(new Float64Array(20).fill(3), weight)) expect(each).toBeCloseTo(3, 9);
      }),
    );
  });

  it('is the identity at weight 0 and stays within the range of the values at any other', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (list, weight) => {
        const raw = Float64Array.from(list);
        expect(smoothed(raw, 0)).toEqual(raw);
        const slack = 1e-9 * Math.max(1, ...list.map(Math.abs));
        for (const each of smoothed(raw, weight)) {
          expect(each).toBeGreaterThanOrEqual(Math.min(...list) - slack);
          expect(each).toBeLessThanOrEqual(Math.max(...list) + slack);
        }
      }),
    );
  });

  it('keeps gaps and does not let them spread', () => {
    const [first, gap, last] = smoothed(Float64Array.of(1, NaN, 1), 0.5);
    expect(first).toBe(1);
    expect(gap).toBeNaN();
    expect(last).toBe(1);
  });
});
