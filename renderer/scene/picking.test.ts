import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idFrom, nearestPicked } from './picking.ts';

fc.configureGlobal({ seed: 20261122 });

/** What the shader writes for an element and a tag. */
function written(element: number, tag: number): number[] {
  return [element & 255, (element >> 8) & 255, (element >> 16) & 255, tag];
}

function picture(
  side: number,
  marks: readonly { row: number; column: number; element: number; tag: number }[],
) {
  const pixels = new Uint8Array(side * side * 4);
  for (const { row, column, element, tag } of marks)
    pixels.set(written(element, tag), (row * side + column) * 4);
  return pixels;
}

describe('ids as colours', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), fc.integer({ min: 1, max: 255 }), (element, tag) => {
        expect(idFrom(Uint8Array.from(written(element, tag)), 0)).toEqual({ element, tag });
      }),
    );
  });
});

describe('nearestPicked', () => {
  const tags = [
    { key: 'paths', isDot: false },
    { key: 'paths', isDot: true },
  ];

  it('finds nothing where nothing is', () => {
    expect(nearestPicked(new Uint8Array(13 * 13 * 4), 13, tags)).toBeNull();
  });

  it('takes the nearest of several', () => {
    const pixels = picture(13, [
      { row: 6, column: 9, element: 70_000, tag: 1 },
      { row: 6, column: 7, element: 3, tag: 1 },
    ]);
    expect(nearestPicked(pixels, 13, tags)).toEqual({ key: 'paths', index: 3 });
  });

  it('prefers a dot to a line that is a little nearer, but not to one much nearer', () => {
    const dot = (column: number) => ({ row: 6, column, element: 5, tag: 2 });
    const line = { row: 6, column: 6, element: 9, tag: 1 };
    expect(nearestPicked(picture(13, [line, dot(8)]), 13, tags)?.index).toBe(5);
    expect(nearestPicked(picture(13, [line, dot(11)]), 13, tags)?.index).toBe(9);
  });

  it('leaves the corners out: what is picked is as near in all directions', () => {
    const corner = { row: 0, column: 0, element: 5, tag: 1 };
    expect(nearestPicked(picture(13, [corner]), 13, tags)).toBeNull();
  });
});
