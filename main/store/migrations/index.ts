import type { DatabaseSync } from 'node:sqlite';
import { runs } from './0001-runs.ts';
import { tags } from './0002-tags.ts';
import { devices } from './0003-devices.ts';
import type { Migration } from './migration.ts';

const MIGRATIONS: readonly Migration[] = [runs, tags, devices];

/**
 * Brings the schema of `db` up to the last of `migrations`, each in a transaction of its own. No
 * backup is made first: everything in the index can be rebuilt from the run folders.
 *
 * @returns `'newer'` where a later version made the file, which is then left alone
 * @throws RangeError unless the numbers are 1, 2, 3, ...
 */
export function migrate(
  db: DatabaseSync,
  migrations: readonly Migration[] = MIGRATIONS,
): 'current' | 'newer' {
  migrations.forEach(({ number, name }, i) => {
    if (number !== i + 1) {
      throw new RangeError(`Expected migration ${i + 1}, found ${number} (${name}): numbers have no gaps.`);
    }
  });
  if (versionOf(db) > migrations.length) return 'newer';
  for (const { number, sql } of migrations) {
    if (versionOf(db) >= number) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      // Asked again inside: another process may have done it while this one waited.
      if (versionOf(db) < number) {
        db.exec(sql);
        db.exec(`PRAGMA user_version = ${number}`);
      }
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
  return 'current';
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
}
