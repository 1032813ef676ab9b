import { WorkbenchError, errorFromWire } from '../errors.ts';
import type { CancelSignal, WorkbenchClient } from '../workbench.ts';
import { serverMessage } from './messages.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';
import type { Port } from './port.ts';

/**
 * Values that a stream may send ahead of its listener. Two keep the wire busy during a round trip;
 * more would only let a slow window see older frames.
 */
const initialCredit = 2;

interface PendingCall {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Listener {
  /** Values that came while an earlier one was still being handled; at most `initialCredit`. */
  queue: unknown[];
  /** Set by the stream's end; delivered after the queue. */
  end: { error: Error | null } | null;
  isHandling: boolean;
  onValue(value: unknown): void | Promise<void>;
  onEnd: ((error: Error | null) => void) | undefined;
}

/**
 * The calling side of the Workbench over a port.
 *
 * When the port closes every pending call rejects and every stream ends with `rpc/disconnected`, and
 * so does every later call. A cancelled call rejects at once with `rpc/cancelled`.
 */
export function createClient(port: Port): WorkbenchClient {
  let nextId = 1;
  let gone: WorkbenchError | null = null;
  const pending = new Map<number, PendingCall>();
  const listeners = new Map<number, Listener>();

  function post(message: ClientMessage): void {
    port.post(message);
  }

  function finish(id: number, listener: Listener, error: Error | null): void {
    if (listeners.get(id) !== listener) return;
    listeners.delete(id);
    listener.onEnd?.(error);
  }

  async function handleQueue(id: number, listener: Listener): Promise<void> {
    if (listener.isHandling) return;
    listener.isHandling = true;
    try {
      while (listener.queue.length > 0 && listeners.get(id) === listener) {
        await listener.onValue(listener.queue.shift());
        if (listeners.get(id) === listener && listener.end === null) post({ type: 'credit', id, count: 1 });
      }
    } catch (thrown) {
      post({ type: 'unlisten', id });
      // A listener that fails and has nowhere to say so is a bug: let it surface.
      if (listener.onEnd === undefined) {
        listeners.delete(id);
        throw thrown;
      }
      finish(id, listener, thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }));
      return;
    } finally {
      listener.isHandling = false;
    }
    if (listener.end !== null) finish(id, listener, listener.end.error);
  }

  function receive(message: ServerMessage): void {
    switch (message.type) {
      case 'reply': {
        const call = pending.get(message.id);
        pending.delete(message.id);
        if (message.ok) call?.resolve(message.value);
        else call?.reject(errorFromWire(message.error));
        return;
      }
      case 'item':
      case 'end': {
        const listener = listeners.get(message.id);
        if (listener === undefined) return;
        if (message.type === 'item') listener.queue.push(message.value);
        else listener.end = { error: message.error === null ? null : errorFromWire(message.error) };
        void handleQueue(message.id, listener);
        return;
      }
      default:
        message satisfies never;
    }
  }

  port.onClose((reason) => {
    gone = new WorkbenchError(
      'rpc/disconnected',
      reason === null
        ? 'The connection to the engine is closed'
        : `The connection to the engine is closed: ${reason}`,
      reason === null ? undefined : { reason },
    );
    for (const call of pending.values()) call.reject(gone);
    pending.clear();
    for (const [id, listener] of [...listeners]) finish(id, listener, gone);
  });
  port.onMessage((raw) => {
    const parsed = serverMessage.safeParse(raw);
    if (parsed.success) receive(parsed.data);
    else port.close('The engine sent a message that this window does not know');
  });

  return {
    call(name, input, signal) {
      return new Promise<unknown>((resolve, reject) => {
        if (gone !== null) throw gone;
        if (signal?.aborted === true) throw cancelled(name);
        const id = nextId++;
        post({ type: 'call', id, name, input });
        const stopWatching = onAbort(signal, () => {
          pending.delete(id);
          post({ type: 'cancel', id });
          reject(cancelled(name));
        });
        pending.set(id, {
          resolve(value) {
            stopWatching();
            resolve(value);
          },
          reject(error) {
            stopWatching();
            reject(error);
          },
        });
      }) as Promise<never>;
    },

    listen(name, input, onValue, onEnd) {
      const id = nextId++;
      const listener: Listener = {
        queue: [],
        end: null,
        isHandling: false,
        onValue: onValue as Listener['onValue'],
        onEnd,
      };
      listeners.set(id, listener);
      try {
        if (gone !== null) throw gone;
        post({ type: 'listen', id, name, input, credit: initialCredit });
      } catch (error) {
        // Told after this turn, as any other end is: the caller does not hold the stop function yet.
        listener.end = { error: error as Error };
        void Promise.resolve().then(() => handleQueue(id, listener));
      }
      return () => {
        if (listeners.delete(id)) post({ type: 'unlisten', id });
      };
    },
  };
}

function onAbort(signal: CancelSignal | undefined, listener: () => void): () => void {
  signal?.addEventListener('abort', listener, { once: true });
  return () => signal?.removeEventListener('abort', listener);
}

function cancelled(name: string): WorkbenchError {
  return new WorkbenchError('rpc/cancelled', `${name} was cancelled`);
}
