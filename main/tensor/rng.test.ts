import { describe, expect, it } from 'vitest';
import { Rng, threefry2x32 } from './rng.ts';

describe('threefry2x32', () => {
  // Known-answer vectors of the Random123 distribution (threefry2x32, 20 rounds).
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ])('key %j counter %j', (key, counter, expected) => {
    const out = new Uint32Array(2);
    threefry2x32(key[0]! | 0, key[1]! | 0, counter[0]!, counter[1]!, out);
    expect([...out]).toEqual(expected);
  });
});

describe('Rng', () => {
  it('draws depend only on seed, stream and step', () => {
    const draw = (seed: number, stream: string, step: number) =>
      [...new Rng(seed, stream).at(step).fillNormal(new Float32Array(8))].join();
    expect(draw(1, 'noise', 5)).toBe(draw(1, 'noise', 5));
    const others = [draw(2, 'noise', 5), draw(1, 'data', 5), draw(1, 'noise', 6)];
    expect(new Set([draw(1, 'noise', 5), ...others]).size).toBe(4);
  });

  it('has the moments of its distributions', () => {
    const n = 200_000;
    const normal = new Rng(7, 'moments').fillNormal(new Float64Array(n));
    const uniform = new Rng(7, 'moments').fillUniform(new Float64Array(n));
    const mean = (a: Float64Array, p: number) => a.reduce((s, x) => s + x ** p, 0) / n;
    // Five standard errors: sd of x, x^2, x^4 over sqrt(n) are 1, sqrt 2, sqrt 96.
    const se = 5 / Math.sqrt(n);
    expect(Math.abs(mean(normal, 1))).toBeLessThan(se);
    expect(Math.abs(mean(normal, 2) - 1)).toBeLessThan(se * Math.SQRT2);
    expect(Math.abs(mean(normal, 4) - 3)).toBeLessThan(se * Math.sqrt(96));
    expect(Math.abs(mean(uniform, 1) - 0.5)).toBeLessThan(se * Math.sqrt(1 / 12));
    expect(Math.abs(mean(uniform, 2) - 1 / 3)).toBeLessThan(se * Math.sqrt(4 / 45));
  });

  it('permutes without loss', () => {
    const p = new Rng(3, 'shuffle').permutation(1000);
    expect([...p].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(p.filter((v, i) => v === i).length).toBeLessThan(10);
  });

  it('refuses a seed that is not a 32-bit unsigned integer', () => {
    expect(() => new Rng(-1, 'x')).toThrow(/\[0, 2\^32\), found -1/);
    expect(() => new Rng(0.5, 'x')).toThrow(RangeError);
  });
});
