import { expect, it } from 'vitest';
import { betweenCount, endsOf, mostPins, noiseText, startsOf, togglePin } from './pins.ts';
import type { Pin } from './pins.ts';

const a: Pin = { seed: 0, index: 3 };
const b: Pin = { seed: 1, index: 3 };
const c: Pin = { seed: 0, index: 4 };

it('a pin is put and taken, and the oldest makes room', () => {
  expect(togglePin([a], b)).toEqual([a, b]);
  expect(togglePin([a, b], { ...a })).toEqual([b]);
  const many = Array.from({ length: mostPins }, (_, index) => ({ seed: 0, index }));
  expect(togglePin(many, b)).toEqual([...many.slice(1), b]);
});

it('two pins are mixed from end to end, as long as both are there', () => {
  expect(endsOf([a], null)).toBeNull();
  expect(endsOf([a, b, c], null)).toEqual([a, b]);
  expect(endsOf([a, b, c], [c, a])).toEqual([c, a]);
  expect(endsOf([a, b], [c, a])).toEqual([a, b]);
  const starts = startsOf([a, b, c], [a, c], 0.3);
  expect(starts).toHaveLength(3 + betweenCount + 1);
  expect(starts[3]).toEqual({ ...a, to: c, at: 0 });
  expect(starts[2 + betweenCount]).toEqual({ ...a, to: c, at: 1 });
  expect(starts.at(-1)).toEqual({ ...a, to: c, at: 0.3 });
  const places = starts.slice(3, -1).map(({ at }) => at!);
  places.slice(1).forEach((at, i) => expect(at - places[i]!).toBeCloseTo(1 / 8, 12));
  expect(startsOf([a], null, 0.5)).toEqual([a]);
});

it('a noise is told in words', () => {
  expect(noiseText(a)).toBe('seed 0, sample 3');
  expect(noiseText({ ...a, to: b, at: 0.25 })).toBe(
    '0.25 of the way from seed 0, sample 3 to seed 1, sample 3',
  );
});
