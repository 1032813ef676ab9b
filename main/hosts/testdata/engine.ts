/**
 * An engine that computes nothing. It joins its 1st and 2nd port, its 3rd and 4th and so on, so that
 * a test holds both ends of a wire through a real process. On a port by itself it takes orders.
 *
 * Arguments: `--home`, a file to write when it is stopped (`never`: it does not stop), and how long that
 * "checkpoint" takes, milliseconds.
 */
import { writeFileSync } from 'node:fs';
import type { Port } from '#contract/rpc/port.ts';
import { GRANT_KEY_VARIABLE } from '../../engine/checkpoints/grants.ts';
import { acceptHost } from '../../engine/process-port.ts';

const argv = process.argv.slice(2);
const [checkpointFile, checkpointMs = '0'] = argv.includes('--home')
  ? argv.slice(argv.indexOf('--home') + 1)
  : [];
let single: Port | null = null;

acceptHost(
  (port) => {
    if (single === null) {
      single = port;
      port.onMessage(takeOrder);
      port.onClose(() => {
        if (single === port) single = null;
      });
    } else {
      join(single, port);
      join(port, single);
      single = null;
    }
  },
  () => {
    if (checkpointFile === 'never') return;
    setTimeout(() => {
      if (checkpointFile !== undefined) writeFileSync(checkpointFile, 'saved');
      process.exit(0);
    }, Number(checkpointMs));
  },
);

function join(from: Port, to: Port): void {
  from.onMessage((message) => to.post(message));
  from.onClose((reason) => to.close(reason ?? undefined));
}

function takeOrder(order: unknown): void {
  const { echo, tellStart, exitCode, signal } = order as {
    echo?: unknown;
    /** What it was started with is to be told. */
    tellStart?: true;
    exitCode?: number;
    signal?: NodeJS.Signals;
  };
  if (echo !== undefined) single?.post(echo);
  if (tellStart) single?.post({ argv, grantKey: process.env[GRANT_KEY_VARIABLE] });
  if (exitCode !== undefined) process.exit(exitCode);
  if (signal !== undefined) process.kill(process.pid, signal);
}
