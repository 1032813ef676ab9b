import type { Migration } from './migration.ts';

/** Summaries have devices now: every row is read again from its folder. */
export const devices: Migration = { number: 3, name: 'devices', sql: 'DELETE FROM runs;' };
