/**
 * Exponential moving average with its bias removed: s_k = w s_{k-1} + (1 - w) y_k, divided by
 * 1 - w^k, so that the first points are not pulled to zero. A gap (NaN) stays a gap and is not
 * averaged over. It grows with its series: only what is new is averaged.
 */
export class SmoothedValues {
  readonly #weight: number;
  #result = new Float64Array(256);
  #length = 0;
  #average = 0;
  #remaining = 1;

  /** @param weight  in [0, 1); 0 gives the values */
  constructor(weight: number) {
    this.#weight = weight;
  }

  /** To be called when values that were there have become others. */
  clear(): void {
    this.#length = 0;
    this.#average = 0;
    this.#remaining = 1;
  }

  /** @returns the averages of all values, valid until the next call */
  extend(values: Float64Array): Float64Array {
    if (values.length > this.#result.length) {
      const larger = new Float64Array(Math.max(values.length, this.#result.length * 2));
      larger.set(this.#result.subarray(0, this.#length));
      this.#result = larger;
    }
    for (let i = this.#length; i < values.length; i += 1) this.#result[i] = this.#next(values[i] ?? NaN);
    this.#length = values.length;
    return this.#result.subarray(0, this.#length);
  }

  #next(value: number): number {
    if (!Number.isFinite(value)) return NaN;
    this.#average = this.#weight * this.#average + (1 - this.#weight) * value;
    this.#remaining *= this.#weight;
    return this.#average / (1 - this.#remaining);
  }
}
