/**
 * Executors whose driver ends the process: a mark lies in the data folder while one is tried, and one
 * whose mark was left behind twice is not tried by itself any more.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { ExecutorId } from '#contract/engines.ts';
import { isAlive } from '../../store/process-identity.ts';

/** Somebody may have ended the process meanwhile: once proves nothing. */
const MOST_ENDS = 2;
/** What has no driver that could fail. */
const HARMLESS: readonly ExecutorId[] = ['ort-cpu', 'reference'];

export class Trials {
  private readonly home: string;

  /** @param home  the data folder; nothing is marked where there is none */
  constructor(home: string) {
    this.home = home;
  }

  /** Why it is better left alone; null where it may be tried. */
  refusal(id: ExecutorId): string | null {
    if (this.ends(id) < MOST_ENDS) return null;
    return 'The engine ended whenever it was tried, as it does when a driver fails. Mend or update the driver, then measure it to try again.';
  }

  /** A person wants it tried again. */
  forgive(id: ExecutorId): void {
    fs.rmSync(this.markOf(id), { force: true });
  }

  /** Runs what may end the process. */
  async during<T>(id: ExecutorId, work: () => Promise<T>): Promise<T> {
    if (HARMLESS.includes(id)) return work();
    this.mark(id);
    try {
      return await work();
    } finally {
      this.forgive(id);
    }
  }

  /** How often the process has ended while the executor was tried. */
  private ends(id: ExecutorId): number {
    try {
      const [pid = NaN, before = 0] = fs.readFileSync(this.markOf(id), 'utf8').split(' ').map(Number);
      return isAlive(pid) ? before : before + 1;
    } catch {
      return 0;
    }
  }

  private mark(id: ExecutorId): void {
    try {
      fs.writeFileSync(this.markOf(id), `${process.pid} ${this.ends(id)}`);
    } catch {
      // A folder that is not there or cannot be written: there is nothing to remember it by.
    }
  }

  private markOf(id: ExecutorId): string {
    return path.join(this.home, `.trying-${id}`);
  }
}
