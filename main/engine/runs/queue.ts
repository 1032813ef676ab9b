/** One run trains, the others wait their turn. */

export class Queue {
  private readonly waiting: string[] = [];
  private active: string | null = null;
  private readonly start: (id: string) => Promise<void>;
  private isClosed = false;

  /** @param start  trains one run to its end; must not throw */
  constructor(start: (id: string) => Promise<void>) {
    this.start = start;
  }

  get current(): string | null {
    return this.active;
  }

  /** Waits once, also where it has its turn and comes back for another. */
  add(id: string): void {
    if (this.isClosed || this.waiting.includes(id)) return;
    this.waiting.push(id);
    void this.pump();
  }

  /** Takes a waiting run out; false if it was not waiting. */
  remove(id: string): boolean {
    const at = this.waiting.indexOf(id);
    if (at >= 0) this.waiting.splice(at, 1);
    return at >= 0;
  }

  /** Starts nothing more; what trains now is its owner's to stop. */
  close(): void {
    this.isClosed = true;
    this.waiting.length = 0;
  }

  private async pump(): Promise<void> {
    if (this.active !== null) return;
    for (let id = this.waiting.shift(); id !== undefined; id = this.waiting.shift()) {
      this.active = id;
      await this.start(id);
      this.active = null;
    }
  }
}
