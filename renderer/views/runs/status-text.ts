import type { MethodEntry } from '#contract/catalog.ts';
import type { RunStatus, RunSummary } from '#contract/runs.ts';
import { formatCount } from '../../ui/format.ts';

const words = {
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  finished: 'Finished',
  diverged: 'Diverged',
  failed: 'Failed',
} as const satisfies Record<RunStatus, string>;

export function statusText(status: RunStatus): string {
  return words[status];
}

interface Actions {
  canPause: boolean;
  canResume: boolean;
  canStop: boolean;
  /** Whether it can go on with another executor. */
  canMove: boolean;
}

/** What can be done with a run in its state; nothing with one that ships with the program. */
export function actionsOf({ status, isDemo }: Pick<RunSummary, 'status' | 'isDemo'>): Actions {
  const isUnderWay = status === 'running' || status === 'queued' || status === 'paused';
  const canMove = !isDemo && (status === 'stopped' || status === 'interrupted' || status === 'failed');
  return {
    canPause: !isDemo && status === 'running',
    canResume: canMove || (!isDemo && status === 'paused'),
    canMove,
    canStop: !isDemo && isUnderWay,
  };
}

/** What became of a run that did not end well, and what a person can do; null for all others. */
export function troubleOf(run: RunSummary): { title: string; advice: string } | null {
  switch (run.status) {
    case 'diverged':
      return {
        title: `Training diverged at step ${formatCount(run.step)}`,
        advice:
          'The last good checkpoint is kept, and everything shown stems from it. Duplicate the run with a lower learning rate, a longer warm-up or clipped gradients.',
      };
    case 'failed':
      return {
        title: `Training failed at step ${formatCount(run.step)}`,
        advice:
          'Resume tries again from the last checkpoint, on another executor if you choose one. Duplicate the run where the reason asks for other settings.',
      };
    case 'interrupted':
      return {
        title: `The engine ended at step ${formatCount(run.step)}`,
        advice: `${
          run.executor === null ? '' : `It was training on ${run.executor} (${run.device}). `
        }Resume goes on from the last checkpoint to the same numbers as without the interruption.`,
      };
    case 'queued':
    case 'running':
    case 'paused':
    case 'stopped':
    case 'finished':
      return null;
    default:
      return run.status satisfies never;
  }
}

/** Whether parameters of a run lie on disk, so that others can use them. */
function hasCheckpoint({ status, step, config }: RunSummary): boolean {
  if (step === 0) return false;
  const hasLastOne = status === 'finished' || status === 'paused' || status === 'stopped';
  return hasLastOne || step >= config.checkpointEvery;
}

/** Runs whose velocity field others can learn from. */
export function teachersOf(
  runs: readonly RunSummary[],
  methodOf: (id: string) => MethodEntry | null,
): RunSummary[] {
  return runs.filter((run) => methodOf(run.config.method)?.produces === 'velocity' && hasCheckpoint(run));
}
