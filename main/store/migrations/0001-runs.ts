import type { Migration } from './migration.ts';

/**
 * One row per run folder. The key sorts by age, as run ids do, so lists need no second index.
 * `stamp` tells whether run.json has changed since; `checksum` is the CRC-32 of the other columns,
 * because SQLite does not notice a flipped bit inside a value.
 */
export const runs: Migration = {
  number: 1,
  name: 'runs',
  sql: `
    CREATE TABLE runs (
      id TEXT PRIMARY KEY NOT NULL,
      stamp TEXT NOT NULL,
      words TEXT NOT NULL,
      summary TEXT NOT NULL,
      checksum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
};
