/** The life of runs: each waits its turn, trains, is paused, stopped, resumed, changed and trashed here. */
import type { ExecutorId } from '#contract/engines.ts';
import { type WarningSink, WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { RunConfig, RunSummary } from '#contract/runs.ts';
import type { RunFolder, RunStore } from '../../store/index.ts';
import { liveLockOwner, lockedBy } from '../../store/lock.ts';
import type { Bell } from '../events/bell.ts';
import type { Asked } from '../executors/asked.ts';
import { failureOf } from '../executors/failures.ts';
import { ActiveRun } from './active-run.ts';
import type { Demos } from './demos.ts';
import type { KnownRuns } from './known-runs.ts';
import type { Planner } from './planner.ts';
import { Queue } from './queue.ts';

/** What a person can ask of a run that has its turn. */
type RunWish = 'pause' | 'unpause' | 'stop';

export interface DeskParts {
  readonly store: RunStore;
  readonly runs: KnownRuns;
  readonly demos: Demos;
  readonly planner: Planner;
  /** Rung when any run changes in a way that a list shows. */
  readonly changes: Bell;
  /** Of the program, for the records of runs. */
  readonly version: string;
  readonly warn: WarningSink;
  /** What a run computes on, now that it has its turn. */
  askedOf(folder: RunFolder): Promise<Asked>;
  /** Heard after each run that ended in an error. */
  afterFailure(code: string, executor: string | null): Promise<void>;
}

export class RunDesk {
  private readonly parts: DeskParts;
  private readonly queue: Queue;
  private readonly training = new Map<string, ActiveRun>();
  /** What was asked of a run that has its turn but is still being compiled. */
  private readonly early = new Map<string, RunWish>();
  /** The run that has its turn, to its end. */
  private turn: Promise<void> = Promise.resolve();
  private isClosing = false;

  constructor(parts: DeskParts) {
    this.parts = parts;
    this.queue = new Queue((id) => (this.turn = this.train(id)));
  }

  /** Runs that train here, by id. */
  get active(): ReadonlyMap<string, ActiveRun> {
    return this.training;
  }

  /** The person's own, those that train as they are at this moment. */
  list(): RunSummary[] {
    return this.parts.store.list().map((summary) => this.training.get(summary.id)?.summary() ?? summary);
  }

  summaryOf(folder: RunFolder): RunSummary {
    if (this.parts.runs.isDemo(folder.id)) return this.parts.demos.summaryOf(folder);
    return this.training.get(folder.id)?.summary() ?? folder.summary();
  }

  /** @throws WorkbenchError naming the field of the config that is wrong; nothing is left behind */
  create(config: RunConfig): RunSummary {
    const folder = this.parts.planner.create(config, this.parts.store, this.parts.version);
    this.enqueue(folder);
    return this.summaryOf(folder);
  }

  /** @throws WorkbenchError `run/not-training` unless the run has its turn here */
  pause(run: string): RunSummary {
    return this.tell(this.parts.runs.open(run), 'pause');
  }

  /**
   * @param executor  goes on with another one than before
   * @throws WorkbenchError `run/finished`, `run/diverged`, `run/is-training`, `run/locked`, `run/is-demo`
   */
  resume(run: string, executor?: ExecutorId | 'auto'): RunSummary {
    const folder = this.parts.runs.openOwn(run);
    const { status, step, config, error } = folder.summary();
    // One that has just ended may still have its turn.
    const isUnderWay = status === 'queued' || status === 'running' || status === 'paused';
    if (this.queue.current === folder.id && isUnderWay) {
      if (executor === undefined) return this.tell(folder, 'unpause');
      throw new WorkbenchError(
        'run/is-training',
        `Run ${folder.id} is training; stop it before it goes on with another executor.`,
      );
    }
    if (status === 'finished') {
      throw new WorkbenchError('run/finished', `Run ${folder.id} has done all its ${config.steps} steps.`);
    }
    if (status === 'diverged') {
      throw new WorkbenchError(
        'run/diverged',
        `Run ${folder.id} would diverge again at the same step ${step + 1}: ${error?.message ?? ''} Start one with another config.`,
      );
    }
    if (status === 'running' || status === 'paused') {
      throw lockedBy(liveLockOwner(folder.path), folder.path);
    }
    folder.update({
      status: 'queued',
      error: null,
      ...(executor === undefined ? {} : { resumedOn: executor }),
    });
    this.enqueue(folder);
    return this.summaryOf(this.parts.runs.open(run));
  }

  /** @throws WorkbenchError `run/not-training`, `run/is-demo` */
  stop(run: string): RunSummary {
    const folder = this.parts.runs.openOwn(run);
    if (!this.queue.remove(folder.id)) return this.tell(folder, 'stop');
    folder.update({ status: 'stopped' });
    this.parts.changes.ring();
    return this.summaryOf(this.parts.runs.open(run));
  }

  /** @throws WorkbenchError `run/is-demo` */
  change(run: string, change: { name?: string; tags?: string[] }): RunSummary {
    const folder = this.parts.runs.openOwn(run);
    (this.training.get(folder.id)?.folder ?? folder).update(change);
    this.parts.changes.ring();
    return this.summaryOf(this.parts.runs.open(run));
  }

  /** @returns the name to restore it by @throws WorkbenchError `run/is-training`, `run/is-demo` */
  trash(run: string): string {
    const folder = this.parts.runs.openOwn(run);
    if (this.queue.current === folder.id) {
      throw new WorkbenchError(
        'run/is-training',
        `Run ${folder.id} is training; stop it before deleting it.`,
      );
    }
    this.queue.remove(folder.id);
    const trashed = this.parts.store.trash(folder.id);
    this.parts.changes.ring();
    return trashed;
  }

  restore(trashed: string): RunSummary {
    const folder = this.parts.store.restore(trashed);
    this.parts.changes.ring();
    return this.summaryOf(folder);
  }

  /** Computes while nothing trains here. */
  betweenSteps<T>(work: () => Promise<T>): Promise<T> {
    const run = [...this.training.values()].find(({ isOver }) => !isOver);
    return run === undefined ? work() : run.between(work);
  }

  /** Starts nothing more, and stops what trains at its next step, with a checkpoint. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.queue.close();
    for (const run of this.training.values()) run.stop();
    await this.turn;
  }

  private enqueue({ id }: RunFolder): void {
    this.queue.add(id);
    this.parts.changes.ring();
  }

  private tell(folder: RunFolder, wish: RunWish): RunSummary {
    const active = this.training.get(folder.id);
    if (active !== undefined) active[wish]();
    else if (this.queue.current === folder.id) {
      if (this.early.get(folder.id) !== 'stop') this.early.set(folder.id, wish);
    } else {
      throw new WorkbenchError(
        'run/not-training',
        `Run ${folder.id}: expected it to be training here, found it ${folder.summary().status}.`,
      );
    }
    return this.summaryOf(folder);
  }

  /** Trains one run to its end; trouble ends in the run's own status. */
  private async train(id: string): Promise<void> {
    const { runs, planner, warn, changes } = this.parts;
    try {
      const folder = runs.reopen(id);
      const plan = planner.planOfRun(folder);
      const run = await ActiveRun.open(plan, folder, warn, await this.parts.askedOf(folder));
      this.training.set(id, run);
      changes.ring();
      const wish = this.isClosing ? 'stop' : this.early.get(id);
      if (wish !== undefined) run[wish]();
      await run.drive();
      const { error, executor } = run.folder.file;
      if (error !== null) await this.parts.afterFailure(error.code, executor);
    } catch (error) {
      await this.refuse(id, error);
    } finally {
      this.training.delete(id);
      this.early.delete(id);
      runs.forget(id);
      changes.ring();
    }
  }

  /** A run that could not even begin. */
  private async refuse(id: string, error: unknown): Promise<void> {
    const { code, message } = wireErrorFrom(error);
    this.parts.warn({ code, message });
    // A run that another process trains is not ours to mark.
    if (code === 'run/locked') return;
    try {
      const folder = this.parts.runs.reopen(id);
      folder.update({ status: 'failed', error: failureOf(error, folder.file) });
      await this.parts.afterFailure(code, folder.file.executor);
    } catch (second) {
      const again = wireErrorFrom(second);
      this.parts.warn({ code: again.code, message: again.message });
    }
  }
}
