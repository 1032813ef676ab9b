/**
 * Readers of the desktop app. An engine in a utility process cannot start processes: it asks its host,
 * which forks a reader and sends each of the two the end of a wire that leads straight to the other.
 */
import type { ReaderExit, ReaderProcess, SpawnReader } from './process.ts';
import type { ReaderOrder } from './protocol.ts';

/** What the engine asks of its host. */
export type ReaderWish =
  | { readonly reader: number; readonly wish: 'start'; readonly order: ReaderOrder }
  /** At once, whatever it is doing. */
  | { readonly reader: number; readonly wish: 'end' };

/** What the host tells: that a reader runs, and then the wire to it comes along as the one port, or how it ended. */
export type ReaderNews =
  { readonly reader: number; readonly pid: number } | { readonly reader: number; readonly exit: ReaderExit };

/** MessagePortMain. */
interface Wire {
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  postMessage(message: unknown): void;
}

/** `process.parentPort` in a utility process of Electron. */
export interface HostPort {
  on(event: 'message', listener: (event: { data: unknown; ports: readonly Wire[] }) => void): unknown;
  postMessage(message: unknown): void;
}

/** How long the last messages of a reader that has ended may still be on their way, milliseconds. */
const lastWordsMs = 1000;

/** @param host  the port to the desktop's main process */
export function desktopReader(host: HostPort): SpawnReader {
  const readers = new Map<number, DesktopReader>();
  let next = 0;
  host.on('message', ({ data, ports: [wire] }) => {
    if (!isNews(data)) return; // An order for the engine.
    const reader = readers.get(data.reader);
    if ('exit' in data) {
      readers.delete(data.reader);
      reader?.ended(data.exit);
    } else if (wire !== undefined) reader?.runs(data.pid, wire);
  });
  return () => {
    const id = next++;
    const reader = new DesktopReader((wish) => host.postMessage({ reader: id, ...wish }));
    readers.set(id, reader);
    return reader;
  };
}

type Wish = { wish: 'start'; order: ReaderOrder } | { wish: 'end' };

class DesktopReader implements ReaderProcess {
  pid: number | undefined = undefined;
  readonly exited: Promise<ReaderExit>;
  readonly #ask: (wish: Wish) => void;
  /** Said before there was a wire to say it on. */
  #waiting: unknown[] = [];
  #wire: Wire | null = null;
  #listener: (message: unknown) => void = () => {};
  #hasOrder = false;
  #isEnding = false;
  #exit!: (exit: ReaderExit) => void;
  readonly #wireClosed: Promise<void>;
  #closed!: () => void;

  constructor(ask: (wish: Wish) => void) {
    this.#ask = ask;
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    this.#wireClosed = new Promise((resolve) => (this.#closed = resolve));
  }

  send(message: unknown): void {
    if (this.#isEnding) return;
    if (!this.#hasOrder) {
      this.#hasOrder = true;
      this.#ask({ wish: 'start', order: message as ReaderOrder });
    } else if (this.#wire === null) this.#waiting.push(message);
    else this.#wire.postMessage(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
  }

  kill(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#hasOrder) this.#ask({ wish: 'end' });
    // Nothing was started for it.
    else this.#exit({ code: null, signal: null, said: '' });
  }

  runs(pid: number, wire: Wire): void {
    this.pid = pid;
    this.#wire = wire;
    wire.on('message', ({ data }) => this.#listener(data));
    wire.on('close', () => this.#closed());
    wire.start();
    for (const message of this.#waiting.splice(0)) wire.postMessage(message);
  }

  /** The wire closes after its last message, which may come later than the news. */
  ended(exit: ReaderExit): void {
    const timer = setTimeout(() => this.#closed(), this.#wire === null ? 0 : lastWordsMs);
    void this.#wireClosed.then(() => {
      clearTimeout(timer);
      this.#exit(exit);
    });
  }
}

function isNews(data: unknown): data is ReaderNews {
  return typeof data === 'object' && data !== null && 'reader' in data;
}
