/** Runs a reproduction: every arm with every seed, then its rule on what was measured. */
import { deviceText } from '../tensor/device.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { figureOf } from './figure/figure.ts';
import { Lab, type Shelf } from './lab.ts';
import { type Report, reportOf } from './report.ts';
import type { Measures, Reproduction } from './reproduction.ts';

/** Where what was measured is kept, so that a reproduction that was stopped goes on. */
export interface Notebook extends Shelf {
  read(arm: string, seed: number): Measures | null;
  /** @param device  on what they were computed */
  write(arm: string, seed: number, measures: Measures, device: string): void;
  /** On what kept measures were computed; null where nobody knows. */
  deviceOf(arm: string, seed: number): string | null;
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

export interface Finished {
  readonly report: Report;
  /** SVG. */
  readonly figure: string;
}

/** @throws WorkbenchError `reproduction/stopped`, `reproduction/diverged`; what was measured is kept */
export async function runReproduction(reproduction: Reproduction, options: RunOptions): Promise<Finished> {
  const { isQuick, executor, signal, notebook, onProgress } = options;
  const seeds = options.seeds ?? (isQuick ? reproduction.seeds.quick : reproduction.seeds.full);
  const lab = new Lab(executor, signal, notebook);
  const results: Record<string, Measures[]> = {};
  const device = `${executor.id} (${deviceText(executor.device)})`;
  const devices = new Set<string>();
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
      if (known === null) notebook.write(arm, seed, measures, device);
      devices.add((known === null ? device : notebook.deviceOf(arm, seed)) ?? 'an unknown device');
      found.push(measures);
      done += 1;
    }
    results[arm] = found;
  }
  const report: Report = { ...reportOf(reproduction, seeds, results, { isQuick }), devices: [...devices] };
  const { figure } = reproduction;
  const picture = figure.kind === 'paths' ? await figure.picture(lab, { isQuick }) : null;
  return { report, figure: figureOf(report, figure, picture) };
}
