/** How much memory a reader takes, seen from outside: it may be too busy, or unwilling, to look itself. */
import fs from 'node:fs';
import type { ReaderProcess } from './process.ts';

const LOOK_EVERY_MS = 100;
/** Linux has pages of this size wherever we run; where they are larger, more is allowed. */
const PAGE_BYTES = 4096;

/** @returns bytes; null where the system does not tell or the process has gone */
function residentBytes(pid: number): number | null {
  try {
    const pages = Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : null;
  } catch {
    return null;
  }
}

/** Calls `onExcess` once a reader takes more than so many bytes. @returns stops looking */
export function watchResident(reader: ReaderProcess, limit: number, onExcess: () => void): () => void {
  if (process.platform !== 'linux') return () => {};
  const timer = setInterval(() => {
    const bytes = reader.pid === undefined ? null : residentBytes(reader.pid);
    if (bytes !== null && bytes > limit) onExcess();
  }, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
