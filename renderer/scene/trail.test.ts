import { describe, expect, it } from 'vitest';
import { Trail } from './trail.ts';

describe('Trail', () => {
  it('lays the positions of a point behind each other, oldest first', () => {
    const trail = new Trail(3);
    trail.push(0, Float32Array.of(1, 2, 10, 20));
    trail.push(5, Float32Array.of(3, 4, 30, 40));
    expect(Array.from(trail.paths(2).positions)).toEqual([1, 2, 1, 2, 3, 4, 10, 20, 10, 20, 30, 40]);
    trail.push(6, Float32Array.of(5, 6, 50, 60));
    trail.push(7, Float32Array.of(7, 8, 70, 80));
    const { positions, times, count } = trail.paths(2);
    expect(count).toBe(2);
    expect(Array.from(positions.subarray(0, 6))).toEqual([3, 4, 5, 6, 7, 8]);
    expect(Array.from(times)).toEqual([1, 0.5, 0]);
  });

  it('begins again for other points or an earlier step', () => {
    const trail = new Trail(2);
    trail.push(9, Float32Array.of(1, 1));
    trail.push(3, Float32Array.of(2, 2));
    expect(Array.from(trail.paths(2).positions)).toEqual([2, 2, 2, 2]);
    trail.push(4, Float32Array.of(3, 3, 4, 4));
    expect(trail.paths(2).count).toBe(2);
  });
});
