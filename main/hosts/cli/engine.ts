/** The engine of a command: in this process, so that whatever ends the command ends its engine. */
import { createClient } from '#contract/rpc/client.ts';
import { portPair } from '#contract/rpc/pair.ts';
import { serve } from '#contract/rpc/server.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { nodeReader } from '../../engine/reader/node-process.ts';
import { Engine } from '../../engine/service.ts';
import { programVersion, shippedDemos } from '../../engine/version.ts';
import { say } from './output.ts';

export interface LocalEngine {
  readonly client: WorkbenchClient;
  /** Stops what trains, with a checkpoint. */
  close(): Promise<void>;
}

/** @param home  data folder; the default one if undefined */
function openLocalEngine(home: string | undefined): LocalEngine {
  const engine = new Engine({
    ...(home === undefined ? {} : { home }),
    demos: shippedDemos(),
    version: programVersion(),
    warn: ({ code, message }) => say(`${message} (${code})`),
    allowsFolders: true,
    reader: nodeReader(),
  });
  const [near, far] = portPair();
  serve(engine, far);
  return { client: createClient(near), close: () => engine.close() };
}

/** Runs a command with an engine and closes it whatever happens. */
export async function withEngine<T>(
  home: string | undefined,
  work: (client: WorkbenchClient, engine: LocalEngine) => Promise<T>,
): Promise<T> {
  const engine = openLocalEngine(home);
  try {
    return await work(engine.client, engine);
  } finally {
    await engine.close();
  }
}
