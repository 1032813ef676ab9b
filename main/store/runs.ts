import fs from 'node:fs';
import { join } from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import type { RunConfig, RunSummary } from '#contract/runs.ts';
import { sweepTemps } from './atomic-file.ts';
import { openHome } from './home.ts';
import type { Home } from './home.ts';
import { RunIndex } from './index-db.ts';
import type { ListOptions } from './index-db.ts';
import { isRunId, RunFolder } from './run-folder.ts';
import { fileFromTrash, fileToTrash, moveToTrash, restoreFromTrash } from './trash.ts';

/**
 * The runs of one data folder. Every call leaves folder and index agreeing; several processes may
 * have a store on the same folder.
 */
export class RunStore {
  readonly home: Home;
  private readonly index: RunIndex;
  private readonly warn: WarningSink;
  private isClosed = false;

  private constructor(home: Home, index: RunIndex, warn: WarningSink) {
    this.home = home;
    this.index = index;
    this.warn = warn;
  }

  /**
   * @param home  the data folder; see `resolveHome` for what it is when left out
   * @throws WorkbenchError `store/read-only`, `store/disk-full`, `store/not-a-folder`
   */
  static open(options: { home?: string; warn: WarningSink }): RunStore {
    const home = openHome(options.home);
    sweepTemps(home.root);
    sweepTemps(home.runs);
    sweepTemps(home.models);
    sweepTemps(home.exports);
    return new RunStore(home, RunIndex.open(home, options.warn), options.warn);
  }

  /**
   * Makes a run, `queued` at step 0.
   *
   * @param making  its teacher too, a run or an imported model of which a copy is kept with it
   * @throws WorkbenchError `store/...`, `config/not-json`
   */
  create(config: RunConfig, making: Parameters<typeof RunFolder.create>[2]): RunFolder {
    const run = RunFolder.create(this.home.runs, config, making, this.follow);
    this.follow(run);
    return run;
  }

  /**
   * Copies a run's folder from elsewhere among the runs, under an id of its own; links and what is no part
   * of a run stay behind.
   *
   * @throws WorkbenchError `run/not-found`, `run/bad-file`, `store/...`
   */
  adopt(folder: string): RunFolder {
    const run = RunFolder.adopt(this.home.runs, folder, this.follow);
    this.follow(run);
    return run;
  }

  /** @throws WorkbenchError `run/not-found` for an id that is no run's, or is not even an id */
  open(id: string): RunFolder {
    if (!isRunId(id)) {
      throw new WorkbenchError('run/not-found', `Expected the id of a run, found ${JSON.stringify(id)}.`, {
        id,
      });
    }
    return RunFolder.open(join(this.home.runs, id), this.follow);
  }

  /** Whether there is a run of this id. */
  has(id: string): boolean {
    return isRunId(id) && fs.existsSync(join(this.home.runs, id));
  }

  /**
   * A run by its id, or any run by its folder, e.g. one that was copied from another machine. For a
   * person at this machine only: a remote peer may name ids, not paths.
   */
  find(idOrFolder: string): RunFolder {
    return this.has(idOrFolder) ? this.open(idOrFolder) : RunFolder.open(idOrFolder, this.follow);
  }

  /** Newest first. */
  list(options: ListOptions = {}): RunSummary[] {
    return this.index.list(options);
  }

  rename(id: string, name: string): RunSummary {
    return this.open(id).update({ name });
  }

  /** Moves a run to the trash and returns where it lies. @throws WorkbenchError `run/locked`, ... */
  trash(id: string): string {
    const trashed = moveToTrash(this.home, id);
    this.index.refresh(id);
    return trashed;
  }

  /** Brings a run back from the trash. @throws WorkbenchError `run/not-found`, `run/exists` */
  restore(trashed: string): RunFolder {
    const run = this.open(restoreFromTrash(this.home, trashed));
    this.follow(run);
    return run;
  }

  /** Moves an imported dataset's file to the trash. @returns where it lies now */
  trashDataset(path: string): string {
    return fileToTrash(this.home, path);
  }

  /** @returns the file's path among the datasets @throws WorkbenchError `store/not-in-trash`, `store/exists` */
  restoreDataset(trashed: string): string {
    return fileFromTrash(this.home, trashed, this.home.datasets);
  }

  /** Reads every folder again; for a person who does not trust the list. */
  rebuildIndex(): void {
    this.index.rebuild();
  }

  /** Runs that were opened stay usable; the next store finds what they change. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.index.close();
  }

  /** The folder is written: an index that cannot follow now catches up when the runs are listed. */
  private readonly follow = (run: RunFolder): void => {
    if (this.isClosed) return;
    try {
      this.index.refresh(run.id);
    } catch (error) {
      if (!(error instanceof WorkbenchError)) throw error;
      this.warn({ code: error.code, message: error.message });
    }
  };
}
