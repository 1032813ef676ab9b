import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_ALPHA, alphaFromUniform, alphaFromWeight, unconditionalWeight } from './alpha.ts';

describe('check 36: the strength of guidance', () => {
  it('has the known medians, and both ends of its range', () => {
    expect(alphaFromUniform(0.5, 3)).toBeCloseTo(1.37199, 5);
    expect(alphaFromUniform(0.5, 5)).toBeCloseTo(1.18805, 5);
    for (const power of [0, 0.5, 1, 3, 5]) {
      expect(alphaFromUniform(0, power)).toBe(1);
      expect(alphaFromUniform(1, power)).toBeCloseTo(MOST_ALPHA, 12);
    }
  });

  it.each([0, 1, 2, 3, 5])('has the density alpha^-%d', (power) => {
    // The share of uniforms below U is U: the integral of the density up to alpha(U), by Simpson's rule.
    const integral = (to: number): number => {
      const n = 400;
      const h = (to - 1) / n;
      const at = (i: number): number => (1 + i * h) ** -power;
      const inner = Array.from({ length: n - 1 }, (_, i) => (i % 2 === 0 ? 4 : 2) * at(i + 1));
      return (h / 3) * (at(0) + at(n) + inner.reduce((a, b) => a + b, 0));
    };
    for (const u of [0.1, 0.37, 0.5, 0.9]) {
      expect(integral(alphaFromUniform(u, power)) / integral(MOST_ALPHA)).toBeCloseTo(u, 7);
    }
  });

  it('comes back from the weight of the unconditional negatives', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: MOST_ALPHA, noNaN: true }),
        fc.integer({ min: 2, max: 512 }),
        fc.integer({ min: 1, max: 128 }),
        (alpha, generated, unconditional) => {
          const weight = unconditionalWeight(alpha, generated, unconditional);
          expect(alphaFromWeight(weight, generated, unconditional)).toBeCloseTo(alpha, 12);
          // q~ = (1 - g) q + g p(. | null) with alpha = 1 / (1 - g): the share of all their weight is g.
          const share = (unconditional * weight) / (generated - 1 + unconditional * weight);
          expect(1 / (1 - share)).toBeCloseTo(alpha, 10);
        },
      ),
    );
  });

  it('is 1 where unconditional negatives weigh nothing', () => {
    expect(unconditionalWeight(1, 64, 16)).toBe(0);
    expect(unconditionalWeight(2, 64, 16)).toBe(63 / 16);
  });
});
