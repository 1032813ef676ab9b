/** Runs a reproduction: every arm with every seed, then its rule on what was measured. */
import type { Executor } from '../tensor/executors/executor.ts';
import { Lab } from './lab.ts';
import {
  type Measures,
  type Reproduction,
  type Results,
  type Verdict,
  mean,
  standardError,
} from './reproduction.ts';

/** One measure of one arm. */
export interface Measured {
  readonly mean: number;
  readonly standardError: number;
  /** In the order of the seeds. */
  readonly values: readonly number[];
}

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

/** Where what was measured is kept, so that a reproduction that was stopped goes on. */
export interface Notebook {
  read(arm: string, seed: number): Measures | null;
  write(arm: string, seed: number, measures: Measures): void;
}

export interface RunOptions {
  readonly isQuick: boolean;
  /** Other seeds than the reproduction's own; at least three for a verdict worth the name. */
  readonly seeds?: readonly number[];
  readonly executor: Executor;
  readonly signal: { readonly aborted: boolean };
  readonly notebook: Notebook;
  /** Called before each experiment. */
  readonly onProgress: (arm: string, seed: number, done: number, of: number) => void;
}

/** @throws WorkbenchError `reproduction/stopped`, `reproduction/diverged`; what was measured is kept */
export async function runReproduction(reproduction: Reproduction, options: RunOptions): Promise<Report> {
  const { isQuick, executor, signal, notebook, onProgress } = options;
  const seeds = options.seeds ?? (isQuick ? reproduction.seeds.quick : reproduction.seeds.full);
  const lab = new Lab(executor, signal);
  const results: Record<string, Measures[]> = {};
  const total = reproduction.arms.length * seeds.length;
  let done = 0;
  for (const arm of reproduction.arms) {
    const found: Measures[] = [];
    for (const seed of seeds) {
      const known = notebook.read(arm, seed);
      if (known === null) {
        onProgress(arm, seed, done, total);
        lab.throwIfStopped();
      }
      const measures = known ?? (await reproduction.run(arm, seed, lab, { isQuick }));
      if (known === null) notebook.write(arm, seed, measures);
      found.push(measures);
      done += 1;
    }
    results[arm] = found;
  }
  return reportOf(reproduction, seeds, results);
}

function reportOf(reproduction: Reproduction, seeds: readonly number[], results: Results): Report {
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
