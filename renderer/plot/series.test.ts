import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joined } from './join.ts';
import { SeriesBuffer } from './series-buffer.ts';

fc.configureGlobal({ seed: 20261122 });

describe('SeriesBuffer', () => {
  it('holds the same whether it came in one batch or in many', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 8 }), (sizes) => {
        const buffer = new SeriesBuffer();
        let next = 0;
        for (const size of sizes) {
          const steps = Float64Array.from({ length: size }, () => next++);
          buffer.append(
            steps,
            steps.map((step) => step * 2),
          );
        }
        expect(buffer.length).toBe(next);
        expect(Array.from(buffer.steps)).toEqual(Array.from({ length: next }, (_, i) => i));
        expect(Array.from(buffer.values)).toEqual(Array.from({ length: next }, (_, i) => i * 2));
      }),
    );
  });

  it('starts again where a resumed run does', () => {
    const buffer = new SeriesBuffer();
    buffer.append(Float64Array.of(1, 2, 3, 4), Float64Array.of(10, 20, 30, 40));
    buffer.append(Float64Array.of(3, 4), Float64Array.of(33, 44));
    expect(Array.from(buffer.steps)).toEqual([1, 2, 3, 4]);
    expect(Array.from(buffer.values)).toEqual([10, 20, 33, 44]);
    expect(buffer.last).toBe(44);
    expect(buffer.rewrites).toBe(1);
  });
});

describe('joined', () => {
  it('puts curves on the union of their steps: undefined where a curve has no record', () => {
    const result = joined([
      { x: Float64Array.of(0, 2), y: Float64Array.of(1, 3) },
      { x: Float64Array.of(1, 2), y: Float64Array.of(5, 6) },
    ]);
    expect(Array.from(result.x)).toEqual([0, 1, 2]);
    expect(result.ys).toEqual([
      [1, undefined, 3],
      [undefined, 5, 6],
    ]);
  });

  it('keeps a gap open up to the records on both sides of it', () => {
    const result = joined([
      { x: Float64Array.of(0, 4, 8), y: Float64Array.of(1, NaN, 3) },
      { x: Float64Array.of(1, 3, 5, 7), y: Float64Array.of(5, 5, 5, 5) },
    ]);
    expect(Array.from(result.x)).toEqual([0, 1, 3, 4, 5, 7, 8]);
    expect(result.ys[0]).toEqual([1, null, null, null, null, null, 3]);
  });
});
