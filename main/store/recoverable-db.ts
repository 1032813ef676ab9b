import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import { namesIn } from './atomic-file.ts';
import { storeErrorFrom } from './errors.ts';
import { migrate } from './migrations/index.ts';

const BUSY_TIMEOUT_MS = 10_000;
/** Damaged files that stay for whoever wants to know why. */
const DAMAGED_KEPT = 2;
const IN_MEMORY = 0;

// Primary result codes of SQLite.
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_NOMEM = 7;
const SQLITE_FULL = 13;

/** What SQLite does not notice by itself; thrown by work that finds a value damaged. */
export class DamagedIndex extends Error {}

/**
 * A SQLite file whose content can be made anew: whenever it proves damaged, the next file takes its
 * place, empty, and the work is done again on that.
 */
export class RecoverableDatabase {
  /** The first file; the ones after it are `name.2.sqlite`, `name.3.sqlite`, ... */
  private readonly first: string;
  private readonly warn: WarningSink;
  private db: DatabaseSync;
  /** Which of the files is open. */
  private generation = 1;

  /** @throws WorkbenchError `store/...` where no file can be opened or made */
  constructor(first: string, warn: WarningSink) {
    this.first = first;
    this.warn = warn;
    this.db = this.connect();
  }

  /**
   * Runs `work`, a second time if the first proves the file damaged; so it must bear that.
   *
   * @throws WorkbenchError `store/busy`, `store/index`, `store/...`
   */
  use<T>(work: (db: DatabaseSync) => T): T {
    try {
      if (this.isSuperseded()) {
        closeQuietly(this.db);
        this.db = this.connect();
      }
      return work(this.db);
    } catch (error) {
      this.db = this.recovered(error);
    }
    try {
      return work(this.db);
    } catch (error) {
      throw this.errorFrom(error);
    }
  }

  close(): void {
    this.db.close();
  }

  /** Another process found our file damaged and made the next, or someone deleted ours. */
  private isSuperseded(): boolean {
    if (this.generation === IN_MEMORY) return false;
    return fs.existsSync(this.pathOf(this.generation + 1)) || !fs.existsSync(this.pathOf(this.generation));
  }

  private connect(): DatabaseSync {
    this.generation = this.newestGeneration();
    try {
      return this.connectOnce();
    } catch (error) {
      return this.recovered(error);
    }
  }

  /** An index to go on with after `error`. @throws WorkbenchError where there is none */
  private recovered(error: unknown): DatabaseSync {
    if (sqliteCodeOf(error) === SQLITE_FULL) {
      return this.inMemory('store/disk-full', 'Found no room on the disk for the index of runs');
    }
    if (!isDamage(error)) throw this.errorFrom(error);
    closeQuietly(this.db);
    this.leaveBehind(error as Error);
    try {
      return this.connectOnce();
    } catch (again) {
      throw this.errorFrom(again);
    }
  }

  private connectOnce(): DatabaseSync {
    const db = new DatabaseSync(this.pathOf(this.generation), { timeout: BUSY_TIMEOUT_MS });
    try {
      // The first read also replays the journal of a process that was killed.
      const checks = db.prepare('PRAGMA quick_check').all();
      const verdict = String(checks[0]?.['quick_check']);
      if (verdict !== 'ok') throw new DamagedIndex(verdict);
      db.exec('PRAGMA journal_mode = WAL');
      db.exec('PRAGMA synchronous = NORMAL');
      if (migrate(db) === 'current') return db;
    } catch (error) {
      closeQuietly(db);
      throw error;
    }
    closeQuietly(db);
    return this.inMemory('store/newer-index', 'Left alone the index of runs of a newer Fewstep');
  }

  /** Where the file cannot be used but is not at fault, the index lives in memory. */
  private inMemory(code: string, why: string): DatabaseSync {
    this.warn({ code, message: `${why}; indexed them in memory: ${this.pathOf(this.generation)}` });
    closeQuietly(this.db);
    this.generation = IN_MEMORY;
    const db = new DatabaseSync(':memory:');
    migrate(db);
    return db;
  }

  /**
   * Goes on to the next file. The damaged one stays where it is: other processes may have it open,
   * and SQLite does not survive that a file, or its journal, is renamed under it.
   */
  private leaveBehind(reason: Error): void {
    const damaged = this.pathOf(this.generation);
    this.generation++;
    try {
      for (const { name, generation } of this.files()) {
        if (generation <= this.generation - 1 - DAMAGED_KEPT) {
          fs.rmSync(join(dirname(this.first), name), { force: true });
        }
      }
    } catch (error) {
      throw storeErrorFrom(error, dirname(this.first));
    }
    this.warn({
      code: 'store/index-damaged',
      message:
        `Found the index of runs damaged (${reason.message}): ${damaged}; ` +
        `made a new one from the run folders: ${this.pathOf(this.generation)}`,
    });
  }

  private pathOf(generation: number): string {
    return generation === 1 ? this.first : this.first.replace(/\.sqlite$/, `.${generation}.sqlite`);
  }

  private newestGeneration(): number {
    return Math.max(1, ...this.files().map(({ generation }) => generation));
  }

  /** Every file of every generation, journals included. */
  private files(): { name: string; generation: number }[] {
    const stem = basename(this.first, '.sqlite');
    return namesIn(dirname(this.first)).flatMap((name) => {
      if (!name.startsWith(`${stem}.`)) return [];
      const match = /^\.(?:(\d{1,9})\.)?sqlite(?:-wal|-shm)?$/.exec(name.slice(stem.length));
      return match === null ? [] : [{ name, generation: Number(match[1] ?? 1) }];
    });
  }

  private errorFrom(error: unknown): unknown {
    const code = sqliteCodeOf(error);
    if (code === null && !(error instanceof DamagedIndex)) return storeErrorFrom(error, dirname(this.first));
    const { message } = error as Error;
    const detail = { path: this.pathOf(this.generation), sqlite: code };
    if (code === SQLITE_BUSY || code === SQLITE_LOCKED) {
      return new WorkbenchError(
        'store/busy',
        `Expected the index of runs to be free within ${BUSY_TIMEOUT_MS / 1000} s, found it locked ` +
          `by another process: ${detail.path}`,
        detail,
        { cause: error },
      );
    }
    return new WorkbenchError(
      'store/index',
      `Expected to use the index of runs, found: ${message}. File: ${detail.path}`,
      detail,
      { cause: error },
    );
  }
}

/** Whatever is not another process, a full disk or the folder itself: the file is not to be trusted. */
function isDamage(error: unknown): boolean {
  if (error instanceof DamagedIndex) return true;
  const code = sqliteCodeOf(error);
  return code !== null && ![SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_FULL].includes(code);
}

/** The primary result code of an error of SQLite, or null for another error. */
function sqliteCodeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : null;
}

/** A damaged file may not even close; there is none yet while the first is being opened. */
function closeQuietly(db: DatabaseSync | undefined): void {
  try {
    if (db?.isOpen) db.close();
  } catch {
    return;
  }
}
