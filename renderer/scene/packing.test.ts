import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexFromTime, packPoints, packedWidth } from './packing.ts';

fc.configureGlobal({ seed: 20261122 });

describe('packPoints', () => {
  it('keeps every point at its place, for any number and dimension', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 4 }), (count, dim) => {
        const values = Float32Array.from({ length: count * dim }, (_, i) => i);
        const packed = packPoints(values, count, dim);
        expect(packed.data.length).toBe(packed.width * packed.height * 2);
        expect(packed.width * packed.height).toBeGreaterThanOrEqual(count);
        for (let i = 0; i < count; i += 97) {
          expect(packed.data[i * 2]).toBe(i * dim);
          expect(packed.data[i * 2 + 1]).toBe(dim > 1 ? i * dim + 1 : 0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('uses a packing of the same size again and makes another when it has grown', () => {
    const first = packPoints(new Float32Array(20), 10, 2);
    expect(packPoints(new Float32Array(40), 20, 2, first)).toBe(first);
    expect(packPoints(new Float32Array(packedWidth * 4), packedWidth * 2, 2, first)).not.toBe(first);
  });
});

describe('indexFromTime', () => {
  const times = Float32Array.of(1, 0.75, 0.25, 0);

  it('is the index at recorded times and in between goes with the time', () => {
    expect([1, 0.75, 0.25, 0].map((t) => indexFromTime(times, t))).toEqual([0, 1, 2, 3]);
    expect(indexFromTime(times, 0.5)).toBe(1.5);
    expect(indexFromTime(times, 2)).toBe(0);
    expect(indexFromTime(times, -1)).toBe(3);
  });

  it('never goes back as time goes on', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          const earlier = Math.max(a, b);
          const later = Math.min(a, b);
          expect(indexFromTime(times, earlier)).toBeLessThanOrEqual(indexFromTime(times, later));
        },
      ),
    );
  });

  it('takes a single record', () => {
    expect(indexFromTime(Float32Array.of(1), 0.3)).toBe(0);
  });
});
