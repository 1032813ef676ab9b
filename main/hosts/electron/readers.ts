import { parse } from 'node:path';
import type { MessageChannelMain, UtilityProcess, utilityProcess } from 'electron';
import { z } from 'zod';
import type { ReaderNews, ReaderWish } from '../../engine/reader/desktop-process.ts';
import type { ReaderOrder } from '../../engine/reader/protocol.ts';

/** The part of Electron that this file uses. */
interface Electron {
  utilityProcess: Pick<typeof utilityProcess, 'fork'>;
  MessageChannelMain: typeof MessageChannelMain;
}

export const readerServiceName = 'Fewstep reader';
/** Kept of what a reader prints, characters. */
const saidLength = 4000;
/** How long the last of it may take after the end of the process, milliseconds. */
const lastWordsMs = 500;

const readerWish = z.discriminatedUnion('wish', [
  z.object({
    reader: z.int().nonnegative(),
    wish: z.literal('start'),
    // It goes to the reader as it is.
    order: z.custom<ReaderOrder>((value) => typeof value === 'object' && value !== null),
  }),
  z.object({ reader: z.int().nonnegative(), wish: z.literal('end') }),
]);

/**
 * Forks readers for one engine: each a utility process for one request. What the two say to each other
 * goes over a wire of their own.
 */
export class Readers {
  readonly #electron: Electron;
  readonly #entry: string;
  readonly #engine: Pick<UtilityProcess, 'postMessage'>;
  readonly #running = new Map<number, UtilityProcess>();
  #isOver = false;

  /** @param entry  the built reader  @param engine  the process that asks */
  constructor(electron: Electron, entry: string, engine: Pick<UtilityProcess, 'postMessage'>) {
    this.#electron = electron;
    this.#entry = entry;
    this.#engine = engine;
  }

  /** A message of the engine; others than wishes are left to others. */
  take(message: unknown): void {
    const parsed = readerWish.safeParse(message);
    if (!parsed.success) return;
    const wish: ReaderWish = parsed.data;
    const known = this.#running.get(wish.reader);
    if (wish.wish === 'start') {
      if (known === undefined) this.#start(wish.reader, wish.order);
    } else if (known !== undefined) endNow(known);
  }

  /** Nobody waits for them any more: their engine has ended. */
  endAll(): void {
    this.#isOver = true;
    for (const child of this.#running.values()) endNow(child);
  }

  #start(reader: number, order: ReaderOrder): void {
    const { utilityProcess, MessageChannelMain } = this.#electron;
    const child = utilityProcess.fork(this.#entry, [], {
      serviceName: readerServiceName,
      // A parser needs nothing of what the environment tells; Windows cannot start a process without this.
      env: process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] ?? '' } : {},
      cwd: parse(this.#entry).root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#running.set(reader, child);
    let said = '';
    child.stderr?.on('data', (piece: Uint8Array | string) => {
      said = (said + piece.toString()).slice(-saidLength);
    });
    const saidAll = new Promise<void>((resolve) => {
      if (child.stderr === null) resolve();
      else child.stderr.on('close', () => resolve());
    });
    child.once('spawn', () => {
      const { port1, port2 } = new MessageChannelMain();
      child.postMessage(order, [port1]);
      this.#tell({ reader, pid: child.pid ?? 0 }, [port2]);
    });
    child.once('exit', (code) => {
      this.#running.delete(reader);
      const patience = new Promise<void>((resolve) => setTimeout(resolve, lastWordsMs));
      void Promise.race([saidAll, patience]).then(() =>
        this.#tell({ reader, exit: { code, signal: null, said } }),
      );
    });
  }

  #tell(news: ReaderNews, ports: Parameters<UtilityProcess['postMessage']>[1] = []): void {
    if (!this.#isOver) this.#engine.postMessage(news, ports);
  }
}

/** `kill` of a utility process asks on some systems; a reader that is busy would not hear it. */
function endNow(child: UtilityProcess): void {
  if (child.pid === undefined) {
    child.kill();
    // Killed before it ran, it may run all the same.
    child.once('spawn', () => endNow(child));
    return;
  }
  try {
    process.kill(child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself, which `exit` will tell.
  }
}
