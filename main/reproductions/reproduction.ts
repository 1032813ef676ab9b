/**
 * A claim of a paper, rerun at toy scale. The rule of its verdict is written down before anything runs,
 * and is a function of the measured numbers alone.
 */
import type { Lab } from './lab.ts';

export type Verdict = 'holds' | 'does not hold' | 'inconclusive';

/** What one arm measured with one seed. */
export type Measures = Readonly<Record<string, number>>;

/** Measures by arm, one per seed in the order of the seeds. */
export type Results = Readonly<Record<string, readonly Measures[]>>;

export interface Size {
  /** Factor of training steps and of samples, 1 in full. */
  readonly isQuick: boolean;
}

export interface Reproduction {
  readonly name: string;
  readonly claim: string;
  /** Paper and place. */
  readonly source: string;
  /** In words, what `verdict` computes. */
  readonly rule: string;
  /** At least three. */
  readonly seeds: { readonly quick: readonly number[]; readonly full: readonly number[] };
  /** What is compared; each is run with every seed. */
  readonly arms: readonly string[];
  /** The measure that the figure shows, and how it is to be read. */
  readonly figure: { readonly measure: string; readonly title: string; readonly log: boolean };
  run(arm: string, seed: number, lab: Lab, size: Size): Promise<Measures>;
  verdict(results: Results): Verdict;
}

/** Keeps literal types of a reproduction out of everyone's way. */
export function defineReproduction(reproduction: Reproduction): Reproduction {
  return reproduction;
}

/** One measure of one arm over the seeds. */
export function values(results: Results, arm: string, measure: string): number[] {
  return (results[arm] ?? []).map((measures) => measures[measure] ?? NaN);
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

/** Standard error of the mean of independent seeds. */
export function standardError(numbers: readonly number[]): number {
  const centre = mean(numbers);
  const variance = numbers.reduce((sum, x) => sum + (x - centre) ** 2, 0) / Math.max(1, numbers.length - 1);
  return Math.sqrt(variance / numbers.length);
}

/**
 * Whether one arm has less of a measure than another: surely (`holds`) where the means lie more than two
 * standard errors of their difference apart, surely not where they do the other way round.
 */
export function isLess(a: readonly number[], b: readonly number[]): Verdict {
  const gap = mean(b) - mean(a);
  const error = Math.hypot(standardError(a), standardError(b));
  if (!Number.isFinite(gap)) return 'inconclusive';
  if (gap > 2 * error) return 'holds';
  return gap < -2 * error ? 'does not hold' : 'inconclusive';
}

/** All must hold; one that does not settles it. */
export function every(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('does not hold')) return 'does not hold';
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'holds';
}

/** A rule that is simply true or false of every number. */
export function always(isSo: boolean): Verdict {
  return isSo ? 'holds' : 'does not hold';
}
