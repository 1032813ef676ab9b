/** The second thread of a reader: ends the process that takes too much, or that nobody waits for. */
import fs from 'node:fs';
import { workerData } from 'node:worker_threads';
import { MEMORY_WORDS } from './protocol.ts';

const LOOK_EVERY_MS = 20;

/** Looks for as long as the process lives. `workerData` is the limit of resident bytes. */
export function guardMemory(): void {
  const limit = workerData as number;
  const parent = process.ppid;
  setInterval(() => {
    if (process.memoryUsage.rss() > limit) end(MEMORY_WORDS);
    // An engine that was killed can kill no reader.
    if (process.ppid !== parent) end('');
  }, LOOK_EVERY_MS);
}

function end(words: string): void {
  // An exit would wait for the first thread, which is busy: the words say what a signal cannot.
  fs.writeSync(2, `${words}\n`);
  process.kill(process.pid, 'SIGKILL');
}
