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
  });
});

describe('joined', () => {
  it('puts curves on the union of their steps', () => {
    const result = joined([
      { x: Float64Array.of(0, 2), y: Float64Array.of(1, 3) },
      { x: Float64Array.of(1, 2), y: Float64Array.of(5, NaN) },
    ]);
    expect(Array.from(result.x)).toEqual([0, 1, 2]);
    expect(result.ys).toEqual([
      [1, null, 3],
      [null, 5, null],
    ]);
  });
});
