import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { isAlive } from '../../store/process-identity.ts';
import type { Refusal } from './refusals.ts';
import { uploadName } from './upload-name.ts';

const gibibyte = 2 ** 30;
const dayMs = 24 * 60 * 60 * 1000;
const sweepMs = 60 * 60 * 1000;
/** So much of the disk is left to the runs that are being saved meanwhile, bytes. */
const reserveBytes = 256 * 2 ** 20;
const mostAtOnce = 8;

export const defaultMaxUploadBytes = 8 * gibibyte;

/** What a window holds of a file that it has sent. */
interface UploadedFile {
  grant: string;
  name: string;
  bytes: number;
}

/** Where what is being received is written to. */
interface Sink {
  writeFile(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface UploadOptions {
  /** The data folder; what comes is kept below `uploads/`. */
  home: string;
  /** Makes the word that stands for a path. */
  seal(path: string): string;
  maxBytes?: number;
  /** Free space of the disk that holds a folder, bytes. */
  freeBytes?(folder: string): Promise<number>;
  /** Makes a file that is not there yet. */
  create?(path: string): Promise<Sink>;
  /** An upload that brings nothing for this long is given up, milliseconds. */
  idleMs?: number;
  say?(line: string): void;
}

/** A refusal on its way up. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}

/**
 * Files that windows send: each in a folder of its own under its sanitised name, so that what is said of
 * it names it. They last as long as the server, and a day at most; what another server left behind when
 * it was killed goes when the next one starts.
 */
export class Uploads {
  readonly #options: UploadOptions;
  readonly #maxBytes: number;
  /** Of all servers on this data folder. */
  readonly #root: string;
  readonly #own: string;
  readonly #timer: NodeJS.Timeout;
  /** Announced and not yet received, bytes. */
  #pending = 0;
  #running = 0;

  constructor(options: UploadOptions) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? defaultMaxUploadBytes;
    this.#root = join(options.home, 'uploads');
    this.#own = join(this.#root, `${process.pid}-${randomUUID()}`);
    this.#timer = setInterval(() => void this.#sweepOld(), sweepMs);
    this.#timer.unref();
  }

  /** Why a file of that size would not be taken now; null if it would. */
  async refusalFor(bytes: number): Promise<Refusal | null> {
    if (bytes === 0) return { status: 400, text: 'The file is empty, or it is a folder.' };
    if (bytes > this.#maxBytes) {
      const text =
        `The file has ${sizeText(bytes)}; this server takes at most ${sizeText(this.#maxBytes)}. ` +
        'Start it with a larger --max-upload, or with --files FOLDER and the file in that folder.';
      return { status: 413, text };
    }
    if (this.#running >= mostAtOnce)
      return { status: 503, text: `Expected at most ${mostAtOnce} uploads at once; wait for one to end.` };
    const { freeBytes = freeBytesOf } = this.#options;
    let free: number;
    try {
      free = await freeBytes(this.#options.home);
    } catch (error) {
      return refusalFrom(error);
    }
    const room = free - reserveBytes - this.#pending;
    if (bytes <= room) return null;
    const text = `The file has ${sizeText(bytes)}; the disk of the data folder has room for ${sizeText(Math.max(0, room))}.`;
    return { status: 507, text };
  }

  /**
   * Receives a file, whole or not at all.
   *
   * @param offered  what the window says it is called
   * @returns why not, if it is not taken; null if its sender has gone
   */
  async take(request: IncomingMessage, offered: string): Promise<UploadedFile | { refusal: Refusal | null }> {
    const announced = request.headers['content-length'];
    if (announced === undefined || request.headers['transfer-encoding'] !== undefined)
      return { refusal: { status: 411, text: 'An upload says its size beforehand, in Content-Length.' } };
    const bytes = Number(announced);
    // Also what would be counted wrongly.
    if (!Number.isSafeInteger(bytes))
      return { refusal: { status: 413, text: 'The announced size is beyond any file.' } };
    const refusal = await this.refusalFor(bytes);
    if (refusal !== null) return { refusal };

    const folder = join(this.#own, randomUUID());
    this.#pending += bytes;
    this.#running += 1;
    try {
      const file = await this.#receive(request, { folder, name: uploadName(offered), bytes });
      if (!request.socket.destroyed) return file;
      // Nobody is left to hear of it.
      await rm(folder, { recursive: true, force: true });
      return { refusal: null };
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      if (request.destroyed && !request.complete) return { refusal: null };
      return { refusal: refusalFrom(error) };
    } finally {
      this.#pending -= bytes;
      this.#running -= 1;
    }
  }

  async #receive(
    request: IncomingMessage,
    { folder, name, bytes }: { folder: string; name: string; bytes: number },
  ): Promise<UploadedFile> {
    const { create = (path) => open(path, 'wx', 0o600), idleMs = 60_000, seal } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // No name of a person's file is this one: it begins with a dot.
    const part = join(folder, '.part');
    const sink = await create(part);
    let received = 0;
    try {
      request.setTimeout(idleMs, () => request.destroy());
      // It stays open when writing fails, for the sentence that says so.
      for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        received += piece.length;
        await sink.writeFile(piece);
      }
    } finally {
      await sink.close();
    }
    if (received !== bytes)
      throw new Refused({ status: 400, text: `Expected ${bytes} bytes, received ${received}.` });
    const path = join(folder, name);
    await rename(part, path);
    return { grant: seal(path), name, bytes };
  }

  /** Takes away what servers left that did not end in order, and what is too old. */
  async sweep(): Promise<void> {
    for (const name of await namesIn(this.#root)) {
      const folder = join(this.#root, name);
      const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
      if (pid <= 0 || !isAlive(pid) || (await isOld(folder))) await this.#remove(folder);
    }
  }

  async #sweepOld(): Promise<void> {
    for (const name of await namesIn(this.#own)) {
      const folder = join(this.#own, name);
      if (await isOld(folder)) await this.#remove(folder);
    }
  }

  /** Takes everything away that came. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#remove(this.#own);
  }

  async #remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      // The next start tries again.
      this.#options.say?.(`An uploaded file was not removed: ${(error as Error).message}`);
    }
  }
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return []; // Nothing has come yet.
  }
}

async function isOld(folder: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(folder)).mtimeMs > dayMs;
  } catch {
    return false;
  }
}

function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return { status: 507, text: 'The disk of the data folder is full; nothing was kept of the file.' };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { status: 500, text: 'The data folder cannot be written; nothing was kept of the file.' };
    default:
      return { status: 500, text: `The file could not be stored (${code ?? message}).` };
  }
}

function sizeText(bytes: number): string {
  const [unit, scale] = bytes >= gibibyte ? ['GiB', gibibyte] : ['MiB', 2 ** 20];
  return `${(bytes / scale).toFixed(1)} ${unit}`;
}
