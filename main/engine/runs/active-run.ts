/** A run that this engine trains now: the loop tied to its folder, its wishes and its watchers. */
import type { WarningSink } from '#contract/errors.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { RunFolder } from '../../store/index.ts';
import { type Wish, trainLoop } from '../../training/loop.ts';
import type { StepReport, Trainer } from '../../training/trainer.ts';
import { quickEncoderQuality } from '../evaluation/encoder-quality.ts';
import { quickQuality } from '../evaluation/evaluate.ts';
import { Bell } from '../events/bell.ts';
import type { Asked } from '../executors/asked.ts';
import type { Plan } from '../plan/plan.ts';
import type { SampledState } from '../sampling/model-programs.ts';
import { SamplingModel } from '../sampling/sampling.ts';
import { BetweenSteps } from './between-steps.ts';
import { filmFrame } from './film.ts';
import { type OpenTraining, openTraining } from './open-training.ts';
import { Pace } from './pace.ts';
import { RunLedger } from './run-ledger.ts';
import type { ScalarRecord } from './series.ts';

/** Records of scalars per run that a chart can use; more would only cost disk. */
const MOST_RECORDS = 4000;

export class ActiveRun {
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly model: SamplingModel;
  /** Rings at every step, record and change of status. */
  readonly bell = new Bell();
  /** Step from which `records` go on; what came before is on disk. */
  readonly startedAt: number;
  private readonly trainer: Trainer;
  private readonly ledger: RunLedger;
  private wish: Wish = 'go';
  /** True once nothing more can be computed with this model. */
  isOver = false;
  private readonly betweenSteps = new BetweenSteps();
  private readonly wishes = new Bell();
  private readonly pace = new Pace();

  private constructor(plan: Plan, folder: RunFolder, { writer, trainer, executor }: OpenTraining) {
    this.plan = plan;
    this.folder = folder;
    this.trainer = trainer;
    this.ledger = new RunLedger(plan, folder, writer);
    this.model = new SamplingModel(plan, executor);
    this.startedAt = trainer.step;
  }

  /** As {@link openTraining}. */
  static async open(plan: Plan, folder: RunFolder, warn: WarningSink, on: Asked): Promise<ActiveRun> {
    return new ActiveRun(plan, folder, await openTraining(plan, folder, warn, on));
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
          turn: () => this.betweenSteps.turn,
          onStep: (report) => this.onStep(report),
          record: (step, scalars) => this.ledger.record(step, scalars),
          evaluate: () => this.quality(),
          film: () => this.film(),
          checkpoint: async () => this.ledger.checkpoint(this.step, await this.trainer.state()),
        },
      );
      this.ledger.conclude(outcome);
    } catch (error) {
      this.ledger.fail(error);
    } finally {
      this.isOver = true;
      await this.betweenSteps.turn;
      this.ledger.close();
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

  /** Records since this engine took the run up. */
  get records(): readonly ScalarRecord[] {
    return this.ledger.records;
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
      latest: this.ledger.latest,
      stepsPerSec,
      etaSecs: stepsPerSec === null ? null : (this.plan.config.steps - step) / stepsPerSec,
    };
  }

  /** A copy of the parameters that sampling reads, as of the last step. */
  async sampledState(): Promise<SampledState> {
    return this.model.snapshot(await this.trainer.state());
  }

  /** Computes something between two steps. */
  between<T>(work: () => Promise<T>): Promise<T> {
    return this.betweenSteps.do(work);
  }

  private setWish(wish: Wish): void {
    this.wish = wish;
    this.wishes.ring();
  }

  private async whilePaused(): Promise<void> {
    this.ledger.pause(this.step);
    this.bell.ring();
    while (this.wish === 'pause') await this.wishes.wait();
    this.pace.reset();
    if (this.wish === 'go') this.ledger.goOn();
    this.bell.ring();
  }

  private onStep({ step, scalars }: StepReport): void {
    this.pace.tick(step);
    this.ledger.note(scalars);
    this.bell.ring();
  }

  private async quality(): Promise<Record<string, number>> {
    const measure = makesSamples(this.plan) ? quickQuality : quickEncoderQuality;
    return measure(this.plan, this.model, await this.sampledState());
  }

  private async film(): Promise<void> {
    const { layout, positions } = await filmFrame(this.plan, this.model, await this.sampledState());
    this.ledger.frame(this.step, layout, positions);
    this.bell.ring();
  }
}

function makesSamples({ method }: Plan): boolean {
  return method.produces !== 'features';
}

function hasFilm(plan: Plan): boolean {
  return plan.config.filmFrames > 0 && makesSamples(plan);
}
