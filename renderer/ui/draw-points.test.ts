import { expect, it } from 'vitest';
import { extentOf } from './draw-points.ts';

it('extentOf fits all points but stray ones, with a margin', () => {
  const values = new Float32Array(2000).fill(0.5);
  values[0] = 1;
  values[2] = -1;
  for (let i = 3; i < 30; i += 1) values[i] = -1;
  values[1] = 1000;
  expect(extentOf({ count: 1000, dim: 2, values })).toBeCloseTo(1.12, 5);
});

it('extentOf has a size even where points have none', () => {
  expect(extentOf({ count: 2, dim: 2, values: new Float32Array(4) })).toBe(1);
  expect(extentOf({ count: 0, dim: 2, values: new Float32Array() })).toBe(1);
});
