import { PortEvents } from './port-events.ts';
import type { Port } from './port.ts';
import { wireValue } from './wire-value.ts';

declare function setTimeout(callback: () => void, delayMs: number): unknown;

/** A MessagePort of a page, or Node's. */
interface DomPort {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close' | 'messageerror', listener: () => void): void;
  start(): void;
  postMessage(message: unknown): void;
  close(): void;
}

/** Electron's MessagePortMain, which the desktop's main process and its utility processes have. */
interface EmitterPort {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  postMessage(message: unknown): void;
  close(): void;
}

export type MessagePortLike = DomPort | EmitterPort;

/** What travels: a message of ours, or the word that nothing follows. */
type Envelope = { message: unknown } | { bye: string | null };

/** How long after a silent end the reason may still come by another way, see `gone`. */
const reasonWaitMs = 1000;

/**
 * A port over one end of a message channel. Values are cloned, never transferred: Electron's
 * MessagePortMain loses the memory of a transferred array without a word.
 *
 * @param gone  where another way exists to learn that the other side's process has ended: resolves
 *   then, with the reason where one is known
 */
export function portFromMessagePort(channel: MessagePortLike, gone?: Promise<string | null>): Port {
  const events = new PortEvents();

  function end(reason: string | null): void {
    if (events.closed(reason)) channel.close();
  }

  function receive(data: unknown): void {
    if (events.isClosed || !isEnvelope(data)) return;
    if ('bye' in data) {
      end(data.bye);
      return;
    }
    let message: unknown;
    try {
      message = wireValue(data.message);
    } catch (error) {
      close((error as Error).message);
      return;
    }
    events.deliver(message);
  }

  function close(reason: string | null): void {
    if (events.isClosed) return;
    // A channel that ends tells the other side neither why nor, in older browsers, that it did.
    channel.postMessage({ bye: reason } satisfies Envelope);
    end(reason);
  }

  function ended(): void {
    if (gone === undefined) end(null);
    else setTimeout(() => end(null), reasonWaitMs);
  }

  void gone?.then(end);
  if ('addEventListener' in channel) {
    channel.addEventListener('message', (event) => receive(event.data));
    channel.addEventListener('messageerror', () => close('A message could not be read'));
    channel.addEventListener('close', ended);
  } else {
    channel.on('message', (event) => receive(event.data));
    channel.on('close', ended);
  }
  channel.start();

  return {
    post(message) {
      if (events.isClosed) return;
      channel.postMessage({ message: wireValue(message) } satisfies Envelope);
    },
    onMessage: (listener) => events.onMessage(listener),
    onClose: (listener) => events.onClose(listener),
    close: (reason) => close(reason ?? null),
  };
}

/**
 * A port whose transport is still on its way: what is posted waits for it, in order. If it does not
 * come, the port closes with the reason.
 */
export function portFromPromise(coming: Promise<Port>): Port {
  const events = new PortEvents();
  let waiting: unknown[] = [];
  let port: Port | null = null;

  coming.then(
    (arrived) => {
      if (events.isClosed) {
        arrived.close();
        return;
      }
      port = arrived;
      arrived.onMessage((message) => events.deliver(message));
      arrived.onClose((reason) => events.closed(reason));
      for (const message of waiting) arrived.post(message);
      waiting = [];
    },
    (error: unknown) => events.closed(error instanceof Error ? error.message : String(error)),
  );

  return {
    post(message) {
      if (events.isClosed) return;
      if (port === null) waiting.push(wireValue(message));
      else port.post(message);
    },
    onMessage: (listener) => events.onMessage(listener),
    onClose: (listener) => events.onClose(listener),
    close(reason) {
      if (!events.closed(reason ?? null)) return;
      waiting = [];
      port?.close(reason);
    },
  };
}

function isEnvelope(data: unknown): data is Envelope {
  if (typeof data !== 'object' || data === null) return false;
  if ('bye' in data) return data.bye === null || typeof data.bye === 'string';
  return 'message' in data;
}
