/**
 * The receiving half that every transport shares: one reader that misses nothing which came before
 * it, and close listeners that are called exactly once.
 */
export class PortEvents {
  #reader: ((message: unknown) => void) | null = null;
  #early: unknown[] = [];
  #closeListeners: ((reason: string | null) => void)[] = [];
  #end: { reason: string | null } | null = null;

  get isClosed(): boolean {
    return this.#end !== null;
  }

  deliver(message: unknown): void {
    if (this.#end !== null) return;
    if (this.#reader === null) this.#early.push(message);
    else this.#reader(message);
  }

  /** Returns false if it was closed before. Listeners run after the current turn, never inside it. */
  closed(reason: string | null): boolean {
    if (this.#end !== null) return false;
    this.#end = { reason };
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) void Promise.resolve(reason).then(listener);
    return true;
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#reader = listener;
    const early = this.#early;
    this.#early = [];
    for (const message of early) listener(message);
  }

  onClose(listener: (reason: string | null) => void): void {
    if (this.#end === null) this.#closeListeners.push(listener);
    else void Promise.resolve(this.#end.reason).then(listener);
  }
}
