import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOnScale, padded, shareOf, ticksOf, valueAt } from './scales.ts';
import type { Range, ScaleKind } from './scales.ts';

fc.configureGlobal({ seed: 20261122 });

const kind = fc.constantFrom<ScaleKind>('linear', 'log10', 'log2');
const range = fc
  .tuple(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.double({ min: 1.01, max: 1e6, noNaN: true }))
  .map(([low, factor]): Range => ({ low, high: low * factor }));

describe('scales', () => {
  it('find a value where they have put it', () => {
    fc.assert(
      fc.property(kind, range, fc.double({ min: 0, max: 1, noNaN: true }), (each, on, share) => {
        expect(shareOf(valueAt(share, on, each), on, each)).toBeCloseTo(share, 6);
      }),
    );
  });

  it('have no place for what is no number, and on a logarithmic axis none for 0 and below', () => {
    expect([NaN, Infinity, -1, 0, 1].map((value) => isOnScale(value, 'linear'))).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
    expect([NaN, -1, 0, 1e-300].map((value) => isOnScale(value, 'log10'))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it('pad a range to one that holds it and is wider than nothing', () => {
    fc.assert(
      fc.property(kind, range, fc.boolean(), (each, on, isPoint) => {
        const given = isPoint ? { low: on.low, high: on.low } : on;
        const wider = padded(given, each, 0.05);
        expect(wider.low).toBeLessThanOrEqual(given.low);
        expect(wider.high).toBeGreaterThanOrEqual(given.high);
        expect(wider.high).toBeGreaterThan(wider.low);
        expect(wider.low).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('put ticks on round numbers within the range, in order, and not too many', () => {
    fc.assert(
      fc.property(kind, range, fc.integer({ min: 3, max: 12 }), (each, on, most) => {
        const ticks = ticksOf(on, each, most);
        // Steps are rounded up to 1, 2 or 5; a tick may lie on either end.
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(on.low * (1 - 1e-6));
          expect(tick).toBeLessThanOrEqual(on.high * (1 + 1e-6));
        }
      }),
    );
  });

  it.each([
    [{ low: 0, high: 1 }, 'linear', [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [{ low: -0.1, high: 0.3 }, 'linear', [-0.1, 0, 0.1, 0.2, 0.3]],
    [{ low: 0.002, high: 40 }, 'log10', [0.01, 0.1, 1, 10]],
    [{ low: 0.8, high: 12 }, 'log10', [1, 2, 5, 10]],
    [{ low: 3, high: 4 }, 'log10', [3, 3.2, 3.4, 3.6, 3.8, 4]],
    [{ low: 1, high: 128 }, 'log2', [1, 4, 16, 64]],
  ] as const)('reads well from %j on a %s axis', (on, each, ticks) => {
    expect(ticksOf(on, each, 5)).toEqual(ticks);
  });
});
