/** What a reproduction found, as it is printed and drawn. */
import type { Aim, Measured, Verdict } from '#contract/reproductions.ts';
import {
  type Measures,
  type Reproduction,
  type Results,
  type Size,
  mean,
  standardError,
} from './reproduction.ts';

export interface Report {
  readonly name: string;
  readonly claim: string;
  readonly source: string;
  readonly seeds: readonly number[];
  /** By arm, then by measure. */
  readonly measured: Readonly<Record<string, Readonly<Record<string, Measured>>>>;
  readonly rule: string;
  readonly verdict: Verdict;
  readonly aims?: readonly Aim[];
  readonly notes?: readonly string[];
  /** On what it was computed: several where it was stopped and went on elsewhere. */
  readonly devices?: readonly string[];
}

export function reportOf(
  reproduction: Reproduction,
  seeds: readonly number[],
  results: Results,
  size: Size,
): Report {
  const { name, claim, source, rule } = reproduction;
  const measured = Object.fromEntries(
    Object.entries(results).map(([arm, measures]) => [arm, summaryOf(measures)]),
  );
  const verdict = reproduction.verdict(results, size);
  const aims = reproduction.aims?.(results);
  const notes = reproduction.notes?.(results, size);
  return {
    name,
    claim,
    source,
    seeds,
    measured,
    rule,
    verdict,
    ...(aims === undefined ? {} : { aims }),
    ...(notes === undefined ? {} : { notes }),
  };
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
