import { expect, it } from 'vitest';
import { magnitudeLevels } from './components.ts';
import { fieldSetOf } from './field-set.ts';
import { regionsOf, tintOf } from './tint.ts';

const set = fieldSetOf(
  {
    run: 'a',
    kind: 'velocity',
    step: 1,
    nfe: 1,
    computeMs: 1,
    count: 3,
    dim: 2,
    arrays: {
      points: new Float32Array(6),
      vectors: Float32Array.of(0, 0, 3, 4, 0, 10),
      teacher: new Float32Array(6),
      weights: Float32Array.of(0.5, 0.49, 0.01, 0.1, 0.88, 0.02, 1, 0, 0),
    },
  },
  [0, 1],
)!;

it('dots tell how long a residual is, up to the end of the colours', () => {
  expect([...(tintOf(set, 'residual', 10)?.groups ?? [])]).toEqual([
    0,
    Math.round(magnitudeLevels / 2),
    magnitudeLevels,
  ]);
  expect([...(tintOf(set, 'residual', 5)?.groups ?? [])].slice(1)).toEqual([
    magnitudeLevels,
    magnitudeLevels,
  ]);
});

it('dots tell of components only where weights are looked at', () => {
  expect(tintOf(set, 'weights', 1)?.components).toBe(3);
  expect(tintOf(set, 'velocity', 1)).toBeNull();
  expect(tintOf({ ...set, weights: null }, 'weights', 1)).toBeNull();
});

it('a component that weighs nothing anywhere has no region', () => {
  expect(regionsOf(set).map(({ component }) => component)).toEqual([0, 1]);
  expect([...(regionsOf(set)[1]?.values ?? [])].map((weight) => weight.toFixed(2))).toEqual([
    '0.49',
    '0.88',
    '0.00',
  ]);
});
