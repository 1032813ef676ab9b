/**
 * An engine that computes nothing. It joins its 1st and 2nd port, its 3rd and 4th and so on, so that
 * a test holds both ends of a wire through a real process. On a port by itself it takes orders.
 *
 * Arguments: `--home`, a file to write when it is stopped (`never`: it does not stop), and how long that
 * "checkpoint" takes, milliseconds.
 */
import { writeFileSync } from 'node:fs';
import type { Port } from '#contract/rpc/port.ts';
import { acceptHost } from '../../engine/process-port.ts';

const [, checkpointFile, checkpointMs = '0'] = process.argv.slice(2);
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
  const { echo, exitCode, signal } = order as { echo?: unknown; exitCode?: number; signal?: NodeJS.Signals };
  if (echo !== undefined) single?.post(echo);
  if (exitCode !== undefined) process.exit(exitCode);
  if (signal !== undefined) process.kill(process.pid, signal);
}
