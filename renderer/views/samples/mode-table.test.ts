import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modeRows, modesSeen } from './mode-table.ts';

fc.configureGlobal({ seed: 20261122 });

describe('modeRows', () => {
  it('counts every point once', () => {
    const modes = fc.array(fc.integer({ min: -1, max: 9 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(modes, (list) => {
        const rows = modeRows(Float32Array.from(list), 3);
        expect(rows.reduce((sum, row) => sum + row.count, 0)).toBe(list.length);
        expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1, 12);
        expect(new Set(rows.map((row) => row.mode)).size).toBe(rows.length);
      }),
    );
  });

  it('lists modes in their order, empty ones too, and what lies outside last', () => {
    const rows = modeRows(Float32Array.of(2, -1, 0, 2), 4);
    expect(rows).toEqual([
      { mode: 0, count: 1, share: 0.25 },
      { mode: 1, count: 0, share: 0 },
      { mode: 2, count: 2, share: 0.5 },
      { mode: 3, count: 0, share: 0 },
      { mode: -1, count: 1, share: 0.25 },
    ]);
  });

  it('of no points has no shares', () => {
    expect(modeRows(new Float32Array(), 1)).toEqual([
      { mode: 0, count: 0, share: 0 },
      { mode: -1, count: 0, share: 0 },
    ]);
  });
});

it('a mode that was seen once stays known', () => {
  expect(modesSeen(Float32Array.of(0, 4, -1), 0)).toBe(5);
  expect(modesSeen(Float32Array.of(0), 5)).toBe(5);
});
