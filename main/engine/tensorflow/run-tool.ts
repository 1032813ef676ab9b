/** Programs of the system that an installation needs, as children that end with it. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { installError } from './errors.ts';

export interface ToolRun {
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Every whole line of either stream, as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface ToolEnd {
  readonly code: number | null;
  readonly stdout: string;
  /** The end of what was said on either stream, for a person. */
  readonly said: string;
}

const SAID_LENGTH = 4000;
const STDOUT_LENGTH = 1 << 20;

/**
 * Runs a program to its end. Where the signal says so, it and the children it started are ended at once.
 *
 * @throws WorkbenchError `engine/install-cancelled`; the error of `spawn` if it could not be started
 */
export function runTool(
  command: string,
  args: readonly string[],
  { signal, cwd, env, onLine }: ToolRun,
): Promise<ToolEnd> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const isGrouped = process.platform !== 'win32';
    const child = spawn(command, [...args], {
      cwd,
      env: { ...process.env, ...env },
      // A group of its own, so that the compiler behind the compiler ends as well.
      detached: isGrouped,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let stdout = '';
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      stream.on('data', (bytes: Buffer) => {
        const text = decoder.write(bytes);
        if (stream === child.stdout) stdout = (stdout + text).slice(-STDOUT_LENGTH);
        said = (said + text).slice(-SAID_LENGTH);
        const lines = (rest + text).split(/\r\n|\n|\r/);
        rest = lines.pop()!;
        for (const line of lines) onLine?.(line);
      });
    }
    const end = (): void => {
      if (child.pid === undefined) return;
      try {
        if (isGrouped) process.kill(-child.pid, 'SIGKILL');
        else child.kill('SIGKILL');
      } catch {
        // It has ended by itself.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.once('error', (error) => {
      signal.removeEventListener('abort', end);
      reject(error);
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(cancelled());
      else resolve({ code, stdout, said: said.trim() });
    });
  });
}

/** The first of some programs that is on PATH, by its whole path; null if none is. */
export function findTool(names: readonly string[]): string | null {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  for (const name of names) {
    for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
      if (folder === '') continue;
      for (const ending of endings) {
        const file = path.join(folder, name + ending);
        if (isExecutable(file)) return file;
      }
    }
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function cancelled(): Error {
  return installError(
    'cancelled',
    'The installation was cancelled; what was downloaded is kept for another try.',
  );
}

/** @throws WorkbenchError `engine/install-cancelled` */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}
