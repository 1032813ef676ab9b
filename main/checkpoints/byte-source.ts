/** Bytes that can be read anywhere: a file, or memory in tests. */
import fs from 'node:fs';
import path from 'node:path';
import { WorkbenchError } from '#contract/errors.ts';

export interface ByteSource {
  /** For messages: the file's name without its folder. */
  readonly name: string;
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in memory of their own.
   * @throws WorkbenchError `checkpoint/truncated` if the source ends before
   */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** @throws WorkbenchError `checkpoint/no-file` if there is no readable file */
export function fileSource(file: string): ByteSource {
  const name = path.basename(file);
  let handle: number;
  let size: number;
  try {
    // A pipe without a writer would hold a plain open for ever; Windows has neither.
    handle = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    const stats = fs.fstatSync(handle);
    if (!stats.isFile()) {
      fs.closeSync(handle);
      throw new WorkbenchError('checkpoint/no-file', `${name}: expected a file, found something else`);
    }
    size = stats.size;
  } catch (error) {
    if (error instanceof WorkbenchError) throw error;
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new WorkbenchError('checkpoint/no-file', `${name}: expected a readable file, found none (${code})`);
  }
  return {
    name,
    size,
    read(offset, length) {
      requireInside(name, size, offset, length);
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const count = fs.readSync(handle, bytes, done, length - done, offset + done);
        // The file was cut while it was open.
        if (count === 0) throw truncated(name, offset + length, offset + done);
        done += count;
      }
      return bytes;
    },
    close: () => fs.closeSync(handle),
  };
}

/** Whether there is a folder; what cannot even be asked about, such as a link to itself, is none. */
export function isFolder(file: string): boolean {
  try {
    return fs.statSync(file).isDirectory();
  } catch {
    return false;
  }
}

export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read(offset, length) {
      requireInside(name, bytes.length, offset, length);
      return bytes.slice(offset, offset + length);
    },
    close() {},
  };
}

function requireInside(name: string, size: number, offset: number, length: number): void {
  const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isInside || offset + length > size) throw truncated(name, offset + length, size);
}

function truncated(name: string, wanted: number, found: number): WorkbenchError {
  return new WorkbenchError(
    'checkpoint/truncated',
    `${name}: expected at least ${wanted} bytes, found ${found}`,
  );
}
