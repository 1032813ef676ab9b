/** What a reproduction found, as it is printed and drawn. */
import type { Measured, Verdict } from '#contract/reproductions.ts';
import { type Measures, type Reproduction, type Results, mean, standardError } from './reproduction.ts';

export interface Report {
  readonly name: string;
  readonly claim: string;
  readonly source: string;
  readonly seeds: readonly number[];
  /** By arm, then by measure. */
  readonly measured: Readonly<Record<string, Readonly<Record<string, Measured>>>>;
  readonly rule: string;
  readonly verdict: Verdict;
}

export function reportOf(reproduction: Reproduction, seeds: readonly number[], results: Results): Report {
  const { name, claim, source, rule } = reproduction;
  const measured = Object.fromEntries(
    Object.entries(results).map(([arm, measures]) => [arm, summaryOf(measures)]),
  );
  return { name, claim, source, seeds, measured, rule, verdict: reproduction.verdict(results) };
}

function summaryOf(measures: readonly Measures[]): Record<string, Measured> {
  const names = Object.keys(measures[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const numbers = measures.map((each) => each[name] ?? NaN);
      return [name, { mean: mean(numbers), standardError: standardError(numbers), values: numbers }];
    }),
  );
}
