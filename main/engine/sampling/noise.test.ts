import { describe, expect, it } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { FreshNoise, chosenNoise, noiseFor, noiseOfSample, slerp } from './noise.ts';

const norm = (x: ArrayLike<number>): number =>
  Math.sqrt(Array.from(x).reduce((sum, each) => sum + each ** 2, 0));

describe('the noise of one sample', () => {
  it.each([1, 2, 3, 64, 75])('of %i numbers is that which it has among the others', (size) => {
    const all = noiseFor(7, 12 * size);
    for (const index of [0, 1, 4, 11]) {
      expect(noiseOfSample({ seed: 7, index }, size)).toEqual(all.slice(index * size, (index + 1) * size));
    }
  });

  it('on the way is that which it has among the others, whichever are drawn beside it', () => {
    for (const size of [3, 4]) {
      const all = new Rng(5, 'way', 2).fillNormal(new Float64Array(6 * size));
      const some = new FreshNoise(
        [4, 0].map((index) => ({ seed: 5, index })),
        'way',
      );
      const found = some.at(2).fillNormal(new Float64Array(2 * size));
      expect([...found]).toEqual([...all.slice(4 * size, 5 * size), ...all.slice(0, size)]);
    }
  });
});

describe('the great circle between two noises', () => {
  const size = 192;
  const [from, to] = [0, 1].map((index) => noiseOfSample({ seed: 3, index }, size)) as [
    Float32Array,
    Float32Array,
  ];

  it('begins and ends at them', () => {
    expect(chosenNoise([{ seed: 3, index: 0, to: { seed: 3, index: 1 }, at: 0 }], size)).toEqual(from);
    // Rounded to float32 once more than its end.
    slerp(from, to, 1).forEach((value, i) => expect(value).toBeCloseTo(to[i]!, 6));
  });

  it('is as long as they are all the way, where the straight line is not', () => {
    for (const at of [0.1, 0.25, 0.5, 0.9]) {
      const expected = (1 - at) * norm(from) + at * norm(to);
      // Float32 of 192 numbers.
      expect(norm(slerp(from, to, at)) / expected).toBeCloseTo(1, 5);
    }
    expect(norm(from.map((x, i) => (x + to[i]!) / 2))).toBeLessThan(0.9 * norm(from));
  });

  it('is gone along at an even pace', () => {
    const angle = (a: Float32Array, b: Float32Array): number =>
      Math.acos(a.reduce((sum, x, i) => sum + x * b[i]!, 0) / (norm(a) * norm(b)));
    const steps = [0, 0.25, 0.5, 0.75, 1].map((at) => slerp(from, to, at));
    const angles = steps.slice(1).map((each, i) => angle(steps[i]!, each));
    for (const each of angles) expect(each).toBeCloseTo(angle(from, to) / 4, 4);
  });

  it('is the straight line between what no circle joins: the same, and opposites', () => {
    expect(slerp(from, from, 0.3).every((x, i) => Math.abs(x - from[i]!) < 1e-6)).toBe(true);
    expect([...slerp(Float32Array.of(1), Float32Array.of(-3), 0.5)]).toEqual([-1]);
  });
});
