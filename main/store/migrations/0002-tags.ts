import type { Migration } from './migration.ts';

/** Summaries have tags now: every row is read again from its folder. */
export const tags: Migration = { number: 2, name: 'tags', sql: 'DELETE FROM runs;' };
