import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileKind, mostPointBytes } from '#contract/desktop.ts';
import type { OpenedFile } from '#contract/desktop.ts';
import { problemFor } from './file-grants.ts';
import type { FileGrants } from './file-grants.ts';

/**
 * Makes ready the files that a person opened: points are read, checkpoints are granted. `problems` holds
 * a sentence for each that could not be.
 */
export async function readOpenedFiles(
  paths: readonly string[],
  grants: Pick<FileGrants, 'grant'>,
): Promise<{ files: OpenedFile[]; problems: string[] }> {
  const files: OpenedFile[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      const stats = await stat(path);
      if (!stats.isDirectory() && fileKind(basename(path), stats.size) === 'points')
        files.push({ kind: 'points', name: basename(path), bytes: await readLimited(path) });
      else {
        const granted = await grants.grant(path);
        if (granted.holdsImages === true)
          throw new Error('Expected a checkpoint, found a folder of images; drop it');
        files.push({ kind: 'checkpoint', ...granted });
      }
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
    if (stats.size > mostPointBytes) throw new Error(`Expected at most ${mostPointBytes / 2 ** 20} MiB`);
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
