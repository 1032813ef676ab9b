import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SmoothedValues } from './smoothing.ts';

fc.configureGlobal({ seed: 20261122 });

const values = fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });
const weight = fc.double({ min: 0, max: 0.99, noNaN: true });

function smoothed(list: readonly number[], by: number): Float64Array {
  return new SmoothedValues(by).extend(Float64Array.from(list));
}

describe('SmoothedValues', () => {
  it('leaves a constant as it is, from the first point on', () => {
    fc.assert(
      fc.property(weight, (by) => {
        for (const each of smoothed(
          Array.from({ length: 20 }, () => 3),
          by,
        ))
          expect(each).toBeCloseTo(3, 9);
      }),
    );
  });

  it('is the identity at weight 0 and stays within the range of the values at any other', () => {
    fc.assert(
      fc.property(values, weight, (list, by) => {
        expect(Array.from(smoothed(list, 0))).toEqual(list);
        const slack = 1e-9 * Math.max(1, ...list.map(Math.abs));
        for (const each of smoothed(list, by)) {
          expect(each).toBeGreaterThanOrEqual(Math.min(...list) - slack);
          expect(each).toBeLessThanOrEqual(Math.max(...list) + slack);
        }
      }),
    );
  });

  it('gives the same whether values came at once or one after another', () => {
    fc.assert(
      fc.property(values, weight, (list, by) => {
        const growing = new SmoothedValues(by);
        const all = Float64Array.from(list);
        for (let length = 1; length < all.length; length += 1) growing.extend(all.subarray(0, length));
        expect(Array.from(growing.extend(all))).toEqual(Array.from(smoothed(list, by)));
      }),
    );
  });

  it('keeps gaps and does not let them spread', () => {
    const [first, gap, last] = smoothed([1, NaN, 1], 0.5);
    expect(first).toBe(1);
    expect(gap).toBeNaN();
    expect(last).toBe(1);
  });
});
