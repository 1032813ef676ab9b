import type { Workbench } from '../../state/workbench.svelte.ts';
import { actionsOf } from './status-text.ts';

/**
 * Waits until a run trains no more: what is asked to stop writes a checkpoint first.
 *
 * @throws Error if the engine goes away meanwhile
 */
export function untilStopped({ runs, connection }: Workbench, id: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = $effect.root(() => {
      $effect(() => {
        const run = runs.get(id);
        const isStopped = run === null || !actionsOf(run).canStop;
        if (isStopped) resolve();
        else if (connection.status === 'disconnected') reject(new Error('The engine went away meanwhile'));
        else return;
        queueMicrotask(() => forget());
      });
    });
  });
}
