/** A growing series of one scalar: steps and values of the same length, appended in batches. */
export class SeriesBuffer {
  #steps = new Float64Array(256);
  #values = new Float64Array(256);
  #length = 0;
  #rewrites = 0;

  get length(): number {
    return this.#length;
  }

  /** How often records that were there have been replaced; what was derived from them is void then. */
  get rewrites(): number {
    return this.#rewrites;
  }

  /** Ascending. Views of what there is; they stay valid until the next `append`. */
  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#length);
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  get last(): number | null {
    return this.#length === 0 ? null : (this.#values[this.#length - 1] ?? null);
  }

  /**
   * Adds records. A record at or before the last step replaces what came after it: a resumed run
   * starts again from its checkpoint.
   */
  append(steps: Float64Array, values: Float64Array): void {
    const first = steps[0];
    if (first === undefined) return;
    if (this.#length > 0 && (this.#steps[this.#length - 1] ?? -Infinity) >= first) {
      this.#length = firstAtOrAfter(this.steps, first);
      this.#rewrites += 1;
    }
    const needed = this.#length + steps.length;
    if (needed > this.#steps.length) {
      const capacity = Math.max(needed, this.#steps.length * 2);
      this.#steps = grown(this.#steps, capacity);
      this.#values = grown(this.#values, capacity);
    }
    this.#steps.set(steps, this.#length);
    this.#values.set(values, this.#length);
    this.#length = needed;
  }
}

/** Position of the first of ascending `steps` that is not below `step`; their number if all are. */
export function firstAtOrAfter(steps: Float64Array, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle] ?? Infinity) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
