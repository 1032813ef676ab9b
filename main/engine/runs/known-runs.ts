/** Every run that can be named: the person's own, those that ship, and folders elsewhere. */
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import type { RunFolder, RunStore } from '../../store/index.ts';
import type { Demos } from './demos.ts';

export class KnownRuns {
  private readonly store: RunStore;
  private readonly demos: Demos;
  private readonly allowsFolders: boolean;
  /** Folders outside the data folder that a person named, by the id they are trained under. */
  private readonly foreign = new Map<string, string>();

  /** @param allowsFolders  lets a run be named by the path of a folder anywhere */
  constructor(store: RunStore, demos: Demos, allowsFolders: boolean) {
    this.store = store;
    this.demos = demos;
    this.allowsFolders = allowsFolders;
  }

  has(id: string): boolean {
    return this.isDemo(id) || this.store.has(id);
  }

  isDemo(id: string): boolean {
    return this.demos.find(id) !== null;
  }

  /** @throws WorkbenchError `run/not-found`, ... */
  open(run: string): RunFolder {
    const demo = this.demos.find(run);
    if (demo !== null) return demo;
    if (!this.allowsFolders) return this.store.open(run);
    const folder = this.store.find(run);
    if (!folder.path.startsWith(this.store.home.runs)) this.foreign.set(folder.id, folder.path);
    return folder;
  }

  /** A run that may be changed. @throws WorkbenchError `run/is-demo` */
  openOwn(run: string): RunFolder {
    if (this.isDemo(run)) {
      throw new WorkbenchError(
        'run/is-demo',
        `Expected a run of yours, found ${run}, which ships with Fewstep and stays as it is; duplicate it to change it.`,
        { id: run },
      );
    }
    return this.open(run);
  }

  /** The folder of a run that was opened before, wherever it lies. */
  reopen(id: string): RunFolder {
    return this.store.find(this.foreign.get(id) ?? id);
  }

  /** Where a run elsewhere lies is known until its training ends. */
  forget(id: string): void {
    this.foreign.delete(id);
  }

  /** Copies the run that lies in a folder, or whose `run.json` it is, among the person's own. */
  adopt(place: string): void {
    this.store.adopt(path.basename(place) === 'run.json' ? path.dirname(place) : place);
  }
}
