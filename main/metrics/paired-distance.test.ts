import { expect, it } from 'vitest';
import { Rng } from '../tensor/rng.ts';
import { pairedDistance } from './paired-distance.ts';

it('is zero to itself, the same both ways, and the length of a shift of every coordinate', () => {
  const a = new Rng(1, 'a').fillNormal(new Float32Array(40));
  const b = new Rng(1, 'b').fillNormal(new Float32Array(40));
  expect(pairedDistance(a, a)).toBe(0);
  expect(pairedDistance(a, b)).toBe(pairedDistance(b, a));
  const shifted = Float64Array.from(a, (value) => value - 0.25);
  expect(pairedDistance(a, shifted)).toBeCloseTo(0.25, 12);
  expect(() => pairedDistance(a, b.subarray(2))).toThrow(/expected 40 numbers in pairs, found 38/);
});
