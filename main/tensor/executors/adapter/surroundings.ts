/** What can be asked of the machine about its graphics device; tests put a recorded machine in its place. */
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import os from 'node:os';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly memoryBytes: number;
  /** Text of a file, null where it cannot be read. */
  read(file: string): string | null;
  /** Names in a folder, none where there is no such folder. */
  list(folder: string): readonly string[];
  /** What a command says, null where it is missing, fails or takes too long. */
  ask(command: string, args: readonly string[]): Promise<string | null>;
}

const LONGEST_MS = 5000;

export const thisMachine: Surroundings = {
  platform: process.platform,
  env: process.env,
  memoryBytes: os.totalmem(),
  read(file) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return null;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  },
  ask: (command, args) =>
    new Promise((resolve) => {
      execFile(
        command,
        [...args],
        { timeout: LONGEST_MS, killSignal: 'SIGKILL', windowsHide: true, encoding: 'utf8' },
        (error, output) => resolve(error === null ? output : null),
      );
    }),
};
