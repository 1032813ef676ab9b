import type { WireError } from '#contract/errors.ts';
import type { CallInput, CallOutput, WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';

export type EvaluationRequest = CallInput<'runs.evaluate'>;

/** What a person had measured, with what it was asked for. */
export interface Evaluated {
  readonly request: EvaluationRequest;
  /** Training step of the run when it was asked. */
  readonly step: number;
  readonly results: CallOutput<'runs.evaluate'>['results'];
  /** What images were compared with; points have none. */
  readonly about?: CallOutput<'runs.evaluate'>['about'];
}

/** Measures the quality of a run when a person asks, one question at a time. */
export class Evaluation {
  /** The newest answer of any run; it stays until the next. */
  last = $state.raw<Evaluated | null>(null);
  error = $state.raw<WireError | null>(null);
  isRunning = $state(false);
  #cancel: AbortController | null = null;

  /** @param step  training step that the run is at */
  async measure(client: WorkbenchClient, request: EvaluationRequest, step: number): Promise<void> {
    this.cancel();
    const cancel = new AbortController();
    this.#cancel = cancel;
    this.isRunning = true;
    this.error = null;
    try {
      const { results, about } = await client.call('runs.evaluate', request, cancel.signal);
      if (this.#cancel === cancel) this.last = { request, step, results, about };
    } catch (error) {
      if (this.#cancel === cancel) this.error = shownError(error);
    }
    if (this.#cancel === cancel) this.#end();
  }

  /** Withdraws the question; what was measured before stays. */
  cancel(): void {
    this.#cancel?.abort();
    this.#end();
  }

  #end(): void {
    this.#cancel = null;
    this.isRunning = false;
  }
}
