/** A run that this engine trains now: the loop tied to its folder, its wishes and its watchers. */
import type { WarningSink } from '#contract/errors.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { RunConfig, RunSummary } from '#contract/runs.ts';
import { type RunFolder, RunWriter } from '../store/index.ts';
import { trainedOnFrom, trainedOnOf } from '../store/run-file.ts';
import { deviceText, executorById } from '../tensor/device.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { type Outcome, type Wish, trainLoop } from '../training/loop.ts';
import { type StepReport, Trainer } from '../training/trainer.ts';
import { Bell } from './bell.ts';
import { quickEncoderQuality } from './encoder-quality.ts';
import { quickQuality } from './evaluate.ts';
import { filmFrame } from './film.ts';
import type { SampledState } from './model-programs.ts';
import type { Plan } from './plan.ts';
import { SamplingModel } from './sampling.ts';
import { failureOf } from './executors/failures.ts';
import { checkpointTensors, statesFromTensors } from './state-tensors.ts';

/** Records of scalars per run that a chart can use; more would only cost disk. */
const MOST_RECORDS = 4000;

export interface ScalarRecord {
  readonly step: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** What a run is to compute on. */
export type Asked = Pick<RunConfig, 'executor' | 'precision'>;

export class ActiveRun {
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly model: SamplingModel;
  /** Rings at every step, record and change of status. */
  readonly bell = new Bell();
  /** Records since this engine took the run up. */
  readonly records: ScalarRecord[] = [];
  /** Step from which `records` go on; what came before is on disk. */
  readonly startedAt: number;
  private readonly writer: RunWriter;
  private readonly trainer: Trainer;
  private wish: Wish = 'go';
  /** True once nothing more can be computed with this model. */
  isOver = false;
  /** What the next step waits for; null for nothing. */
  private turn: Promise<void> | null = null;
  private readonly wishes = new Bell();
  private latest: Record<string, number>;
  private readonly pace = new Pace();

  private constructor(
    plan: Plan,
    folder: RunFolder,
    writer: RunWriter,
    trainer: Trainer,
    executor: Executor,
  ) {
    this.plan = plan;
    this.folder = folder;
    this.writer = writer;
    this.trainer = trainer;
    this.model = new SamplingModel(plan, executor);
    this.startedAt = trainer.step;
    this.latest = { ...folder.file.latest };
  }

  /**
   * Takes the run's lock, compiles its step and goes back to its newest good checkpoint.
   * @param on  what to compute on
   * @throws WorkbenchError `run/locked`, `engine/...`, `store/...`; the lock is free again then
   */
  static async open(plan: Plan, folder: RunFolder, warn: WarningSink, on: Asked): Promise<ActiveRun> {
    const writer = RunWriter.open(folder, { warn });
    let trainer: Trainer | undefined;
    try {
      const { precision } = on;
      const executor = await executorById(on.executor, { precision });
      trainer = await Trainer.create({
        method: plan.bound,
        source: plan.source ?? NO_POINTS,
        sampleShape: plan.sampleShape,
        executor,
        seed: plan.config.seed,
      });
      const saved = writer.resume();
      if (saved !== null)
        await trainer.restore(saved.step, statesFromTensors(plan.bound.layout, saved.tensors));
      const device = [deviceText(executor.device), ...(precision === 'float16' ? [precision] : [])].join(
        ', ',
      );
      const now = { executor: executor.id, device };
      folder.update({
        status: 'running',
        step: trainer.step,
        error: null,
        ...now,
        trainedOn: trainedOnFrom(trainedOnOf(folder.file), trainer.step, now),
      });
      return new ActiveRun(plan, folder, writer, trainer, executor);
    } catch (error) {
      writer.close();
      // A device that is gone cannot even let go.
      await trainer?.dispose().catch(() => undefined);
      throw error;
    }
  }

  /** Trains until the end, a wish to stop or trouble; the folder's status says which. Never throws. */
  async drive(): Promise<void> {
    const { config } = this.plan;
    try {
      const outcome = await trainLoop(
        this.trainer,
        {
          steps: config.steps,
          checkpointEvery: config.checkpointEvery,
          evalEvery: config.evalEvery,
          recordEvery: Math.max(1, Math.ceil(config.steps / MOST_RECORDS)),
          filmEvery: hasFilm(this.plan) ? Math.ceil(config.steps / config.filmFrames) : 0,
        },
        {
          wish: () => this.wish,
          whilePaused: () => this.whilePaused(),
          turn: () => this.turn,
          onStep: (report) => this.onStep(report),
          record: (step, scalars) => this.record(step, scalars),
          evaluate: () => this.quality(),
          film: () => this.film(),
          checkpoint: () => this.checkpoint(),
        },
      );
      this.conclude(outcome);
    } catch (error) {
      this.fail(error);
    } finally {
      this.isOver = true;
      await this.turn;
      this.writer.close();
      // A device that is gone cannot even let go.
      await Promise.allSettled([this.trainer.dispose(), this.model.dispose()]);
      this.bell.ring();
    }
  }

  pause(): void {
    if (this.wish === 'go') this.setWish('pause');
  }

  unpause(): void {
    if (this.wish === 'pause') this.setWish('go');
  }

  stop(): void {
    this.setWish('stop');
  }

  get step(): number {
    return this.trainer.step;
  }

  /** The folder's summary with what only the running loop knows. */
  summary(): RunSummary {
    const { pace, folder } = this;
    const { status } = folder.file;
    const isRunning = status === 'running';
    // What was trained since the last checkpoint is lost with its device.
    const step = status === 'failed' ? folder.file.step : this.step;
    const stepsPerSec = isRunning ? pace.stepsPerSec() : null;
    return {
      ...folder.summary(),
      step,
      latest: this.latest,
      stepsPerSec,
      etaSecs: stepsPerSec === null ? null : (this.plan.config.steps - step) / stepsPerSec,
    };
  }

  /** A copy of the parameters that sampling reads, as of the last step. */
  async sampledState(): Promise<SampledState> {
    return this.model.snapshot(await this.trainer.state());
  }

  /**
   * Computes something between two steps. Interleaved with steps it would take as long and its cost
   * could not be told from theirs.
   */
  async between<T>(work: () => Promise<T>): Promise<T> {
    const before = this.turn ?? Promise.resolve();
    const result = before.then(work);
    const turn = result.then(
      () => undefined,
      () => undefined,
    );
    this.turn = turn;
    try {
      return await result;
    } finally {
      if (this.turn === turn) this.turn = null;
    }
  }

  private setWish(wish: Wish): void {
    this.wish = wish;
    this.wishes.ring();
  }

  private async whilePaused(): Promise<void> {
    this.folder.update({ status: 'paused', step: this.step, latest: this.latest });
    this.bell.ring();
    while (this.wish === 'pause') await this.wishes.wait();
    this.pace.reset();
    if (this.wish === 'go') this.folder.update({ status: 'running' });
    this.bell.ring();
  }

  private onStep({ step, scalars }: StepReport): void {
    this.pace.tick(step);
    this.latest = { ...this.latest, ...scalars };
    this.bell.ring();
  }

  private record(step: number, scalars: Record<string, number>): void {
    this.writer.record(step, scalars);
    this.records.push({ step, scalars });
    this.latest = { ...this.latest, ...scalars };
  }

  private async quality(): Promise<Record<string, number>> {
    const measure = makesSamples(this.plan) ? quickQuality : quickEncoderQuality;
    return measure(this.plan, this.model, await this.sampledState());
  }

  private async film(): Promise<void> {
    const { layout, positions } = await filmFrame(this.plan, this.model, await this.sampledState());
    this.writer.recordFrame(this.step, layout, positions);
    this.bell.ring();
  }

  private async checkpoint(): Promise<void> {
    const { step } = this;
    const tensors = checkpointTensors(this.plan.bound.layout, await this.trainer.state());
    this.writer.save(
      { step, tensors, rng: { seed: this.plan.config.seed, step } },
      BEST_BY.map((name) => this.latest[name]).find((value) => value !== undefined) ?? null,
    );
    this.folder.update({ step, latest: this.latest });
  }

  private conclude(outcome: Outcome): void {
    const { step } = outcome;
    if (outcome.type === 'diverged') {
      const { report } = outcome;
      const bad = Object.entries(report.scalars).filter(([, value]) => !Number.isFinite(value));
      const found = bad.map(([name, value]) => `${name} ${value}`).join(', ');
      this.folder.update({
        status: 'diverged',
        step,
        latest: this.latest,
        error: {
          code: 'run/diverged',
          message: `Diverged at step ${report.step} (${found}); the state of step ${step} is kept.`,
        },
      });
      return;
    }
    this.folder.update({ status: outcome.type, step, latest: this.latest });
  }

  /** Trouble from outside (disk, executor): the last checkpoint stays, and the run can be resumed. */
  private fail(error: unknown): void {
    try {
      this.folder.update({ status: 'failed', error: failureOf(error, this.folder.file) });
    } catch (second) {
      // A full disk may refuse even this; the free lock then tells that the run was interrupted.
      if (!(second instanceof WorkbenchError)) throw second;
    }
  }
}

/** By which of its numbers a run's best checkpoint is the best: the first that it measures, the lower the better. */
const BEST_BY = [
  'frechetDistance',
  'energyDistance',
  'teacherRmse',
  'heldOutClassLoss',
  'heldOutReconstructionLoss',
];

function makesSamples({ method }: Plan): boolean {
  return method.produces !== 'features';
}

function hasFilm(plan: Plan): boolean {
  return plan.config.filmFrames > 0 && makesSamples(plan);
}

/** Of a run without data, whose draws need none: see planOf. */
const NO_POINTS = {
  sample(): never {
    throw new Error('a draw of data in a run without data');
  },
};

/** Steps per second over the last few seconds. */
class Pace {
  private marks: { step: number; at: number }[] = [];

  reset(): void {
    this.marks = [];
  }

  tick(step: number): void {
    const at = performance.now();
    const last = this.marks.at(-1);
    if (last !== undefined && at - last.at < 250) return;
    this.marks.push({ step, at });
    if (this.marks.length > 20) this.marks.shift();
  }

  stepsPerSec(): number | null {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (first === undefined || last === undefined || last.at === first.at) return null;
    return ((last.step - first.step) * 1000) / (last.at - first.at);
  }
}
