import { describe, expect, it } from 'vitest';
import type { DatasetEntry } from '#contract/catalog.ts';
import { factsOf, imageFacts } from './dataset-facts.ts';

const base: DatasetEntry = {
  id: 'x',
  title: 'X',
  summary: '',
  dim: 192,
  analytic: false,
  imported: true,
  params: {},
};

describe('facts of a data set', () => {
  it.each([
    [{ dim: 2, analytic: true }, '2-D, closed form'],
    [{ shape: [8, 8, 1], classes: 10, size: 1797 }, '8 x 8, 10 classes'],
    [{ shape: [32, 32, 3], size: 5 }, '32 x 32, colour, 5'],
    [{ shape: [4, 4, 4], autoencoder: 'vae', size: 5 }, '4 x 4 latents, 5'],
    [{ shape: [16, 16, 1] }, '16 x 16'],
  ])('%j are %s', (change, text) => {
    expect(factsOf({ ...base, ...change })).toBe(text);
  });

  it('say how many images are held out, as the engine splits', () => {
    const held = (size: number): string | undefined =>
      imageFacts({ ...base, shape: [8, 8, 3], size }, 0.2).find(([name]) => name === 'Held out')?.[1];
    expect([held(100), held(6)]).toEqual(['20 of them', '0 of them']);
  });

  it('name classes where they have names', () => {
    const named = imageFacts({ ...base, shape: [8, 8, 3], classNames: ['cats', 'dogs'], classes: 2 }, 0);
    expect(named).toContainEqual(['Called', 'cats, dogs']);
  });
});
