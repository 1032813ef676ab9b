/** Something changed: wakes whoever waits, and holds nothing, so that a slow reader costs nothing. */
import type { CancelSignal } from '#contract/workbench.ts';

export class Bell {
  private waiting = new Set<() => void>();
  private count = 0;

  /** How often it has rung: tells a reader that was busy whether it missed something. */
  get rings(): number {
    return this.count;
  }

  ring(): void {
    this.count++;
    const woken = this.waiting;
    this.waiting = new Set();
    for (const wake of woken) wake();
  }

  /** Resolves at the next ring, after `timeoutMs`, or at once when the reader has gone. */
  wait(signal?: CancelSignal, timeoutMs?: number): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      this.waiting.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

/** Resolves at the next ring of any of the bells, or at once when the reader has gone. */
export async function firstRing(bells: readonly Bell[], signal: CancelSignal): Promise<void> {
  const heard = new AbortController();
  const leave = (): void => heard.abort();
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  await Promise.race(bells.map((bell) => bell.wait(heard.signal)));
  // The others must not keep whoever no longer waits.
  heard.abort();
  signal.removeEventListener('abort', leave);
}

/** Resolves after a time, or at once when the reader has gone. */
export function pause(milliseconds: number, signal?: CancelSignal): Promise<void> {
  return new Bell().wait(signal, milliseconds);
}
