import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { WorkbenchError } from '#contract/errors.ts';
import type { WarningSink } from '#contract/errors.ts';
import type { RunSummary } from '#contract/runs.ts';
import { namesIn } from './atomic-file.ts';
import type { Home } from './home.ts';
import { numberFromStored, storableNumbers } from './json-numbers.ts';
import { DamagedIndex, RecoverableDatabase } from './recoverable-db.ts';
import { isRunId, statusNow, summaryOf } from './run-folder.ts';
import { readRunFile, runFileStamp } from './run-file.ts';
import type { RunFile } from './run-file.ts';

interface Row {
  id: string;
  stamp: string;
  words: string;
  summary: string;
  checksum: number;
}

export interface ListOptions {
  /** Part of the name, a tag, id, method or dataset, in any case. */
  search?: string;
  limit?: number;
}

/**
 * The index of the runs of one data folder. The folders are the truth: the index only makes listing
 * them fast, follows what other processes do to them, and is rebuilt when it is damaged or gone.
 */
export class RunIndex {
  private readonly home: Home;
  private readonly warn: WarningSink;
  private readonly db: RecoverableDatabase;
  /** Stamps of folders whose run.json could not be read, so that each is reported once. */
  private readonly unreadable = new Map<string, string>();

  private constructor(home: Home, warn: WarningSink) {
    this.home = home;
    this.warn = warn;
    this.db = new RecoverableDatabase(home.index, warn);
  }

  /**
   * Opens the index, made anew where it is missing or damaged; a damaged one is kept aside.
   *
   * @throws WorkbenchError `store/...` where the folder cannot be written
   */
  static open(home: Home, warn: WarningSink): RunIndex {
    return new RunIndex(home, warn);
  }

  /** Brings the row of one run up to date with its run.json, or removes it with its folder. */
  refresh(id: string): void {
    this.db.use((db) =>
      inTransaction(db, () => this.refreshRow(db, id, runFileStamp(join(this.home.runs, id)))),
    );
  }

  /** The runs, newest first, after taking in every folder that changed since. */
  list(options: ListOptions = {}): RunSummary[] {
    return this.db.use((db) => {
      this.followFolders(db);
      const pattern = `%${(options.search ?? '').toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
      const rows = db
        .prepare("SELECT * FROM runs WHERE words LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?")
        .all(pattern, options.limit ?? -1) as unknown as Row[];
      return rows.map((row) => this.summaryFrom(row));
    });
  }

  /** Forgets every row and reads every folder. */
  rebuild(): void {
    this.unreadable.clear();
    this.db.use((db) => {
      inTransaction(db, () => db.exec('DELETE FROM runs'));
      this.followFolders(db);
    });
  }

  close(): void {
    this.db.close();
  }

  /** Reads the run.json of every folder that is new or changed and drops the rows of those gone. */
  private followFolders(db: DatabaseSync): void {
    const known = new Map<string, string>();
    for (const row of db.prepare('SELECT id, stamp FROM runs').all() as unknown as Row[]) {
      known.set(row.id, row.stamp);
    }
    const changed: [string, string | null][] = [];
    for (const id of namesIn(this.home.runs)) {
      if (!isRunId(id)) continue;
      const stamp = runFileStamp(join(this.home.runs, id));
      if (stamp === null) continue;
      const before = known.get(id) ?? this.unreadable.get(id);
      known.delete(id);
      if (before !== stamp) changed.push([id, stamp]);
    }
    for (const id of known.keys()) changed.push([id, null]);
    if (changed.length === 0) return;
    inTransaction(db, () => changed.forEach(([id, stamp]) => this.refreshRow(db, id, stamp)));
  }

  private refreshRow(db: DatabaseSync, id: string, stamp: string | null): void {
    const file = stamp === null ? null : this.readable(id, stamp);
    if (file === null || stamp === null) {
      db.prepare('DELETE FROM runs WHERE id = ?').run(id);
      return;
    }
    const summary = summaryOf(join(this.home.runs, id), file);
    const row = {
      id,
      stamp,
      words: [file.name, ...file.tags, id, file.config.method, file.config.dataset.id]
        .join('\n')
        .toLowerCase(),
      summary: JSON.stringify({
        ...summary,
        folder: undefined,
        status: file.status,
        latest: storableNumbers(file.latest),
      }),
    };
    db.prepare(
      'INSERT OR REPLACE INTO runs (id, stamp, words, summary, checksum) VALUES (?, ?, ?, ?, ?)',
    ).run(row.id, row.stamp, row.words, row.summary, checksumOf(row));
  }

  private readable(id: string, stamp: string): RunFile | null {
    try {
      const file = readRunFile(join(this.home.runs, id));
      this.unreadable.delete(id);
      return file;
    } catch (error) {
      if (!(error instanceof WorkbenchError)) throw error;
      this.unreadable.set(id, stamp);
      this.warn({ code: error.code, message: error.message, detail: error.detail });
      return null;
    }
  }

  private summaryFrom(row: Row): RunSummary {
    if (row.checksum !== checksumOf(row)) throw new DamagedIndex(`row ${row.id}`);
    const stored = JSON.parse(row.summary) as Omit<RunSummary, 'folder' | 'classes'>;
    const folder = join(this.home.runs, row.id);
    const latest = Object.fromEntries(
      Object.entries(stored.latest).map(([name, value]) => [name, numberFromStored(value)]),
    );
    // Rows of an older version do not know all of it.
    return { classes: 0, ...stored, id: row.id, folder, latest, status: statusNow(folder, stored.status) };
  }
}

function inTransaction(db: DatabaseSync, work: () => void): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    work();
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function checksumOf({ id, stamp, words, summary }: Omit<Row, 'checksum'>): number {
  return crc32(summary, crc32(words, crc32(stamp, crc32(id))));
}
