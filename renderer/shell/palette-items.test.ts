import { describe, expect, it } from 'vitest';
import { foundItems } from './palette-items.ts';
import type { PaletteItem } from './palette-items.ts';

function item(title: string, change: Partial<PaletteItem> = {}): PaletteItem {
  return {
    key: title,
    group: 'Commands',
    title,
    about: '',
    shortcut: null,
    isEnabled: true,
    run: () => undefined,
    ...change,
  };
}

function titlesFor(query: string, items: readonly PaletteItem[]): string[] {
  return foundItems(items, query).map(({ title }) => title);
}

describe('foundItems', () => {
  it('puts what can be done before what cannot, however well it answers', () => {
    const items = [item('Stop', { isEnabled: false }), item('Non-stop run')];
    expect(titlesFor('stop', items)).toEqual(['Non-stop run', 'Stop']);
    expect(titlesFor('', items)).toEqual(['Non-stop run', 'Stop']);
  });

  it('finds by what stands beside the title, after what is found by the title', () => {
    const items = [item('sweep 12', { about: 'drifting rings baseline' }), item('Baseline teacher')];
    expect(titlesFor('baseline', items)).toEqual(['Baseline teacher', 'sweep 12']);
    expect(titlesFor('rings sweep', items)).toEqual(['sweep 12']);
    expect(titlesFor('gauss', items)).toEqual([]);
  });

  it('offers a few runs before anything is typed, and all of them to a search', () => {
    const runs = Array.from({ length: 30 }, (_, i) => item(`run ${i}`, { group: 'Runs' }));
    expect(foundItems([...runs, item('New run...')], '')).toHaveLength(6);
    expect(foundItems(runs, 'run')).toHaveLength(30);
  });
});
