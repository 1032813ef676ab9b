import { expect, it } from 'vitest';
import { TINY_AUTOENCODER, TINY_DIT } from '../testing/tiny-models.ts';
import { candidatesOf } from './network-candidates.ts';

it('tries what was assumed first, then every divisor of the width, usual sizes of a head before others', () => {
  const wide = { ...TINY_DIT, width: 768, heads: 12 };
  const heads = candidatesOf({ config: wide }, {}).map(({ config, settled }) => [
    config.network === 'dit' ? config.heads : 0,
    settled,
  ]);
  expect(heads[0]).toEqual([12, {}]);
  expect(heads.slice(1, 3)).toEqual([
    [16, { heads: 16 }],
    [8, { heads: 8 }],
  ]);
  expect(new Set(heads.map(([each]) => each)).size).toBe(18);
});

it('tries groups that divide every level, and nothing that a person chose', () => {
  const groups = candidatesOf({ config: TINY_AUTOENCODER }, {}).map(({ settled }) => settled);
  expect(groups).toEqual([{}, { groups: 8 }, { groups: 2 }, { groups: 1 }]);
  expect(candidatesOf({ config: TINY_AUTOENCODER }, { groups: 4 })).toHaveLength(1);
  expect(candidatesOf({ config: TINY_DIT }, { heads: 2 })).toHaveLength(1);
});
