import { expect, it } from 'vitest';
import { gridSizeOf } from './grid-size.ts';

it.each([12, 16, 24, 32, 48])('%i arrows fall on the nodes of a grid that is fine enough', (arrows) => {
  const { side, stride } = gridSizeOf(arrows, true);
  expect((side - 1) / stride + 1).toBe(arrows);
  expect(side).toBeGreaterThanOrEqual(41);
  // The engine takes at most 128.
  expect(side).toBeLessThanOrEqual(128);
  expect(gridSizeOf(arrows, false)).toEqual({ side: arrows, stride: 1 });
});
