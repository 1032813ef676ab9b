import { describe, expect, it } from 'vitest';
import { dataFromScreen } from '../../scene/camera.ts';
import { cameraOf, outsideCount, sightOver, sightPanned, sightZoomed } from './sight.ts';
import type { PlaneSight } from './sight.ts';

const sight: PlaneSight = { x: 0.3, y: -0.2, extent: 2 };
const at = (of: PlaneSight, sidePx: number, px: number, py: number) =>
  dataFromScreen(cameraOf(of, sidePx), { width: sidePx, height: sidePx }, px, py);

describe('the sight that all cells share', () => {
  it('shows the same square whatever the size of a cell', () => {
    for (const sidePx of [112, 260]) {
      expect(at(sight, sidePx, 0, sidePx).map((value) => value.toFixed(9))).toEqual(
        [0.3 - 2, -0.2 - 2].map((value) => value.toFixed(9)),
      );
    }
  });

  it('keeps the place of a cell where it is zoomed at', () => {
    const zoomed = sightZoomed(sight, 160, 0.5, [40, 100]);
    const [before, after] = [at(sight, 160, 40, 100), at(zoomed, 160, 40, 100)];
    expect(after[0]).toBeCloseTo(before[0], 9);
    expect(after[1]).toBeCloseTo(before[1], 9);
    expect(zoomed.extent).toBeCloseTo(1, 9);
  });

  it('moves the data with the pointer, and back', () => {
    const moved = sightPanned(sight, 160, 12, -5);
    expect(at(moved, 160, 92, 75)[0]).toBeCloseTo(at(sight, 160, 80, 80)[0], 9);
    const back = sightPanned(moved, 160, -12, 5);
    for (const key of ['x', 'y', 'extent'] as const) expect(back[key]).toBeCloseTo(sight[key], 9);
  });

  it('counts what it does not show, points that are no numbers too', () => {
    const points = Float32Array.of(0.3, -0.2, 2.29, 0, 2.31, 0, 0, -2.3, NaN, 0);
    expect(outsideCount(points, sight)).toBe(3);
  });

  it('holds the farthest data, with room for models that stray', () => {
    expect(sightOver([1, 2]).extent).toBeGreaterThan(2);
    expect(sightOver([]).extent).toBeGreaterThan(0);
  });
});
