/** Averages with their standard errors, so that a tolerance follows from the sample that it judges. */
import { expect } from 'vitest';

/**
 * Fails if the average of `draws` independent terms is further than five standard errors, estimated
 * from the same terms, from `expected`: by chance about once in 1.7 million. The seeds are fixed, so a
 * test that passes always passes.
 *
 * @param slack  error of `expected` itself, or the rounding of terms that hardly vary
 */
export function expectAverage(
  draws: number,
  term: (draw: number) => number,
  expected: number,
  slack = 1e-6,
): void {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < draws; i++) {
    const value = term(i);
    sum += value;
    squares += value ** 2;
  }
  const average = sum / draws;
  const error = Math.sqrt(Math.max(0, squares / draws - average ** 2) / draws);
  expect(Math.abs(average - expected)).toBeLessThan(5 * error + slack);
}

/** Midpoint rule for the mean of `f` over [from, to]; exact to about 1e-9 for the smooth f used here. */
export function meanOver(from: number, to: number, f: (a: number) => number): number {
  const parts = 100_000;
  let sum = 0;
  for (let i = 0; i < parts; i++) sum += f(from + ((i + 0.5) / parts) * (to - from));
  return sum / parts;
}
