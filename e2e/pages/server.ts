import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';

const entry = path.join(import.meta.dirname, '../../out/main/server.js');
/** Longer than a checkpoint of a toy model takes; what has not stopped by then never will. */
const stopMs = 20_000;

/** A running `fewstep serve` of the production bundle. */
export interface Server {
  /** The workbench's address, token included. */
  readonly url: string;
  readonly process: ChildProcess;
  /** All that the server and its engine have said on stderr so far. */
  log(): string;
  /** Asks it to stop, as Ctrl-C does, and waits. @returns its exit code, null if it had to be killed */
  stop(): Promise<number | null>;
}

/**
 * @param home  data folder
 * @param args  further arguments of `fewstep serve`
 * @throws {Error} with the server's log if it ends before it listens
 */
export async function startServer(home: string, args: readonly string[] = []): Promise<Server> {
  if (!existsSync(entry)) throw new Error(`Expected the built server in ${entry}. Run: npm run build`);
  const child = spawn(
    process.execPath,
    [entry, '--port', '0', '--home', home, '--no-open', '--json', ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const exited = once(child, 'exit');

  const announcement = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) resolve(text);
    });
    void exited.then(([code]) =>
      reject(new Error(`The server ended with ${code} before it listened:\n${text}${log}`)),
    );
  });
  const answer = JSON.parse(announcement) as { url: string } | { error: { code: string; message: string } };
  if ('error' in answer) {
    await exited;
    throw new Error(`${answer.error.message} (${answer.error.code})`);
  }
  const { url } = answer;

  return {
    url,
    process: child,
    log: () => log,
    async stop() {
      child.kill('SIGTERM');
      const overdue = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await exited;
      clearTimeout(overdue);
      return child.exitCode;
    },
  };
}
