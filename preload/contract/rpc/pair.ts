import { PortEvents } from './port-events.ts';
import type { Port } from './port.ts';
import { wireValue } from './wire-value.ts';

declare function structuredClone<T>(value: T): T;
declare function setTimeout(callback: () => void, delayMs: number): unknown;
declare const setImmediate: ((callback: () => void) => unknown) | undefined;

/**
 * Two ends of an in-process pipe. It behaves as a real wire does, so that code which works here
 * works there: messages are cloned, arrive in order and never within the turn that sent them.
 */
export function portPair(): [Port, Port] {
  const left = new PortEvents();
  const right = new PortEvents();
  return [end(left, right), end(right, left)];
}

type Delivery = { kind: 'message'; message: unknown } | { kind: 'close'; reason: string | null };

function end(here: PortEvents, there: PortEvents): Port {
  let pending: Delivery[] = [];
  function send(delivery: Delivery): void {
    pending.push(delivery);
    if (pending.length > 1) return;
    laterTurn(() => {
      const deliveries = pending;
      pending = [];
      for (const each of deliveries) {
        if (each.kind === 'message') there.deliver(each.message);
        else there.closed(each.reason);
      }
    });
  }
  return {
    post(message) {
      if (here.isClosed) return;
      send({ kind: 'message', message: structuredClone(wireValue(message)) });
    },
    onMessage: (listener) => here.onMessage(listener),
    onClose: (listener) => here.onClose(listener),
    close(reason) {
      if (here.closed(reason ?? null)) send({ kind: 'close', reason: reason ?? null });
    },
  };
}

/** A turn of the event loop, not a microtask: two ends that answer each other must not starve timers. */
function laterTurn(callback: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(callback);
  else setTimeout(callback, 0);
}
