import { expect, it } from 'vitest';
import { difference, longestOf, negated } from './vectors.ts';

it('the drift is what attracts less what repels', () => {
  const attract = Float32Array.of(1, 2, 3, 4);
  const repel = Float32Array.of(1, 0, -1, 2);
  expect(Array.from(difference(attract, repel))).toEqual([0, 2, 4, 2]);
  expect(Array.from(negated(repel)).map((each) => each + 0)).toEqual([-1, 0, 1, -2]);
});

it('longestOf measures whole vectors', () => {
  expect(longestOf(Float32Array.of(3, 4, 1, 0), 2)).toBe(5);
  expect(longestOf(new Float32Array(), 2)).toBe(0);
});
