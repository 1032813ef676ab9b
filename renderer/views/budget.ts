import type { Produces } from '#contract/catalog.ts';

/** Network evaluations that a person has set: many steps suit a velocity, students are made for one. */
export interface Budgets {
  nfe: number;
  studentNfe: number;
}

/** Whether a sampler carries the samples, for one to be chosen. */
export function hasSampler(produces: Produces | undefined): boolean {
  return produces === 'velocity';
}

/** Whether samples can be made with more or fewer network evaluations. */
export function hasBudget(produces: Produces | undefined): boolean {
  return budgetField(produces) !== null;
}

/** Which of the budgets counts for what a method produces; null where there is only one evaluation. */
export function budgetField(produces: Produces | undefined): keyof Budgets | null {
  if (produces === 'velocity') return 'nfe';
  return produces === 'policy' || produces === 'flowMap' ? 'studentNfe' : null;
}

export function budgetOf(budgets: Budgets, produces: Produces | undefined): number {
  const field = budgetField(produces);
  return field === null ? 1 : budgets[field];
}
