const maxCrashes = 3;
const windowMs = 30_000;

/** Counts crashes of one kind: three within 30 s are too many to go on as before. */
export class CrashCount {
  #times: number[] = [];
  readonly #now: () => number;

  /** @param now  milliseconds of any clock */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @returns whether this one is too many; then the count begins anew */
  add(): boolean {
    const time = this.#now();
    this.#times = this.#times.filter((each) => time - each < windowMs);
    this.#times.push(time);
    if (this.#times.length < maxCrashes) return false;
    this.#times = [];
    return true;
  }
}
