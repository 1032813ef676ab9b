/** Trained runs that ship with the program: looked at like any run, changed by nobody. */
import fs from 'node:fs';
import path from 'node:path';
import type { WarningSink } from '#contract/errors.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { RunSummary } from '#contract/runs.ts';
import { RunFolder } from '../../store/index.ts';

export class Demos {
  private readonly runs: ReadonlyMap<string, RunFolder>;

  /** @param folder  holds one run folder per demo; null for none */
  constructor(folder: string | null, warn: WarningSink) {
    const names = folder !== null && fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
    const runs = new Map<string, RunFolder>();
    for (const name of names) {
      try {
        runs.set(name, RunFolder.open(path.join(folder!, name)));
      } catch (error) {
        // A broken demo must not keep anyone from their own runs.
        const { code, message } = wireErrorFrom(error);
        warn({ code, message });
      }
    }
    this.runs = runs;
  }

  list(): RunSummary[] {
    return [...this.runs.values()].map((run) => this.summaryOf(run));
  }

  /** Null for an id that is no demo's. */
  find(id: string): RunFolder | null {
    return this.runs.get(id) ?? null;
  }

  summaryOf(run: RunFolder): RunSummary {
    return { ...run.summary(), isDemo: true };
  }
}
