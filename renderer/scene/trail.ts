/**
 * The last positions of the same points, as paths: how a generator's samples moved from one training
 * step to the next.
 */
export class Trail {
  readonly #length: number;
  #frames: { step: number; points: Float32Array }[] = [];

  /** @param length  positions that are kept of every point */
  constructor(length: number) {
    this.#length = length;
  }

  /** Adds the points at a step. Points of another number, or of an earlier step, begin a new trail. */
  push(step: number, points: Float32Array): void {
    const last = this.#frames.at(-1);
    if (last !== undefined && (last.points.length !== points.length || last.step > step)) this.#frames = [];
    if (last?.step === step && this.#frames.length > 0) this.#frames.pop();
    this.#frames.push({ step, points });
    if (this.#frames.length > this.#length) this.#frames.shift();
  }

  clear(): void {
    this.#frames = [];
  }

  /**
   * @param dim  of the points
   * @returns `positions` flat [B, length, dim], oldest first, and `times` [length] from 1 (oldest)
   *   to 0 (newest). Where a trail is shorter than its length its oldest point stands for the rest,
   *   so that the size never changes.
   */
  paths(dim: number): { positions: Float32Array; times: Float32Array; count: number } {
    const length = this.#length;
    const count = Math.floor((this.#frames[0]?.points.length ?? 0) / dim);
    const positions = new Float32Array(count * length * dim);
    const missing = length - this.#frames.length;
    for (let k = 0; k < length; k += 1) {
      const points = this.#frames[Math.max(0, k - missing)]?.points;
      if (points === undefined) continue;
      for (let i = 0; i < count; i += 1) {
        for (let d = 0; d < dim; d += 1) positions[(i * length + k) * dim + d] = points[i * dim + d] ?? 0;
      }
    }
    return { positions, times: Float32Array.from({ length }, (_, k) => 1 - k / (length - 1)), count };
  }
}
