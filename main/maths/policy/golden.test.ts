import fs from 'node:fs';
import { expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { POLICY_TOLERANCE, checkPolicyGolden } from './golden.ts';

const file = JSON.parse(fs.readFileSync(new URL('testdata/pi-policy.json', import.meta.url), 'utf8')) as {
  gm: { means: number[] }[];
};

it.each([
  ['compiled', () => ortCpuExecutor(1)],
  ['reference', referenceExecutor],
] as const)('the %s policies have the numbers of the released code', async (_, executor) => {
  const comparisons = await checkPolicyGolden(file, executor());
  expect(comparisons.length).toBeGreaterThan(15);
  expect(comparisons.filter(({ relativeError }) => !(relativeError < POLICY_TOLERANCE))).toEqual([]);
});

it('a number that is off is found', async () => {
  const spoilt = structuredClone(file);
  spoilt.gm[0]!.means[0]! += 0.01;
  const comparisons = await checkPolicyGolden(spoilt, referenceExecutor());
  expect(comparisons.some(({ relativeError }) => relativeError > POLICY_TOLERANCE)).toBe(true);
});
