/** The training loop, top to bottom. What it touches outside (files, windows, people) is passed in. */
import type { StepReport, Trainer } from './trainer.ts';

export type Wish = 'go' | 'pause' | 'stop';

export interface LoopOptions {
  /** Last step of the run. */
  readonly steps: number;
  readonly checkpointEvery: number;
  /** Steps between measurements of quality; 0 measures after the last step only. */
  readonly evalEvery: number;
  /** Steps between records of scalars. */
  readonly recordEvery: number;
  /** Steps between frames of the film, which begins before the first step and ends with the last; 0 keeps none. */
  readonly filmEvery: number;
}

export interface LoopHooks {
  /** What a person (or a signal) wants now; asked before every step. */
  wish(): Wish;
  /** Resolves when the wish is no longer to pause. */
  whilePaused(): Promise<void>;
  /** What must be computed before the next step, e.g. a picture of this one; null for nothing. */
  turn?(): Promise<void> | null;
  /** Called after every good step. */
  onStep(report: StepReport): void;
  /** Keeps scalars for good. */
  record(step: number, scalars: Record<string, number>): void;
  /** Measures samples of the current parameters against data. */
  evaluate(): Promise<Record<string, number>>;
  /** Keeps what the current parameters generate, as a frame of the film. */
  film(): Promise<void>;
  /** Saves the current state for good. */
  checkpoint(): Promise<void>;
}

export type Outcome =
  | { readonly type: 'finished'; readonly step: number }
  | { readonly type: 'stopped'; readonly step: number }
  /** `step` is the last good one; `report` is of the step that failed. */
  | { readonly type: 'diverged'; readonly step: number; readonly report: StepReport };

/**
 * Runs until the last step, a wish to stop, or a step that is not good. However it ends, the state
 * of the last good step has been checkpointed.
 */
export async function trainLoop(trainer: Trainer, options: LoopOptions, hooks: LoopHooks): Promise<Outcome> {
  let saved = trainer.step;
  const save = async (): Promise<void> => {
    if (saved === trainer.step) return;
    await hooks.checkpoint();
    saved = trainer.step;
  };

  if (options.filmEvery > 0 && trainer.step === 0) await hooks.film();
  while (trainer.step < options.steps) {
    // wishes
    const wish = hooks.wish();
    if (wish === 'stop') {
      await save();
      return { type: 'stopped', step: trainer.step };
    }
    if (wish === 'pause') {
      await save();
      await hooks.whilePaused();
      continue;
    }

    // whoever asked to compute between two steps
    const turn = hooks.turn?.() ?? null;
    if (turn !== null) await turn;

    // one step
    const report = await trainer.advance();
    if (!report.isGood) {
      await save();
      return { type: 'diverged', step: trainer.step, report };
    }
    hooks.onStep(report);

    // records: scalars often, quality seldom, both in one record where they meet
    const { step } = report;
    const isLast = step === options.steps;
    const isMeasured = isLast || (options.evalEvery > 0 && step % options.evalEvery === 0);
    const quality = isMeasured ? await hooks.evaluate() : {};
    if (isMeasured || step === 1 || step % options.recordEvery === 0) {
      hooks.record(step, { ...report.scalars, ...quality });
    }
    if (options.filmEvery > 0 && (isLast || step % options.filmEvery === 0)) await hooks.film();
    if (step % options.checkpointEvery === 0) await save();
  }
  await save();
  return { type: 'finished', step: trainer.step };
}
