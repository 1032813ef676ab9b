import { PortEvents } from './port-events.ts';
import type { Port } from './port.ts';

/**
 * Many ports over one: each window or socket gets its own over the single channel that a host has
 * to its engine. The host opens, the engine accepts. When the carrier closes, every port does.
 */
type Envelope =
  | { mux: 'open'; channel: number }
  | { mux: 'message'; channel: number; message: unknown }
  | { mux: 'close'; channel: number; reason: string | null };

/** The opening end: the returned function makes one more port. */
export function openPorts(carrier: Port): () => Port {
  const mux = new Mux(carrier, null);
  let nextChannel = 0;
  return () => mux.open(nextChannel++);
}

/** The accepting end: `onPort` is called for every port that the other side opens. */
export function acceptPorts(carrier: Port, onPort: (port: Port) => void): void {
  new Mux(carrier, onPort);
}

class Mux {
  readonly #carrier: Port;
  readonly #channels = new Map<number, PortEvents>();
  #end: { reason: string | null } | null = null;

  constructor(carrier: Port, onPort: ((port: Port) => void) | null) {
    this.#carrier = carrier;
    carrier.onClose((reason) => {
      this.#end = { reason };
      for (const events of this.#channels.values()) events.closed(reason);
      this.#channels.clear();
    });
    carrier.onMessage((message) => {
      // The channel of a child process may carry messages of others; they are not ours to judge.
      if (isEnvelope(message)) this.#receive(message, onPort);
    });
  }

  open(channel: number): Port {
    const port = this.#port(channel);
    if (this.#end === null) this.#carrier.post({ mux: 'open', channel } satisfies Envelope);
    return port;
  }

  #receive(envelope: Envelope, onPort: ((port: Port) => void) | null): void {
    const { channel } = envelope;
    switch (envelope.mux) {
      case 'open':
        if (onPort !== null && !this.#channels.has(channel)) onPort(this.#port(channel));
        return;
      case 'message':
        this.#channels.get(channel)?.deliver(envelope.message);
        return;
      case 'close':
        this.#channels.get(channel)?.closed(envelope.reason);
        this.#channels.delete(channel);
        return;
      default:
        envelope satisfies never;
    }
  }

  #port(channel: number): Port {
    const events = new PortEvents();
    if (this.#end === null) this.#channels.set(channel, events);
    else events.closed(this.#end.reason);
    return {
      post: (message) => {
        if (events.isClosed) return;
        this.#carrier.post({ mux: 'message', channel, message } satisfies Envelope);
      },
      onMessage: (listener) => events.onMessage(listener),
      onClose: (listener) => events.onClose(listener),
      close: (reason) => {
        if (!events.closed(reason ?? null)) return;
        this.#channels.delete(channel);
        this.#carrier.post({ mux: 'close', channel, reason: reason ?? null } satisfies Envelope);
      },
    };
  }
}

function isEnvelope(message: unknown): message is Envelope {
  if (typeof message !== 'object' || message === null) return false;
  const { mux, channel, reason } = message as Record<string, unknown>;
  if (!Number.isInteger(channel)) return false;
  return (
    mux === 'open' ||
    mux === 'message' ||
    (mux === 'close' && (reason === null || typeof reason === 'string'))
  );
}
