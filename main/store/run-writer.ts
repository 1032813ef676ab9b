import type { WarningSink } from '#contract/errors.ts';
import { sweepTemps } from './atomic-file.ts';
import type { CheckpointEntry, TrainingState } from './checkpoint-shelf.ts';
import { RunLock } from './lock.ts';
import { FilmWriter, cutFilm } from './film-file.ts';
import type { FilmLayout } from './film-file.ts';
import { MetricsLog } from './metrics-log.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * A run that this process trains: holds its lock and appends to its metrics and checkpoints.
 * Until `close`, no other process, and no second writer of this one, can train it.
 */
export class RunWriter {
  readonly run: RunFolder;
  private readonly lock: RunLock;
  private readonly log: MetricsLog;
  private readonly keep: number;
  private readonly warn: WarningSink;
  private film: FilmWriter | null = null;

  private constructor(run: RunFolder, lock: RunLock, log: MetricsLog, keep: number, warn: WarningSink) {
    this.run = run;
    this.lock = lock;
    this.log = log;
    this.keep = keep;
    this.warn = warn;
  }

  /**
   * @param keep  newest checkpoints to keep beside the best one; at least 2 are kept
   * @throws WorkbenchError `run/locked` naming the process that trains it, or `store/...`
   */
  static open(run: RunFolder, options: { keep?: number; warn: WarningSink }): RunWriter {
    const lock = RunLock.acquire(run.path);
    try {
      sweepTemps(run.path);
      sweepTemps(run.checkpoints.folder);
      const log = MetricsLog.open(run.metricsPath, options.warn);
      return new RunWriter(run, lock, log, options.keep ?? 2, options.warn);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Goes back to the newest good checkpoint: metrics and checkpoints after it are dropped, so that
   * the steps that are done again are recorded once.
   *
   * @returns the state to go on from, or null: begin at step 0 with an empty log
   * @throws WorkbenchError `run/no-good-checkpoint` where all are damaged; nothing is dropped then
   */
  resume(): TrainingState | null {
    this.lock.assertHeld();
    const state = this.run.checkpoints.latestGood(this.warn);
    const step = state?.step ?? -1;
    this.run.checkpoints.dropAfter(step, this.warn);
    this.log.truncateAfter(step);
    cutFilm(this.run.filmPath, step);
    return state;
  }

  /** Appends one record of scalars. @throws WorkbenchError `store/...`, `run/metrics-order` */
  record(step: number, scalars: Readonly<Record<string, number>>): void {
    this.log.append(step, scalars);
  }

  /**
   * Keeps a frame of the film.
   *
   * @param positions  [count, T, dim] of `layout`, which is that of all frames of the run
   * @throws WorkbenchError `store/...`
   */
  recordFrame(step: number, layout: FilmLayout, positions: Float32Array): void {
    this.film ??= FilmWriter.open(this.run.filmPath, layout, step - 1);
    this.film.append(step, positions);
  }

  /**
   * Saves a checkpoint, after the metrics that lead up to it are safe on disk.
   *
   * @param score  smaller is better: the best one outlives the newest
   * @throws WorkbenchError `store/disk-full`, ...; `run/locked` where the lock was lost
   */
  save(state: TrainingState, score: number | null = null): CheckpointEntry {
    this.lock.assertHeld();
    this.log.flush();
    return this.run.checkpoints.save(state, this.keep, score, this.warn);
  }

  /** Lets go of the run. Write its last status before: a run without a lock is not running. */
  close(): void {
    this.log.close();
    this.film?.close();
    this.lock.release();
  }
}
