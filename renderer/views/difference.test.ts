import { describe, expect, it } from 'vitest';
import { differenceOf, largestOf } from './difference.ts';

const points = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i));

describe('differenceOf', () => {
  it('is the length of one shift for every sample that is shifted by it, and its rms per coordinate', () => {
    const to = points.map((value, i) => value + (i % 3 === 0 ? 2 : i % 3 === 1 ? 1 : -2));
    const { lengths, rms } = differenceOf(points, to, 3)!;
    // (2, 1, -2) has length 3; float32 coordinates near 1 are exact to about 1e-7.
    for (const length of lengths) expect(length).toBeCloseTo(3, 5);
    expect(rms).toBeCloseTo(3 / Math.sqrt(3), 5);
  });

  it('is nothing between what has not as many samples', () => {
    expect(differenceOf(points, points.subarray(3), 3)).toBeNull();
    expect(differenceOf(new Float32Array(), new Float32Array(), 2)).toBeNull();
  });

  it('is the same object for the same arrays, so that nothing is drawn again', () => {
    const to = points.slice();
    expect(differenceOf(points, to, 3)).toBe(differenceOf(points, to, 3));
    expect(differenceOf(points, to.slice(), 3)).not.toBe(differenceOf(points, to, 3));
  });
});

describe('largestOf', () => {
  it('is above nearly all lengths of all cells, and below a few strays', () => {
    const spread = (count: number, far: number) =>
      differenceOf(
        new Float32Array(count * 2),
        Float32Array.from({ length: count * 2 }, (_, i) =>
          i === 0 ? far : i % 2 === 0 ? i / (2 * count) : 0,
        ),
        2,
      )!;
    const differences = [spread(500, 100), spread(300, 0)];
    const largest = largestOf(differences);
    const all = differences.flatMap(({ lengths }) => [...lengths]);
    const below = all.filter((length) => length <= largest).length / all.length;
    expect(largest).toBeLessThan(1);
    expect(below).toBeGreaterThanOrEqual(0.98);
    expect(below).toBeLessThan(0.99);
  });

  it('is 0 without differences', () => {
    expect(largestOf([])).toBe(0);
  });
});
