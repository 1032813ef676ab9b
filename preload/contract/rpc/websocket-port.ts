import { decodeMessage, encodeMessage } from './codec.ts';
import { PortEvents } from './port-events.ts';
import type { Port } from './port.ts';

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

interface SocketEvents {
  open: unknown;
  message: { data: unknown };
  close: { reason: string };
  /** `ws` puts a message here; a browser says nothing. A `close` follows either way. */
  error: { message?: string };
}

/** The part that the browser's WebSocket and `ws`'s have in common. */
interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener<K extends keyof SocketEvents>(type: K, listener: (event: SocketEvents[K]) => void): void;
}

const connecting = 0;
const open = 1;
const normalClosure = 1000;

/** A port over a WebSocket. What is posted before the socket is open waits for it. */
export function portFromWebSocket(socket: SocketLike): Port {
  const events = new PortEvents();
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let failure: string | null = null;
  socket.binaryType = 'arraybuffer';

  function close(reason: string | null): void {
    if (!events.closed(reason)) return;
    waiting = [];
    socket.close(normalClosure, shortened(reason ?? ''));
  }

  socket.addEventListener('open', () => {
    for (const message of waiting) socket.send(message);
    waiting = [];
  });
  socket.addEventListener('message', (event) => {
    if (events.isClosed) return;
    let message: unknown;
    try {
      if (!(event.data instanceof ArrayBuffer)) throw new Error('A message was text; expected binary');
      message = decodeMessage(event.data);
    } catch (error) {
      close((error as Error).message);
      return;
    }
    events.deliver(message);
  });
  socket.addEventListener('error', (event) => {
    failure = event.message ?? null;
  });
  socket.addEventListener('close', (event) => {
    events.closed(event.reason === '' ? failure : event.reason);
  });

  return {
    post(message) {
      if (events.isClosed) return;
      const bytes = encodeMessage(message);
      if (socket.readyState === connecting) waiting.push(bytes);
      else if (socket.readyState === open) socket.send(bytes);
      // Otherwise it is closing: its `close` event tells the listeners.
    },
    onMessage: (listener) => events.onMessage(listener),
    onClose: (listener) => events.onClose(listener),
    close: (reason) => close(reason ?? null),
  };
}

/** A close frame has room for 123 bytes of UTF-8; a longer reason throws in both implementations. */
function shortened(reason: string): string {
  const encoder = new TextEncoder();
  if (encoder.encode(reason).length <= 123) return reason;
  const characters = Array.from(reason);
  while (encoder.encode(`${characters.join('')}…`).length > 123) characters.pop();
  return `${characters.join('')}…`;
}
