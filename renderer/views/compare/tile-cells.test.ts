import { expect, it } from 'vitest';
import { cellGridOf, cornerOf, sampleAt, samplesInBox } from './tile-cells.ts';

const digit = { height: 8, width: 8, channels: 1 };

it('tiles lie inside the cell, and each is found where it is drawn', () => {
  for (const [count, side, shape] of [
    [100, 168, digit],
    [1, 112, digit],
    [7, 260, { height: 4, width: 16, channels: 3 }],
    [1000, 72, digit],
  ] as const) {
    const grid = cellGridOf(count, shape, side);
    expect(grid.shown).toBeLessThanOrEqual(count);
    for (let sample = 0; sample < grid.shown; sample += 1) {
      const { x, y } = cornerOf(grid, sample);
      expect(x + grid.widthPx).toBeLessThanOrEqual(side);
      expect(y + grid.heightPx).toBeLessThanOrEqual(side);
      expect(sampleAt(grid, x + grid.widthPx / 2, y + grid.heightPx / 2)).toBe(sample);
    }
    expect(samplesInBox(grid, { left: 0, top: 0, right: side, bottom: side })).toHaveLength(grid.shown);
    expect(sampleAt(grid, side + 1, 1)).toBeNull();
    expect(sampleAt(grid, -1, 1)).toBeNull();
  }
});

it('shows all that can be read, and no more', () => {
  expect(cellGridOf(100, digit, 168).shown).toBe(100);
  expect(cellGridOf(100, digit, 72).shown).toBe(16);
  expect(cellGridOf(5, digit, 168)).toMatchObject({ columns: 3, rows: 2, shown: 5 });
});

it('a box takes the tiles that it meets', () => {
  const grid = cellGridOf(9, digit, 90);
  expect(samplesInBox(grid, { left: 32, top: 2, right: 70, bottom: 20 })).toEqual([1, 2]);
});
