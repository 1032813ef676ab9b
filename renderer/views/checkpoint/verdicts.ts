import type { KeyVerdict, Recognition, TensorDifference } from '#contract/checkpoints.ts';

export type Verdict = KeyVerdict['verdict'];
export type Change = TensorDifference['change'];

/** What a mark can stand for. */
export type Mark = Verdict | Change | 'not-finite';

export const verdicts: readonly Verdict[] = ['matched', 'shape-mismatch', 'missing', 'unused'];

export const verdictWords: Readonly<Record<Verdict, string>> = {
  matched: 'Matched',
  'shape-mismatch': 'Other shape',
  missing: 'Missing',
  unused: 'Unused',
};

export const changeWords: Readonly<Record<Change, string>> = {
  added: 'Added',
  removed: 'Removed',
  reshaped: 'Other shape',
  retyped: 'Other dtype',
  changed: 'Changed',
  same: 'Same',
};

/**
 * What became of each tensor of the file, by its name there. Keys may be told with or without the
 * prefix of the group that they are taken from.
 *
 * @param has  whether the file has a tensor of that name
 */
export function verdictsByTensor(
  recognised: Recognition | null,
  has: (name: string) => boolean,
): ReadonlyMap<string, KeyVerdict> {
  const found = new Map<string, KeyVerdict>();
  for (const verdict of recognised?.keys ?? []) {
    const inGroup = recognised?.group === '' ? verdict.key : `${recognised?.group}.${verdict.key}`;
    found.set(has(inGroup) ? inGroup : verdict.key, verdict);
  }
  return found;
}

/** How many keys have each verdict. */
export function countsOf(keys: readonly KeyVerdict[]): Readonly<Record<Verdict, number>> {
  const counts: Record<Verdict, number> = { matched: 0, 'shape-mismatch': 0, missing: 0, unused: 0 };
  for (const { verdict } of keys) counts[verdict] += 1;
  return counts;
}
