import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowWindow, scrollToRow } from './windowing.ts';

fc.configureGlobal({ seed: 20261122 });

const scroll = fc.record({
  count: fc.integer({ min: 0, max: 20_000 }),
  rowHeight: fc.integer({ min: 1, max: 100 }),
  scrollTop: fc.integer({ min: -500, max: 2_000_000 }),
  viewHeight: fc.integer({ min: 0, max: 2000 }),
});

describe('rowWindow', () => {
  it('keeps the height of the whole list', () => {
    fc.assert(
      fc.property(scroll, (at) => {
        const { from, to, before, after } = rowWindow(at);
        expect(before + (to - from) * at.rowHeight + after).toBe(at.count * at.rowHeight);
      }),
    );
  });

  it('draws every row that can be seen, and few more', () => {
    fc.assert(
      fc.property(scroll, (at) => {
        const { from, to } = rowWindow(at);
        const { count, rowHeight, viewHeight } = at;
        const top = Math.min(Math.max(0, count * rowHeight - viewHeight), Math.max(0, at.scrollTop));
        if (count > 0) expect(from).toBeLessThanOrEqual(Math.floor(top / rowHeight));
        expect(to).toBeGreaterThanOrEqual(Math.min(count, Math.floor((top + viewHeight) / rowHeight)));
        expect(to - from).toBeLessThanOrEqual(Math.ceil(viewHeight / rowHeight) + 14);
      }),
    );
  });
});

describe('scrollToRow', () => {
  it('brings a row into sight and moves nothing for one that is in sight', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 100, max: 1000 }),
        (row, rowHeight, scrollTop, viewHeight) => {
          const to = scrollToRow(row, { rowHeight, scrollTop, viewHeight });
          expect(row * rowHeight).toBeGreaterThanOrEqual(to);
          expect((row + 1) * rowHeight).toBeLessThanOrEqual(to + viewHeight);
          expect(scrollToRow(row, { rowHeight, scrollTop: to, viewHeight })).toBe(to);
        },
      ),
    );
  });
});
