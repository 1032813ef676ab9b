import { WorkbenchError } from '#contract/errors.ts';
import { acceptPorts } from '#contract/rpc/mux.ts';
import { portFromMessagePort } from '#contract/rpc/message-port.ts';
import type { MessagePortLike } from '#contract/rpc/message-port.ts';
import { PortEvents } from '#contract/rpc/port-events.ts';
import type { Port } from '#contract/rpc/port.ts';
import { wireValue } from '#contract/rpc/wire-value.ts';

/**
 * The exit code of an engine that cannot start for a reason a person must mend (a read-only data
 * folder, a missing library) and has said so on stderr. Its host does not start it again.
 */
export const setupExitCode = 78;

/** What `process` in a forked child and `ChildProcess` in its parent have in common. */
export interface IpcChannel {
  readonly connected: boolean;
  send?(message: object, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  disconnect?(): void;
}

/**
 * A port over the channel between a parent and a process it forked with `serialization: 'advanced'`.
 *
 * @param gone  resolves when nothing more can come, with the reason where one is known
 */
export function portFromIpc(channel: IpcChannel, gone: Promise<string | null>): Port {
  const events = new PortEvents();
  channel.on('message', (message) => {
    let value: unknown;
    try {
      // The deserialiser makes typed arrays that are views into the whole message: give each its own memory.
      value = wireValue(message);
    } catch {
      return; // No port sends such a value: it is the message of another user of the channel.
    }
    events.deliver(value);
  });
  void gone.then((reason) => events.closed(reason));
  return {
    post(message) {
      if (events.isClosed || !channel.connected) return;
      const value = wireValue({ port: message }) as object;
      channel.send?.(value, () => {
        // An error here means that the other process has gone, which `gone` will tell.
      });
    },
    onMessage: (listener) =>
      events.onMessage((value) => {
        if (typeof value === 'object' && value !== null && 'port' in value) listener(value.port);
      }),
    onClose: (listener) => events.onClose(listener),
    close(reason) {
      if (events.closed(reason ?? null) && channel.connected) channel.disconnect?.();
    },
  };
}

/** The engine's end of the channel to the host that forked it. */
function portFromParentProcess(): Port {
  if (process.send === undefined) {
    throw new WorkbenchError(
      'engine/no-host',
      'The engine is started by a host (fewstep serve, the command line or the desktop app), not by itself',
    );
  }
  return portFromIpc(
    process as IpcChannel,
    new Promise((resolve) => process.once('disconnect', () => resolve('the host has gone'))),
  );
}

/**
 * What the desktop host tells its engine: a connection has been opened, whose end comes along as the
 * one transferred port, or that the engine shall save and end.
 */
export type DesktopOrder = 'connect' | 'stop';

/** `process.parentPort` in a utility process of Electron. */
interface ParentPort {
  on(
    event: 'message',
    listener: (event: { data: unknown; ports: readonly MessagePortLike[] }) => void,
  ): unknown;
}

/**
 * Connects this process, an engine, to the host that forked it: a program of Node's, or the desktop.
 *
 * @param onPort  called for every connection that the host opens: a window, a socket, a command
 * @param onStop  called once, when the host asks the engine to end or is gone: save and exit
 * @throws WorkbenchError `engine/no-host` if this process was not forked
 */
export function acceptHost(onPort: (port: Port) => void, onStop: () => void): void {
  let isStopping = false;
  function stop(): void {
    if (isStopping) return;
    isStopping = true;
    onStop();
  }
  process.on('SIGTERM', stop);
  // Ctrl-C reaches every process of a terminal. The host has it too, and decides.
  process.on('SIGINT', () => {});

  const { parentPort } = process as { parentPort?: ParentPort };
  if (parentPort !== undefined) {
    // Each window has a channel of its own to this process: the host's main thread carries no frames.
    parentPort.on('message', ({ data, ports: [port] }) => {
      const order = data as DesktopOrder;
      if (order === 'stop') stop();
      else if (order === 'connect' && port !== undefined) onPort(portFromMessagePort(port));
    });
    return;
  }
  const carrier = portFromParentProcess();
  carrier.onClose(stop);
  acceptPorts(carrier, onPort);
}
