import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { WorkbenchError } from '#contract/errors.ts';
import { namesIn, removeTemp, tempPathFor } from './atomic-file.ts';
import { errnoOf, storeErrorFrom } from './errors.ts';
import { isAlive, processStart } from './process-identity.ts';

/*
 * `run.lock` names its owner. Where that is dead, whoever makes `run.lock.<its token>` first comes
 * after it, and so on: the last of this chain owns the run. It then renames its own file to
 * `run.lock`, so the chain is one file again. No step ever removes a file that a live owner stands
 * on, and tokens are never used twice, so of any number of processes that find a lock stale at the
 * same instant exactly one gets it.
 */

const LOCK_NAME = 'run.lock';

const lockOwner = z.object({
  pid: z.int().min(1),
  /** `processStart` of the owner: an id alone may belong to a later process. */
  started: z.string().nullable(),
  host: z.string(),
  /** Names this one acquisition. */
  token: z.uuid(),
});
type LockOwner = z.infer<typeof lockOwner>;

/** A file that says nothing is being written by someone this young, and damaged when it is older. */
const UNREADABLE_AGE_MS = 10_000;
/** Far more than there can be; ends a walk along a chain that someone forged. */
const MOST_HOPS = 1000;

/** The right to train a run, held by one process at a time; it ends with the process. */
export class RunLock {
  private readonly folder: string;
  private readonly token: string;

  private constructor(folder: string, token: string) {
    this.folder = folder;
    this.token = token;
  }

  /**
   * Takes the lock of a run folder; one that a dead process left behind is taken over.
   *
   * @throws WorkbenchError `run/locked` naming the process that holds it, or `store/...`
   */
  static acquire(folder: string): RunLock {
    const owner: LockOwner = {
      pid: process.pid,
      started: processStart(process.pid),
      host: os.hostname(),
      token: randomUUID(),
    };
    try {
      for (;;) {
        const last = lastOwner(folder);
        if (last !== null && isHeld(last)) throw lockedBy(last, folder);
        const claim = last === null ? lockPath(folder) : successorPath(folder, last.token);
        if (!publish(claim, owner)) continue;
        // The chain that was read may have become one file meanwhile, of which this is no part.
        if (lastOwner(folder)?.token === owner.token) {
          shorten(folder, claim);
          return new RunLock(folder, owner.token);
        }
        fs.rmSync(claim, { force: true });
      }
    } catch (error) {
      throw storeErrorFrom(error, folder);
    }
  }

  /**
   * Proves that the lock is still this one, before something is written that two trainers must not
   * both write. @throws WorkbenchError `run/locked` where another process has it
   */
  assertHeld(): void {
    const last = lastOwner(this.folder);
    if (last?.token !== this.token) throw lockedBy(last, this.folder);
  }

  release(): void {
    if (lastOwner(this.folder)?.token === this.token) fs.rmSync(lockPath(this.folder), { force: true });
  }
}

/** The process that trains the run in this folder now, or null. */
export function liveLockOwner(folder: string): LockOwner | null {
  const last = lastOwner(folder);
  return last !== null && isHeld(last) ? last : null;
}

/** The error for whoever needs the run to be at rest. */
export function lockedBy(holder: LockOwner | null, folder: string): WorkbenchError {
  const who =
    holder === null
      ? 'another process'
      : holder.pid === process.pid && holder.host === os.hostname()
        ? `this process (${holder.pid})`
        : holder.host === os.hostname()
          ? `process ${holder.pid}`
          : `process ${holder.pid} on ${holder.host} (if it is gone, delete ${lockPath(folder)})`;
  return new WorkbenchError(
    'run/locked',
    `Expected a run that nobody trains, found it held by ${who}: ${folder}`,
    { folder, ...(holder === null ? {} : { pid: holder.pid, host: holder.host }) },
  );
}

function lockPath(folder: string): string {
  return join(folder, LOCK_NAME);
}

function successorPath(folder: string, token: string): string {
  return join(folder, `${LOCK_NAME}.${token}`);
}

/** Another machine's processes cannot be asked about: its lock counts as held. */
function isHeld(holder: LockOwner): boolean {
  if (holder.host !== os.hostname()) return true;
  return holder.pid > 0 && isAlive(holder.pid, holder.started);
}

/** The end of the chain: who holds the lock, or held it last. */
function lastOwner(folder: string): LockOwner | null {
  for (;;) {
    const first = readOwner(lockPath(folder));
    if (first === null) return null;
    let last = first;
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      const next = readOwner(successorPath(folder, last.token));
      if (next === null) break;
      last = next;
    }
    // Unchanged at both ends of the walk, the chain was not shortened under it.
    if (readOwner(lockPath(folder))?.token === first.token) return last;
  }
}

/** Makes the file of the owner of the lock `run.lock`, and removes what is left of the chain. */
function shorten(folder: string, claim: string): void {
  if (claim === lockPath(folder)) return;
  fs.renameSync(claim, lockPath(folder));
  for (const name of namesIn(folder)) {
    if (name.startsWith(`${LOCK_NAME}.`)) fs.rmSync(join(folder, name), { force: true });
  }
}

/** Makes a lock file with its content in one step; false where there is one already. */
function publish(path: string, owner: LockOwner): boolean {
  const temp = tempPathFor(path);
  const content = JSON.stringify(owner);
  try {
    fs.writeFileSync(temp, content, { flag: 'wx' });
    fs.linkSync(temp, path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return false;
    // exFAT and some network shares have no links; there the content follows the name.
    if (errno !== 'EPERM' && errno !== 'ENOTSUP' && errno !== 'ENOSYS' && errno !== 'EOPNOTSUPP') throw error;
    return publishWithoutLink(path, content);
  } finally {
    removeTemp(temp);
  }
}

function publishWithoutLink(path: string, content: string): boolean {
  try {
    fs.writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** What a lock file says; null without a file. */
function readOwner(path: string): LockOwner | null {
  let text: string;
  let changedAt: number;
  try {
    text = fs.readFileSync(path, 'utf8');
    changedAt = fs.statSync(path).mtimeMs;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return null;
    throw storeErrorFrom(error, path);
  }
  try {
    const parsed = lockOwner.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Not JSON: the same as JSON of the wrong form.
  }
  const host = Date.now() - changedAt < UNREADABLE_AGE_MS ? 'an unknown machine' : os.hostname();
  return { pid: 0, started: null, host, token: `unreadable-${Math.floor(changedAt)}` };
}
