/** Entry of the engine process: the workbench served to every connection of the host that forked it. */
import { parseArgs } from 'node:util';
import { wireErrorFrom } from '#contract/errors.ts';
import { serve } from '#contract/rpc/server.ts';
import { takeGrantKey } from './checkpoints/grants.ts';
import { desktopReader } from './reader/desktop-process.ts';
import type { HostPort } from './reader/desktop-process.ts';
import { nodeReader } from './reader/node-process.ts';
import { programVersion, shippedDemos } from './version.ts';
import { acceptHost, setupExitCode } from './process-port.ts';
import { Engine } from './service.ts';

process.setSourceMapsEnabled(true);

const { values } = parseArgs({
  options: { home: { type: 'string' }, demos: { type: 'string' }, files: { type: 'string' } },
});
/** Of a utility process of the desktop app: there processes are started by the host. */
const { parentPort } = process as { parentPort?: HostPort };

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function openEngine(): Engine {
  try {
    return new Engine({
      ...(values.home === undefined ? {} : { home: values.home }),
      demos: values.demos ?? shippedDemos(),
      version: programVersion(),
      reader: parentPort === undefined ? nodeReader() : desktopReader(parentPort),
      grantKey: takeGrantKey(),
      filesFolder: values.files ?? null,
      warn: ({ code, message }) => say(`${message} (${code})`),
    });
  } catch (error) {
    const { code, message } = wireErrorFrom(error);
    say(`${message} (${code})`);
    process.exit(setupExitCode);
  }
}

const engine = openEngine();
acceptHost(
  (port) => serve(engine, port),
  () => {
    // What has been posted leaves before the process does: exit waits for one turn of the loop.
    void engine.close().then(() => setImmediate(() => process.exit(0)));
  },
);
