import { expect, it } from 'vitest';
import { produces } from '#contract/catalog.ts';
import { budgetOf, hasBudget } from './budget.ts';

it.each(produces.options)('asks a %s for evaluations that it can make', (kind) => {
  const budgets = { nfe: 32, studentNfe: 2 };
  expect(budgetOf(budgets, kind)).toBe(
    { velocity: 32, policy: 2, flowMap: 2, generator: 1, features: 1 }[kind],
  );
  expect(hasBudget(kind)).toBe(budgetOf(budgets, kind) > 1);
});
