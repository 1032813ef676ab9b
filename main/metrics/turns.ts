/** Long sums in pieces: run to the end at once, or with turns for whoever else waits for the process. */

/** Yields between pieces of a few milliseconds. */
export type Work<T> = Generator<void, T>;

/** Longest time that nobody else has a turn, milliseconds. */
const STRETCH_MS = 25;

export function finished<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** The same with turns of the event loop in between. @param signal  ends it early @throws what it aborts with */
export async function inTurns<T>(work: Work<T>, between: () => void = () => {}): Promise<T> {
  for (let last = performance.now(); ;) {
    const { done, value } = work.next();
    if (done === true) return value;
    if (performance.now() - last < STRETCH_MS) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    between();
    last = performance.now();
  }
}
