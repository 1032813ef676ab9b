import { describe, expect, it } from 'vitest';
import { colourMapBetween } from '../../scene/colour-maps.ts';
import { sheetPlan } from './image-export.ts';
import { besideEachOther, latencyText, mostSamples, sectionsOf } from './tile-sources.ts';

const plain = { kind: 'plain', channel: 'first' } as const;
const signed = {
  kind: 'signed',
  channel: 'first',
  colours: colourMapBetween([0, 0, 0], [1, 1, 1]),
  range: 1,
} as const;

describe('sectionsOf', () => {
  it('one section without labels, and one for each class whose samples follow one another', () => {
    expect(sectionsOf({ count: 7, arrays: {} }, true)).toEqual([{ first: 0, count: 7, label: null }]);
    const labels = Float32Array.of(0, 0, 0, 1, 1, 5);
    const sections = sectionsOf({ count: 6, arrays: { labels } }, true);
    expect(sections).toEqual([
      { first: 0, count: 3, label: 0 },
      { first: 3, count: 2, label: 1 },
      { first: 5, count: 1, label: 5 },
    ]);
    const all = [{ first: 0, count: 6, label: null }];
    expect(sectionsOf({ count: 6, arrays: { labels } }, false)).toEqual(all);
    // Classes in turn are no rows.
    const inTurn = { labels: Float32Array.of(0, 1, 2, 0, 1, 2) };
    expect(sectionsOf({ count: 6, arrays: inTurn }, true)).toEqual(all);
  });
});

describe('besideEachOther', () => {
  const own = { title: 'Student', values: Float32Array.of(1, 2, 3), look: plain };

  it('reference, own and their difference, the same array for the same two', () => {
    const reference = { title: 'Teacher', values: Float32Array.of(1, 0, 5), look: plain };
    const rows = besideEachOther(reference, own, signed);
    expect(rows.map(({ title }) => title)).toEqual(['Teacher', 'Student', 'Difference']);
    expect([...rows[2]!.values!]).toEqual([0, 2, -2]);
    expect(besideEachOther(reference, own, signed)[2]!.values).toBe(rows[2]!.values);
  });

  it('no difference to what is awaited or of another size', () => {
    const awaited = besideEachOther({ title: 'Teacher', values: null, look: plain }, own, signed);
    expect(awaited[2]).toEqual({ title: 'Difference', values: null, look: signed });
    const uneven = { title: 'Teacher', values: Float32Array.of(1), look: plain };
    expect(besideEachOther(uneven, own, signed)[2]).toMatchObject({ values: null, note: 'other sizes' });
  });
});

it('ten thousand of what is small, fewer of what is large, and one at least', () => {
  expect(mostSamples([8, 8, 1])).toBe(10_000);
  expect(mostSamples([8, 8, 1], 4)).toBe(10_000);
  expect(mostSamples([256, 256, 3])).toBe(341);
  expect(mostSamples([9000, 9000, 3])).toBe(1);
});

it('tells what the engine took and what the window waited', () => {
  expect(latencyText(3.04, 41.6)).toBe('engine 3.0 ms, round trip 42 ms');
});

describe('sheetPlan', () => {
  it('has every sample of every source', () => {
    const sections = [
      { first: 0, count: 20, label: 0 },
      { first: 20, count: 20, label: 1 },
    ];
    const one = sheetPlan(sections, [{ title: 'a' }], { width: 8, height: 8 }, 6);
    expect(one.leftOut).toBe(0);
    expect(one.lines.reduce((sum, { count }) => sum + count, 0)).toBe(40);
    expect(one.lines.map(({ title }) => title).filter((title) => title !== null)).toEqual([
      'class 0',
      'class 1',
    ]);
    const three = sheetPlan(
      sections,
      [{ title: 'a' }, { title: 'b' }, { title: 'c' }],
      { width: 8, height: 8 },
      6,
    );
    expect(three.lines.reduce((sum, { count }) => sum + count, 0)).toBe(120);
  });

  it('ten thousand digits are all there; what is too large for a picture is counted', () => {
    const sections = [{ first: 0, count: 10_000, label: null }];
    expect(sheetPlan(sections, [{ title: 'a' }], { width: 8, height: 8 }, 50).leftOut).toBe(0);
    const large = sheetPlan(sections, [{ title: 'a' }], { width: 256, height: 256 }, 20);
    const shown = large.lines.reduce((sum, { count }) => sum + count, 0);
    expect(large.leftOut).toBe(10_000 - shown);
    expect(large.leftOut).toBeGreaterThan(0);
    expect(large.width * large.height).toBeLessThanOrEqual(2 ** 25);
  });
});
