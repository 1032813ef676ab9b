import { describe, expect, it } from 'vitest';
import { cameraFor } from './camera.ts';
import { ticksOf } from './ticks.ts';

describe('ticksOf', () => {
  const size = { width: 900, height: 600 };
  const ticks = ticksOf(cameraFor(3, size), size);

  it('gives round numbers inside the stage, zero among them', () => {
    expect(ticks.y.map((tick) => tick.label)).toEqual(['−3', '−2', '−1', '0', '1', '2', '3']);
    expect(ticks.x.filter((tick) => tick.isZero).map((tick) => tick.px)).toEqual([450.5]);
    for (const tick of ticks.x) expect(tick.px).toBeLessThanOrEqual(size.width + 0.5);
  });

  it('uses one step for both axes', () => {
    const spacing = (list: { px: number }[]) => Math.abs((list[1]?.px ?? 0) - (list[0]?.px ?? 0));
    // Both ends are rounded to a pixel.
    expect(Math.abs(spacing(ticks.x) - spacing(ticks.y))).toBeLessThanOrEqual(1);
  });
});
