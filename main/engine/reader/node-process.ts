/** Readers as child processes of Node's: for the command line, the server and tests. */
import { fork } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { ReaderExit, ReaderProcess, SpawnReader } from './process.ts';

/** Limit of the JavaScript heap, MB; typed arrays lie outside it and count as memory alone. */
const HEAP_MB = 512;
/** Kept of what a reader prints, characters. */
const SAID_LENGTH = 4000;

/** The entry of a reader: the source, or in a bundle `reader.js` beside the program. */
function readerEntry(): string {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith('.ts')) return path.join(here, 'entry.ts');
  const beside = path.join(here, 'reader.js');
  return fs.existsSync(beside) ? beside : path.join(here, '..', 'reader.js');
}

/** @param entry  the program's own, or in tests one that misbehaves */
export function nodeReader(entry: string = readerEntry()): SpawnReader {
  return () => {
    const child = fork(entry, [], {
      // A parser needs nothing of what the environment tells; Windows cannot start a process without this.
      env: process.platform === 'win32' ? { SystemRoot: process.env['SystemRoot'] } : {},
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      cwd: path.parse(entry).root,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      said = (said + piece).slice(-SAID_LENGTH);
    });
    const exited = new Promise<ReaderExit>((resolve) => {
      // `close` comes after the last of stderr, and what was sent may still be in the channel then.
      child.once('close', (code, signal) => {
        if (child.connected) child.once('disconnect', () => resolve({ code, signal, said }));
        else resolve({ code, signal, said });
      });
      child.on('error', (error) => {
        if (child.pid === undefined) resolve({ code: null, signal: null, said: error.message });
      });
    });
    return {
      get pid() {
        return child.pid;
      },
      send(message) {
        if (!child.connected) return;
        child.send(message, () => {
          // An error here means that the reader has gone, which `exited` tells.
        });
      },
      onMessage: (listener) => void child.on('message', listener),
      exited,
      kill: () => void child.kill('SIGKILL'),
    } satisfies ReaderProcess;
  };
}
