import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexFromTime, layoutOf, packedRows } from './packing.ts';

fc.configureGlobal({ seed: 20261122 });

describe('layoutOf', () => {
  it('has room for every point within what the device takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000_000 }), fc.integer({ min: 1, max: 5 }), (count, dim) => {
        const layout = layoutOf(count, dim, 8192);
        expect(layout.count).toBe(count);
        expect(layout.width * layout.height).toBeGreaterThanOrEqual(count);
        expect(Math.max(layout.width, layout.height)).toBeLessThanOrEqual(8192);
        expect(layout.components).toBe(dim > 2 ? 4 : 2);
      }),
    );
  });

  it('keeps as many as fit when not all do', () => {
    expect(layoutOf(10_000_000, 2, 2048).count).toBe(2048 * 2048);
  });
});

describe('packedRows', () => {
  it('keeps every point at its place, for any number and dimension, slice by slice', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (count, dim, rowsPerSlice) => {
          const values = Float32Array.from({ length: count * dim }, (_, i) => i + 1);
          const layout = layoutOf(count, dim, 8192);
          const { width, height, components } = layout;
          // The fourth float of a texel is read by nobody; four-dimensional points go as they are.
          const spare = (point: number, d: number): number =>
            dim === 4 && point < count ? point * dim + d + 1 : 0;
          for (let row = 0; row < height; row += rowsPerSlice) {
            const rows = Math.min(rowsPerSlice, height - row);
            const packed = packedRows(values, dim, layout, row, rows);
            expect(packed.length).toBe(rows * width * components);
            for (let texel = 0; texel < rows * width; texel += 83) {
              const point = row * width + texel;
              for (let d = 0; d < components; d += 1) {
                const isKept = point < count && d < Math.min(dim, 3);
                expect(packed[texel * components + d]).toBe(isKept ? point * dim + d + 1 : spare(point, d));
              }
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('copies nothing where the points already lie right', () => {
    const values = new Float32Array(2 * 2048 * 3);
    expect(packedRows(values, 2, layoutOf(2048 * 3, 2, 8192), 1, 2).buffer).toBe(values.buffer);
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
