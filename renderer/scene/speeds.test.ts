import { describe, expect, it } from 'vitest';
import { fastestOf } from './speeds.ts';

describe('fastestOf', () => {
  it('is the speed of paths that are all as fast, whatever their records', () => {
    const times = Float32Array.of(1, 0.8, 0);
    // 3 to the right and 4 up in all of time: a speed of 5.
    const path = [0, 0, 0.6, 0.8, 3, 4];
    const positions = Float32Array.from(Array.from({ length: 100 }, () => path).flat());
    expect(fastestOf(positions, times, 100, 2)).toBeCloseTo(5, 5);
  });

  it('leaves single outliers out', () => {
    const times = Float32Array.of(1, 0);
    const positions = Float32Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 0 : i === 1 ? 1e6 : 1));
    expect(fastestOf(positions, times, 1000, 1)).toBe(1);
  });

  it('is 0 without any way', () => {
    expect(fastestOf(Float32Array.of(1, 2), Float32Array.of(1), 1, 2)).toBe(0);
  });
});
