/** A reader's end of the wire: a Node parent's channel, or the parent port of a utility process. */
import { type WireError, wireErrorFrom } from '#contract/errors.ts';
import { ITEMS_AHEAD, TAKEN } from './protocol.ts';
import type { ReaderMessage, ReaderOrder } from './protocol.ts';

/** Sends a message; resolves when there is room for the next. */
export type Say = (message: ReaderMessage) => Promise<void>;

/** `process.parentPort` in a utility process of Electron. */
interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: readonly Port[] }) => void): unknown;
  postMessage(message: unknown): void;
}
interface Port {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  postMessage(message: unknown): void;
  start(): void;
}

/**
 * Waits for the order, has it carried out and says how it went. The process then stays until it is
 * killed, so that nothing that was said is lost.
 *
 * In a utility process the order may bring a port: what follows then goes over that, straight to the
 * engine.
 */
export function openChannel(carryOut: (order: ReaderOrder, say: Say) => Promise<void>): void {
  const { parentPort } = process as { parentPort?: ParentPort };
  let ahead = 0;
  let wake: (() => void) | null = null;
  let isBusy = false;

  function take(message: unknown, post: (message: ReaderMessage) => Promise<void>): void {
    if (message === TAKEN) {
      ahead--;
      wake?.();
      return;
    }
    if (isBusy) return;
    isBusy = true;
    const say: Say = async (said) => {
      if (said.type === 'item') {
        while (ahead >= ITEMS_AHEAD) await new Promise<void>((resolve) => (wake = resolve));
        ahead++;
      }
      await post(said);
    };
    void carryOut(message as ReaderOrder, say).then(
      () => post({ type: 'done' }),
      (error: unknown) => post({ type: 'error', error: sendable(wireErrorFrom(error)) }),
    );
  }

  if (parentPort !== undefined) {
    parentPort.on('message', ({ data, ports: [port] }) => {
      const wire = port ?? parentPort;
      const post = (message: ReaderMessage): Promise<void> => Promise.resolve(wire.postMessage(message));
      port?.on('message', (event) => take(event.data, post));
      port?.start();
      take(data, post);
    });
    return;
  }
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    take(message, (said) => new Promise((resolve) => process.send!(said, () => resolve())));
  });
}

/** Details may hold whatever a reader found, integers of any size among them. */
function sendable({ code, message, detail }: WireError): WireError {
  const text = JSON.stringify(detail, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  return text === undefined ? { code, message } : { code, message, detail: JSON.parse(text) as unknown };
}
