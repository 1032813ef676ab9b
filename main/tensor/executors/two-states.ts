/** State that stays where it is computed: the newest, and until the next run begins the one before it. */
export class TwoStates<T> {
  private readonly free: (state: T) => void;
  private newest: T | null = null;
  private before: T | null = null;

  /** @param free  gives the memory of a state back; called once for each that was handed over */
  constructor(free: (state: T) => void) {
    this.free = free;
  }

  /** Null until one is written. */
  get current(): T | null {
    return this.newest;
  }

  /** Nobody goes back any more to the state before, and its memory serves the state that a run makes. */
  beginRun(): void {
    if (this.before !== null) this.free(this.before);
    this.before = null;
  }

  /** What a run made of the current one. */
  advance(next: T): void {
    this.beginRun();
    this.before = this.newest;
    this.newest = next;
  }

  /** In place of all there was. */
  replace(next: T): T {
    this.dispose();
    this.newest = next;
    return next;
  }

  /** @throws Error where no run came before, or it was taken back already */
  undo(): void {
    const { before } = this;
    if (before === null) throw new Error('undo: there is no run to take back');
    if (this.newest !== null) this.free(this.newest);
    this.newest = before;
    this.before = null;
  }

  dispose(): void {
    this.beginRun();
    if (this.newest !== null) this.free(this.newest);
    this.newest = null;
  }
}
