import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { storeErrorFrom } from './errors.ts';
import { isAlive } from './process-identity.ts';

const TEMP_NAME = /^\..+\.(\d+)\.[0-9a-f]{8}\.tmp$/;
/** A temp this old is an orphan even if a process of its id lives: ids are reused. */
const ORPHAN_AGE_MS = 3_600_000;
/** One system call moves at most 2^31 - 4096 bytes. */
const MOST_BYTES_PER_CALL = 1 << 30;

/**
 * Replaces the file at `path`, or makes it: whoever reads it at any instant, also after a power cut,
 * finds the old content or the new, whole. The mode of an existing file stays.
 *
 * Temp file in the same folder -> write -> fsync -> rename -> fsync of the folder.
 *
 * @throws WorkbenchError `store/disk-full`, `store/read-only`, ...; the temp file is removed
 */
export function writeFileAtomic(path: string, content: Uint8Array | string): void {
  const folder = dirname(path);
  const temp = tempPathFor(path);
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  let descriptor: number | null = null;
  try {
    descriptor = fs.openSync(temp, 'wx');
    const existing = fs.statSync(path, { throwIfNoEntry: false });
    if (existing !== undefined) fs.fchmodSync(descriptor, existing.mode & 0o777);
    writeWhole(descriptor, bytes);
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
    descriptor = null;
    fs.renameSync(temp, path);
    syncFolder(folder);
  } catch (error) {
    if (descriptor !== null) fs.closeSync(descriptor);
    removeTemp(temp);
    throw storeErrorFrom(error, folder);
  }
}

/** A name beside `path` that no one else uses and that {@link sweepTemps} recognises. */
export function tempPathFor(path: string): string {
  const name = `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  return join(dirname(path), name);
}

/** Removes the temp files and folders that dead processes left in `folder`; returns their names. */
export function sweepTemps(folder: string): string[] {
  const swept: string[] = [];
  for (const name of namesIn(folder)) {
    const owner = TEMP_NAME.exec(name)?.[1];
    if (owner === undefined) continue;
    const path = join(folder, name);
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (isAlive(Number(owner)) && Date.now() - stat.mtimeMs < ORPHAN_AGE_MS) continue;
    fs.rmSync(path, { recursive: true, force: true });
    swept.push(name);
  }
  return swept;
}

/** Makes a rename or a new name in `folder` survive a power cut. */
export function syncFolder(folder: string): void {
  // Windows cannot open a folder; its renames are journalled by the file system.
  if (process.platform === 'win32') return;
  const descriptor = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(descriptor);
  } catch (error) {
    // Some network file systems have no fsync for folders; nothing more can be done there.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Writes all of `bytes`, from `position` or from where the file stands. */
export function writeWhole(descriptor: number, bytes: Uint8Array, position?: number): void {
  for (let done = 0; done < bytes.length;) {
    const count = Math.min(bytes.length - done, MOST_BYTES_PER_CALL);
    const place = position === undefined ? null : position + done;
    done += fs.writeSync(descriptor, bytes, done, count, place);
  }
}

/** The whole file in an exact-size array, also beyond the 2 GB of `readFileSync`. */
export function readWhole(path: string): Uint8Array {
  const descriptor = fs.openSync(path, 'r');
  try {
    const bytes = new Uint8Array(fs.fstatSync(descriptor).size);
    let done = 0;
    while (done < bytes.length) {
      const count = Math.min(bytes.length - done, MOST_BYTES_PER_CALL);
      const read = fs.readSync(descriptor, bytes, done, count, done);
      if (read === 0) break;
      done += read;
    }
    return done === bytes.length ? bytes : bytes.slice(0, done);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Names in a folder; none where there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw storeErrorFrom(error, folder);
  }
}

/** Cleans up after an error, which is the one to tell: on a dying disk this fails too. */
export function removeTemp(temp: string): void {
  try {
    fs.rmSync(temp, { recursive: true, force: true });
  } catch {
    return;
  }
}
