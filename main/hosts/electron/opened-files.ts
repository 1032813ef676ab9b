import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { OpenedFile } from '#contract/desktop.ts';

/** More than any data set that the window takes; what is larger was hardly meant for it. */
export const maxFileBytes = 64 * 2 ** 20;

/** Reads the files that a person opened; `problems` holds a sentence for each that could not be. */
export async function readOpenedFiles(
  paths: readonly string[],
): Promise<{ files: OpenedFile[]; problems: string[] }> {
  const files: OpenedFile[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      files.push({ name: basename(path), bytes: await readLimited(path) });
    } catch (error) {
      problems.push(problemFor(error as NodeJS.ErrnoException, path));
    }
  }
  return { files, problems };
}

async function readLimited(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Error('Expected a file, found something else');
    if (stats.size > maxFileBytes) throw new Error(`Expected at most ${maxFileBytes / 2 ** 20} MiB`);
    // The size is fixed here: a file that grows meanwhile must not exceed the limit.
    const bytes = new Uint8Array(stats.size);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done === bytes.length ? bytes : bytes.slice(0, done);
  } finally {
    await handle.close();
  }
}

function problemFor(error: NodeJS.ErrnoException, path: string): string {
  switch (error.code) {
    case 'ENOENT':
      return `There is no such file: ${path}`;
    case 'EACCES':
    case 'EPERM':
      return `This user may not read the file: ${path}`;
    default:
      return `${error.message}: ${path}`;
  }
}

/** Keeps opened files until the window asks for them, and again while it loads anew. */
export class FileQueue {
  #waiting: OpenedFile[] = [];
  #deliver: ((file: OpenedFile) => void) | null = null;

  add(files: readonly OpenedFile[]): void {
    if (this.#deliver === null) this.#waiting.push(...files);
    else files.forEach(this.#deliver);
  }

  /** The window takes files from now on, those that wait first. */
  open(deliver: (file: OpenedFile) => void): void {
    this.#deliver = deliver;
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach(deliver);
  }

  /** The window takes none for now. */
  pause(): void {
    this.#deliver = null;
  }
}
