import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOf } from './palette-rank.ts';

fc.configureGlobal({ seed: 20261122 });

const word = fc.stringMatching(/^[a-z]{2,8}$/);

describe('rankOf', () => {
  it('puts a text that begins with the query before one that holds its letters with gaps', () => {
    fc.assert(
      fc.property(word, word, (query, rest) => {
        // A dot between all letters: they are there in order, and never together.
        const scattered = `x${[...query].join('.')}`;
        const beginning = rankOf(query, `${query} ${rest}`);
        expect(beginning).not.toBeNull();
        expect(beginning!).toBeGreaterThan(rankOf(query, scattered) ?? -Infinity);
      }),
    );
  });

  it('finds every text by any of its parts, and by all of it best', () => {
    fc.assert(
      fc.property(word, word, fc.nat(7), (first, second, cut) => {
        const text = `${first} ${second}`;
        const part = text.slice(Math.min(cut, text.length - 1)).trim();
        expect(rankOf(part, text)).not.toBeNull();
        expect(rankOf(text, text)!).toBeGreaterThanOrEqual(rankOf(part, text)!);
      }),
    );
  });

  it('finds nothing by a letter that is not there', () => {
    fc.assert(fc.property(word, (text) => rankOf(`${text}#`, text) === null));
  });

  it('orders beginning, word, part, words, letters', () => {
    const texts = ['Pause training', 'Play or pause', 'Unpaused', 'Paint a house'];
    const ranks = texts.map((text) => rankOf('pause', text));
    expect(ranks.every((rank) => rank !== null)).toBe(true);
    expect(ranks).toEqual(ranks.toSorted((a, b) => b! - a!));
    expect(rankOf('run new', 'New run...')!).toBeGreaterThan(rankOf('nwrn', 'New run...')!);
  });

  it('takes case and spaces as they come', () => {
    expect(rankOf('  NEW   run ', 'New run...')).toBe(rankOf('new run', 'New run...'));
    expect(rankOf('', 'anything')).toBe(0);
  });
});
