import { expect, it } from 'vitest';
import { evaluate } from '../../maths/policy/testdata/evaluate.ts';
import { Rng } from '../../tensor/rng.ts';
import { hiddenError, hiddenPlaces, squaresOf, withHidden } from './masking.ts';

const SHAPE = [4, 6, 2];
const SIDE = 2;
/** Of two images: squares 0 and 5 of the first, and none of the second. */
const DRAW = [0.1, 0.9, 0.5, 0.6, 0.7, 0.49, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9];

it('hides whole squares, row by row, and leaves the rest as it is', async () => {
  expect(squaresOf(SHAPE, SIDE)).toBe(6);
  const x = new Rng(1, 'x').fillNormal(new Float32Array(96));
  const { hidden, seen } = await evaluate({ draw: [[2, 6], DRAW], x: [[2, ...SHAPE], x] }, (given) => {
    const places = hiddenPlaces(given['draw']!, SHAPE, SIDE, 0.5);
    return { hidden: places, seen: withHidden(given['x']!, places) };
  });
  const rows = Array.from({ length: 4 }, (_, i) => [...hidden.slice(i * 6, i * 6 + 6)].join(''));
  expect(rows).toEqual(['110000', '110000', '000011', '000011']);
  expect(hidden.slice(24).every((value) => value === 0)).toBe(true);
  seen.forEach((value, i) => expect(value).toBeCloseTo(hidden[i >> 1] === 1 ? 0 : x[i]!, 6));
});

it('hides as many as its share says', async () => {
  const draw = new Rng(2, 'draw').fillUniform(new Float32Array(16_000));
  const { hidden } = await evaluate({ draw: [[1000, 16], draw] }, (given) => ({
    hidden: hiddenPlaces(given['draw']!, [4, 4, 1], 1, 0.3),
  }));
  // Five deviations of 16,000 draws.
  expect(hidden.reduce((sum, value) => sum + value, 0) / 16_000).toBeCloseTo(0.3, 1);
});

it('counts errors at hidden places alone', async () => {
  const x = new Float32Array(96).fill(1);
  const made = x.map((value, i) => (i < 24 ? value + 2 : value));
  const { sum, count } = await evaluate(
    { draw: [[2, 6], DRAW], x: [[2, ...SHAPE], x], made: [[2, ...SHAPE], made] },
    (given) => hiddenError(given['made']!, given['x']!, hiddenPlaces(given['draw']!, SHAPE, SIDE, 0.5)),
  );
  // Two squares of 4 pixels and 2 channels are hidden; half of those lie in the upper rows, off by 2.
  expect([...count]).toEqual([16, 0]);
  expect([...sum]).toEqual([8 * 4, 0]);
});
