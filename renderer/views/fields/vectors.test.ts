import { describe, expect, it } from 'vitest';
import {
  difference,
  cellsOfNodes,
  divergenceOf,
  everyNth,
  lengthsOf,
  longestOf,
  negated,
} from './vectors.ts';

it('the drift is what attracts less what repels', () => {
  const attract = Float32Array.of(1, 2, 3, 4);
  const repel = Float32Array.of(1, 0, -1, 2);
  expect(Array.from(difference(attract, repel))).toEqual([0, 2, 4, 2]);
  expect(Array.from(negated(repel)).map((each) => each + 0)).toEqual([-1, 0, 1, -2]);
});

it('lengths are of whole vectors', () => {
  expect(longestOf(Float32Array.of(3, 4, 1, 0), 2)).toBe(5);
  expect(longestOf(new Float32Array(), 2)).toBe(0);
  expect([...lengthsOf(Float32Array.of(3, 4, 0, 1, 2, 2), 3)]).toEqual([5, 3]);
});

/** Nodes of a grid over [-extent, extent], row-major over y then x. */
function nodesOf(side: number, extent: number, at: (x: number, y: number) => [number, number]): Float32Array {
  const place = (i: number): number => -extent + (2 * extent * i) / (side - 1);
  return Float32Array.from(
    Array.from({ length: side * side }, (_, i) => at(place(i % side), place(Math.floor(i / side)))).flat(),
  );
}

describe('everyNth', () => {
  it('of a fine grid is the coarse one over the same square', () => {
    const fine = nodesOf(13, 3, (x, y) => [x, y]);
    expect([...everyNth(fine, 13, 4)]).toEqual([...nodesOf(4, 3, (x, y) => [x, y])]);
    expect(everyNth(fine, 13, 1)).toBe(fine);
  });
});

it('cells are centred on their nodes', () => {
  const side = 7;
  const { extent } = cellsOfNodes(new Float32Array(side * side), side, 3);
  const cell = (2 * extent) / side;
  expect(-extent + cell / 2).toBeCloseTo(-3, 12);
  expect(cell).toBeCloseTo(1, 12);
});

describe('divergenceOf', () => {
  it('is exact for linear fields, border included', () => {
    const field = nodesOf(9, 2, (x, y) => [0.5 * x - 3 * y + 1, 7 * x + 0.25 * y]);
    for (const value of divergenceOf(field, 9, 2)) expect(value).toBeCloseTo(0.75, 5);
  });

  it('of a rotation is nothing', () => {
    for (const value of divergenceOf(
      nodesOf(9, 2, (x, y) => [-y, x]),
      9,
      2,
    ))
      expect(value).toBeCloseTo(0, 12);
  });
});
