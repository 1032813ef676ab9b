/**
 * A claim of a paper, rerun at toy scale. The rule of its verdict is written down before anything runs,
 * and is a function of the measured numbers alone.
 */
import type { Aim, Verdict } from '#contract/reproductions.ts';
import type { Lab } from './lab.ts';

/** What one arm measured with one seed. */
export type Measures = Readonly<Record<string, number>>;

/** Measures by arm, one per seed in the order of the seeds. */
export type Results = Readonly<Record<string, readonly Measures[]>>;

export interface Size {
  /** Factor of training steps and of samples, 1 in full. */
  readonly isQuick: boolean;
}

export interface Axis {
  readonly label: string;
  readonly log: boolean;
}

/** A mean and its standard error over seeds, at one place of an axis. */
export interface CurvePoint {
  readonly x: number;
  readonly mean: number;
  readonly error: number;
}

export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
}

/** Samples on their way through the plane; those of one step are points. */
export interface PathSet {
  readonly name: string;
  /** [B, steps, 2] */
  readonly paths: Float32Array;
  /** States of a path. */
  readonly steps: number;
}

/** What a figure of paths shows: the first set in ink, those after it over it in colours. */
export interface Picture {
  readonly sets: readonly PathSet[];
}

/** One row an arm, with the measure on an axis. */
export interface ArmsFigure {
  readonly kind: 'arms';
  readonly measure: string;
  readonly title: string;
  readonly log: boolean;
}

/** Measures against something that was varied, e.g. the NFE or the length of training. */
export interface CurvesFigure {
  readonly kind: 'curves';
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  curves(results: Results): readonly Curve[];
}

/** Paths or samples themselves, drawn from what is trained or computed once more for the picture. */
export interface PathsFigure {
  readonly kind: 'paths';
  readonly title: string;
  picture(lab: Lab, size: Size): Promise<Picture>;
}

export type Figure = ArmsFigure | CurvesFigure | PathsFigure;

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
  readonly figure: Figure;
  run(arm: string, seed: number, lab: Lab, size: Size): Promise<Measures>;
  verdict(results: Results, size: Size): Verdict;
  /** What the verdict follows from, line by line, where there is more than one thing to be reached. */
  aims?(results: Results): readonly Aim[];
  /** What is to be known with the numbers. */
  notes?(results: Results, size: Size): readonly string[];
}

/** Keeps literal types of a reproduction out of everyone's way. */
export function defineReproduction(reproduction: Reproduction): Reproduction {
  return reproduction;
}

/** One measure of one arm over the seeds. */
export function values(results: Results, arm: string, measure: string): number[] {
  return (results[arm] ?? []).map((measures) => measures[measure] ?? NaN);
}

/**
 * One arm as a curve: at each x the mean over seeds of the measure that belongs to it.
 *
 * @param measureOf  the name of the measure at x, e.g. `nfe4`
 */
export function curve(
  results: Results,
  arm: string,
  xs: readonly number[],
  measureOf: (x: number) => string,
): Curve {
  const points = xs.map((x) => {
    const numbers = values(results, arm, measureOf(x));
    return { x, mean: mean(numbers), error: standardError(numbers) };
  });
  return { name: arm, points };
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

/** A line that holds where the mean is no more than `most`. */
export function aimAtMost(title: string, most: number, numbers: readonly number[]): Aim {
  const measured = { mean: mean(numbers), standardError: standardError(numbers), values: [...numbers] };
  const outcome = Number.isFinite(measured.mean) ? always(measured.mean <= most) : 'inconclusive';
  return { title, limit: `at most ${most}`, measured, outcome };
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
