import { describe, expect, it } from 'vitest';
import { sparklinePath } from './sparkline.ts';

describe('sparklinePath', () => {
  it('goes from the left to the right edge and from the bottom to the top of the box', () => {
    expect(sparklinePath(Float64Array.of(-1, 0, 1), 100, 20)).toBe('M0.0 20.0L50.0 10.0L100.0 0.0');
  });

  it('is logarithmic for positive values', () => {
    expect(sparklinePath(Float64Array.of(0.01, 0.1, 1), 100, 20)).toBe('M0.0 20.0L50.0 10.0L100.0 0.0');
  });

  it('has few points however long the series', () => {
    const path = sparklinePath(
      Float64Array.from({ length: 100_000 }, (_, i) => i + 1),
      100,
      20,
    );
    expect(path.match(/[ML]/g)?.length).toBe(96);
  });

  it('draws nothing of a single value or of gaps', () => {
    expect(sparklinePath(Float64Array.of(1), 100, 20)).toBe('');
    expect(sparklinePath(Float64Array.of(NaN, NaN), 100, 20)).toBe('');
  });
});
