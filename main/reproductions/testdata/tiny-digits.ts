/** Settings that make every experiment on digits a matter of seconds, and its numbers worth nothing. */
import { type DigitsSettings, type Recipe, type Sized, digitsSettings } from '../digits-settings.ts';

/** Sizes by name; a method takes those it knows. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  drifting: { width: 8, depth: 1 },
  encoder: { width: 4, stages: [1] },
};
const TRANSFORMER = { ditWidth: 8, ditDepth: 1, heads: 2 } as const;

function tiny({ full: { method, params, steps } }: Sized): Sized {
  const recipe: Recipe = {
    method,
    steps: Math.min(3, steps),
    params: { ...params, ...(SMALL[method] ?? TRANSFORMER), batch: 20 },
  };
  return { full: recipe, quick: recipe };
}

function tinyEach<Name extends string>(each: Readonly<Record<Name, Sized>>): Record<Name, Sized> {
  const made = Object.entries<Sized>(each).map(([name, one]) => [name, tiny(one)]);
  return Object.fromEntries(made) as Record<Name, Sized>;
}

export const tinyDigits: DigitsSettings = {
  ...digitsSettings,
  count: { full: 60, quick: 40 },
  teacher: tiny(digitsSettings.teacher),
  eulerSteps: [1, 2],
  heunSteps: [2],
  students: tinyEach(digitsSettings.students),
  encoders: tinyEach(digitsSettings.encoders),
  featureDrifting: tiny(digitsSettings.featureDrifting),
};
