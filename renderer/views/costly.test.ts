import { expect, it } from 'vitest';
import { modelSummary } from '../testing/fake-engine.ts';
import { isCostly } from './costly.ts';

it('asks before an XL/2 is sampled, and not for a small network or a run', () => {
  const large = modelSummary('xl', { parameters: 675_129_632 });
  expect(isCostly(large, 1, 8)).toBe(false);
  expect(isCostly(large, 16, 32)).toBe(true);
  expect(isCostly(modelSummary('small'), 64, 64)).toBe(false);
  expect(isCostly(null, 100_000, 1000)).toBe(false);
});
