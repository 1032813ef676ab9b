/** An engine as its clients have it, for tests. */
import { onTestFinished } from 'vitest';
import type { Warning } from '#contract/errors.ts';
import { createClient } from '#contract/rpc/client.ts';
import { portPair } from '#contract/rpc/pair.ts';
import { serve } from '#contract/rpc/server.ts';
import type { RunConfigInput, RunStatus, RunSummary } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { Engine, type EngineOptions } from '../service.ts';

export interface OpenedEngine {
  readonly engine: Engine;
  readonly client: WorkbenchClient;
  readonly home: string;
  readonly warnings: Warning[];
}

/** On a folder of its own unless one is given, with a client; closed when the test ends. */
export function openedEngine(options: Partial<EngineOptions> = {}): OpenedEngine {
  const opened = engineOn({ home: scratchFolder(), ...options });
  onTestFinished(() => opened.engine.close());
  return opened;
}

/** As {@link openedEngine}, for several tests: whoever opens it closes it. */
export function engineOn(options: Partial<EngineOptions> & { readonly home: string }): OpenedEngine {
  const warnings: Warning[] = [];
  const engine = new Engine({
    version: '0.0.0-test',
    warn: (warning) => void warnings.push(warning),
    ...options,
  });
  const [near, far] = portPair();
  serve(engine, far);
  return { engine, client: createClient(near), home: options.home, warnings };
}

/** The run once it has one of these states. */
export function untilStatus(
  client: WorkbenchClient,
  run: string,
  ...wanted: readonly RunStatus[]
): Promise<RunSummary> {
  return new Promise((resolve, reject) => {
    const stop = client.listen(
      'runs.watch',
      {},
      (change) => {
        if (change.kind !== 'run' || change.run.id !== run || !wanted.includes(change.run.status)) return;
        stop();
        resolve(change.run);
      },
      (error) => reject(error ?? new Error('runs.watch ended')),
    );
  });
}

/** A run that was trained to its end. @throws Error where it did not get there */
export async function trainedRun(client: WorkbenchClient, config: RunConfigInput): Promise<RunSummary> {
  const { id } = await client.call('runs.create', { config });
  const run = await untilStatus(client, id, 'finished', 'failed', 'diverged');
  if (run.status !== 'finished') throw new Error(`it has ${run.status}: ${run.error?.message}`);
  return run;
}
