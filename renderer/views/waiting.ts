import type { RunSummary } from '#contract/runs.ts';

/** What a view without a frame waits for, in words; null when it waits for nothing. */
export function waitingFor(run: RunSummary | null, isWaiting: boolean): string | null {
  if (!isWaiting || run === null) return null;
  if (run.status === 'queued') return 'Waiting for its turn: another run is training';
  if (run.step === 0 && run.status === 'running') return 'Preparing the model';
  return 'Computing this view';
}
