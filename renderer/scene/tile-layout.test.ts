import { describe, expect, it } from 'vitest';
import {
  blockStep,
  cornerOf,
  layoutTiles,
  lineAndColumn,
  linesBetween,
  lineOf,
  lineTable,
  lineTop,
  scalesOf,
  tileAt,
  tilesIn,
} from './tile-layout.ts';
import type { TilePlan } from './tile-layout.ts';
import { tileByKey } from './tile-keys.ts';

function planOf(more: Partial<TilePlan> = {}): TilePlan {
  const count = more.count ?? 64;
  return {
    tile: { width: 8, height: 8 },
    sections: [{ first: 0, count }],
    count,
    sources: 1,
    view: { width: 1200, height: 700 },
    pixelRatio: 1,
    gutter: 0,
    ...more,
  };
}

/** Sections of uneven length, three sources, headings: everything at once. */
const rich = planOf({
  count: 50,
  sources: 3,
  gutter: 90,
  pixelRatio: 2,
  sections: [
    { first: 0, count: 20 },
    { first: 20, count: 3 },
    { first: 23, count: 27 },
  ],
});
const plans = {
  all: planOf(),
  many: planOf({ count: 10_000 }),
  one: planOf({ count: 1 }),
  wide: planOf({ count: 40, tile: { width: 64, height: 16 }, view: { width: 500, height: 900 } }),
  rich,
};

describe('layoutTiles', () => {
  it('makes tiles as large as all of them fit in sight, with texels that are squares', () => {
    for (const pixelRatio of [1, 1.5, 2]) {
      const plan = planOf({ pixelRatio, view: { width: 1200 * pixelRatio, height: 700 * pixelRatio } });
      const layout = layoutTiles(plan, null);
      expect(layout.height).toBeLessThanOrEqual(plan.view.height);
      expect(layout.side.width % 8).toBe(0);
      const scales = scalesOf(plan.tile, pixelRatio);
      const next = scales[scales.indexOf(layout.scale) + 1]!;
      expect(layoutTiles(plan, next).height).toBeGreaterThan(plan.view.height);
    }
  });

  it('keeps ten thousand tiles readable, and inside the width', () => {
    const layout = layoutTiles(plans.many, null);
    expect(layout.side.width).toBeGreaterThanOrEqual(26);
    expect(layout.height).toBeGreaterThan(plans.many.view.height);
    const right = layout.left + layout.columns * (layout.side.width + layout.gap) - layout.gap;
    expect(right).toBeLessThanOrEqual(plans.many.view.width);
    expect(layout.lineCount).toBe(Math.ceil(10_000 / layout.columns));
  });

  it('has sizes in both directions, none of which tears texels', () => {
    for (const side of [8, 32, 256]) {
      const scales = scalesOf({ width: side, height: side }, 1);
      expect(scales).toEqual([...scales].sort((a, b) => a - b));
      expect(scales.every((scale) => Number.isInteger(scale) || Number.isInteger(1 / scale))).toBe(true);
      expect(scales).toContain(1);
    }
  });
});

describe('picking', () => {
  it.each(Object.entries(plans))(
    'a tile is found in the middle of itself and at its corners: %s',
    (_, plan) => {
      for (const scale of [null, 2, 5]) {
        const layout = layoutTiles(plan, scale);
        const step = Math.max(1, Math.floor(plan.count / 97));
        for (let index = 0; index < plan.count; index += step) {
          for (let source = 0; source < plan.sources; source += 1) {
            const place = { source, index };
            const { x, y } = cornerOf(layout, place)!;
            const { width, height } = layout.side;
            for (const [dx, dy] of [
              [0, 0],
              [width / 2, height / 2],
              [width - 1, height - 1],
            ] as const) {
              expect(tileAt(layout, x + dx, y + dy)).toEqual(place);
            }
            const [line, column] = lineAndColumn(layout, place)!;
            expect(lineTop(layout, line)).toBe(y);
            expect(lineOf(layout, line)!.first + column).toBe(index);
          }
        }
      }
    },
  );

  it('there is nothing before the first tile, after the last, and beyond a short line', () => {
    const layout = layoutTiles(rich, 2);
    expect(tileAt(layout, 0, layout.top + 2)).toBeNull();
    expect(tileAt(layout, layout.left, 0)).toBeNull();
    expect(tileAt(layout, layout.left, layout.height + 50)).toBeNull();
    const [line] = lineAndColumn(layout, { source: 0, index: 22 })!;
    const beyond = layout.left + 3 * (layout.side.width + layout.gap) + 1;
    expect(tileAt(layout, beyond, lineTop(layout, line) + 1)).toBeNull();
    expect(cornerOf(layout, { source: 3, index: 0 })).toBeNull();
    expect(cornerOf(layout, { source: 0, index: 50 })).toBeNull();
  });

  it('a box finds the samples whose tile it meets, and a box over all of them every one once', () => {
    for (const plan of Object.values(plans)) {
      const layout = layoutTiles(plan, 3);
      // What fits stands in the middle of what is in sight.
      const bottom = Math.max(plan.view.height, layout.height);
      const all = tilesIn(layout, { left: 0, top: 0, right: plan.view.width, bottom });
      expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: plan.count }, (_, i) => i));
    }
    const layout = layoutTiles(plans.many, 4);
    const { x, y } = cornerOf(layout, { source: 0, index: layout.columns * 7 + 5 })!;
    const { width, height } = layout.side;
    const box = { left: x + 1, top: y + 1, right: x + width + layout.gap + 1, bottom: y + height - 1 };
    expect(tilesIn(layout, box)).toEqual([layout.columns * 7 + 5, layout.columns * 7 + 6]);
  });
});

describe('what is in sight', () => {
  it('is a few dozen lines of ten thousand tiles, and all that meets the window', () => {
    const layout = layoutTiles(plans.many, null);
    const { height } = plans.many.view;
    for (const scroll of [0, 133, 2000, layout.height - height]) {
      const [from, to] = linesBetween(layout, scroll, scroll + height);
      expect(to - from).toBeLessThan(height / blockStep(layout) + 3);
      for (let line = 0; line < layout.lineCount; line += 1) {
        const top = lineTop(layout, line);
        const isSeen = top < scroll + height && top + layout.side.height > scroll;
        if (isSeen) expect(line >= from && line < to).toBe(true);
      }
    }
  });

  it('the table for the device says of every line what lineOf says', () => {
    const layout = layoutTiles(rich, 2);
    const table = lineTable(layout);
    expect(table).toHaveLength(4 * layout.lineCount);
    let tiles = 0;
    for (let line = 0; line < layout.lineCount; line += 1) {
      const { source, first, count, offset, section } = lineOf(layout, line)!;
      expect([...table.slice(4 * line, 4 * line + 4)]).toEqual([source * 50 + first, count, offset, source]);
      expect(first).toBe(rich.sections[section]!.first + offset);
      tiles += count;
    }
    expect(tiles).toBe(150);
    expect(lineOf(layout, layout.lineCount)).toBeNull();
  });
});

describe('tileByKey', () => {
  const layout = layoutTiles(rich, 3);

  it('right and left pass every sample of a source, and stop at the ends', () => {
    for (const source of [0, 2]) {
      let place = { source, index: 0 };
      const passed = [0];
      for (let i = 0; i < 60; i += 1) {
        place = tileByKey(layout, place, 'ArrowRight', 5)!;
        if (passed.at(-1) !== place.index) passed.push(place.index);
        expect(place.source).toBe(source);
      }
      expect(passed).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(tileByKey(layout, place, 'End', 5)).toEqual(place);
      for (let i = 0; i < 60; i += 1) place = tileByKey(layout, place, 'ArrowLeft', 5)!;
      expect(place).toEqual({ source, index: 0 });
      expect(tileByKey(layout, { source, index: 30 }, 'Home', 5)).toEqual(place);
    }
  });

  it('up and down go through the sources of a sample, then to the next line', () => {
    const down = (from: { source: number; index: number }) => tileByKey(layout, from, 'ArrowDown', 5)!;
    const second = down({ source: 0, index: 1 });
    expect(second).toEqual({ source: 1, index: 1 });
    expect(down(down(second)).source).toBe(0);
    expect(tileByKey(layout, second, 'ArrowUp', 5)).toEqual({ source: 0, index: 1 });
    expect(tileByKey(layout, { source: 0, index: 0 }, 'ArrowUp', 5)).toEqual({ source: 0, index: 0 });
  });

  it('a page of many keeps source and column, and never leaves the grid', () => {
    const many = layoutTiles(plans.many, null);
    const from = { source: 0, index: 3 };
    const below = tileByKey(many, from, 'PageDown', 10)!;
    expect(below).toEqual({ source: 0, index: 3 + 10 * many.columns });
    expect(tileByKey(many, below, 'PageUp', 10)).toEqual(from);
    let place = from;
    for (let i = 0; i < 200; i += 1) place = tileByKey(many, place, 'PageDown', 10)!;
    expect(lineAndColumn(many, place)![0]).toBe(many.lineCount - 1);
    expect(tileByKey(many, from, 'a', 10)).toBeNull();
  });
});
