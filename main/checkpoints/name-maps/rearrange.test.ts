import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rearrangement } from './mapping.ts';
import { inverseOf, rearranged } from './rearrange.ts';
import { sizeOfShape } from './shapes.ts';

const rearrangements: fc.Arbitrary<Rearrangement> = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 0, maxLength: 5 })
  .chain((view) =>
    fc.record({
      view: fc.constant(view),
      axes: fc.shuffledSubarray(
        view.map((_, axis) => axis),
        { minLength: view.length },
      ),
    }),
  );

/** One index at a time, as the definition says it. */
function naively(values: Float32Array, { view, axes, keep }: Rearrangement): number[] {
  const kept = view.map((size, axis) => (keep?.axis === axis ? keep.size : size));
  const out: number[] = [];
  const walk = (place: readonly number[]): void => {
    if (place.length < axes.length) {
      for (let i = 0; i < kept[axes[place.length]!]!; i++) walk([...place, i]);
      return;
    }
    const at = view.map((_, axis) => place[axes.indexOf(axis)]!);
    out.push(values[at.reduce((flat, index, axis) => flat * view[axis]! + index, 0)]!);
  };
  walk([]);
  return out;
}

const counted = (size: number): Float32Array => Float32Array.from({ length: size }, (_, i) => i);

describe('rearranged', () => {
  it('moves each element to where its index says', () => {
    fc.assert(
      fc.property(rearrangements, fc.nat(), fc.nat(), (rearrangement, axisSeed, sizeSeed) => {
        const { view } = rearrangement;
        const axis = axisSeed % Math.max(view.length, 1);
        const keep = { axis, size: 1 + (sizeSeed % (view[axis] ?? 1)) };
        for (const one of view.length === 0 ? [rearrangement] : [rearrangement, { ...rearrangement, keep }]) {
          const values = counted(sizeOfShape(view));
          expect([...rearranged(values, one)]).toEqual(naively(values, one));
        }
      }),
      { seed: 1 },
    );
  });

  it('moves blocks that are larger than the cache alike', () => {
    const one: Rearrangement = { view: [70, 3, 45], axes: [2, 1, 0] };
    const values = counted(70 * 3 * 45);
    expect([...rearranged(values, one)]).toEqual(naively(values, one));
  });

  it('is undone by its inverse', () => {
    fc.assert(
      fc.property(rearrangements, (rearrangement) => {
        const values = counted(sizeOfShape(rearrangement.view));
        expect(rearranged(rearranged(values, rearrangement), inverseOf(rearrangement))).toEqual(values);
      }),
      { seed: 2 },
    );
  });
});
