/**
 * What is computed between two steps of a training, such as a picture. Interleaved with steps it would take
 * as long and its cost could not be told from theirs.
 */
export class BetweenSteps {
  private last: Promise<void> | null = null;

  /** What the next step waits for, which never fails; null for nothing. */
  get turn(): Promise<void> | null {
    return this.last;
  }

  /** Does the work after all that was asked for before it. */
  async do<T>(work: () => Promise<T>): Promise<T> {
    const before = this.last ?? Promise.resolve();
    const result = before.then(work);
    const turn = result.then(
      () => undefined,
      () => undefined,
    );
    this.last = turn;
    try {
      return await result;
    } finally {
      if (this.last === turn) this.last = null;
    }
  }
}
