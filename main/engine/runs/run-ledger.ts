/** What a run writes down while it trains: its numbers, its film, its checkpoints, and how it ends. */
import { WorkbenchError } from '#contract/errors.ts';
import type { FilmLayout } from '../../store/film-file.ts';
import type { RunFolder, RunWriter } from '../../store/index.ts';
import type { Outcome } from '../../training/loop.ts';
import { failureOf } from '../executors/failures.ts';
import type { Plan } from '../plan/plan.ts';
import { checkpointTensors } from '../plan/state-tensors.ts';
import type { ScalarRecord } from './series.ts';

/** By which of its numbers a run's best checkpoint is the best: the first that it measures, the lower the better. */
const BEST_BY = [
  'frechetDistance',
  'energyDistance',
  'teacherRmse',
  'heldOutClassLoss',
  'heldOutReconstructionLoss',
];

export class RunLedger {
  /** Since this engine took the run up. */
  readonly records: ScalarRecord[] = [];
  private readonly plan: Plan;
  private readonly folder: RunFolder;
  private readonly writer: RunWriter;
  private newest: Readonly<Record<string, number>>;

  constructor(plan: Plan, folder: RunFolder, writer: RunWriter) {
    this.plan = plan;
    this.folder = folder;
    this.writer = writer;
    this.newest = { ...folder.file.latest };
  }

  /** The newest of each of its numbers. */
  get latest(): Readonly<Record<string, number>> {
    return this.newest;
  }

  /** Takes numbers over into the newest; they are written with the next change of the folder. */
  note(scalars: Readonly<Record<string, number>>): void {
    this.newest = { ...this.newest, ...scalars };
  }

  record(step: number, scalars: Record<string, number>): void {
    this.writer.record(step, scalars);
    this.records.push({ step, scalars });
    this.note(scalars);
  }

  frame(step: number, layout: FilmLayout, positions: Float32Array): void {
    this.writer.recordFrame(step, layout, positions);
  }

  /** @param state  of the training, whole */
  checkpoint(step: number, state: Readonly<Record<string, Float32Array>>): void {
    const { bound, config } = this.plan;
    this.writer.save(
      { step, tensors: checkpointTensors(bound.layout, state), rng: { seed: config.seed, step } },
      BEST_BY.map((name) => this.newest[name]).find((value) => value !== undefined) ?? null,
    );
    this.folder.update({ step, latest: this.newest });
  }

  pause(step: number): void {
    this.folder.update({ status: 'paused', step, latest: this.newest });
  }

  goOn(): void {
    this.folder.update({ status: 'running' });
  }

  conclude(outcome: Outcome): void {
    const { step } = outcome;
    if (outcome.type === 'diverged') {
      const { report } = outcome;
      const bad = Object.entries(report.scalars).filter(([, value]) => !Number.isFinite(value));
      const found = bad.map(([name, value]) => `${name} ${value}`).join(', ');
      this.folder.update({
        status: 'diverged',
        step,
        latest: this.newest,
        error: {
          code: 'run/diverged',
          message: `Diverged at step ${report.step} (${found}); the state of step ${step} is kept.`,
        },
      });
      return;
    }
    this.folder.update({ status: outcome.type, step, latest: this.newest });
  }

  /** Trouble from outside (disk, executor): the last checkpoint stays, and the run can be resumed. */
  fail(error: unknown): void {
    try {
      this.folder.update({ status: 'failed', error: failureOf(error, this.folder.file) });
    } catch (second) {
      // A full disk may refuse even this; the free lock then tells that the run was interrupted.
      if (!(second instanceof WorkbenchError)) throw second;
    }
  }

  /** Lets go of the run's lock. */
  close(): void {
    this.writer.close();
  }
}
