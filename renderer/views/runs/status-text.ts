import type { RunSummary } from '#contract/runs.ts';

const words = {
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  finished: 'Finished',
  diverged: 'Diverged',
  failed: 'Failed',
} as const satisfies Record<RunSummary['status'], string>;

export function statusText(status: RunSummary['status']): string {
  return words[status];
}

/** What can be done with a run in its state. */
export function actionsOf(status: RunSummary['status']): {
  canPause: boolean;
  canResume: boolean;
  canStop: boolean;
} {
  const isUnderWay = status === 'running' || status === 'queued' || status === 'paused';
  return {
    canPause: status === 'running',
    canResume: status === 'paused' || status === 'stopped' || status === 'interrupted',
    canStop: isUnderWay,
  };
}
