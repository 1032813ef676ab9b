/** House time runs from noise to data. */
const noise = 1;
const data = 0;
/** One pass from noise to data, and the rest at its end before the next. */
const passSecs = 4;
const restSecs = 1.2;
/** One press of an arrow key. */
export const stepSize = 1 / 32;

/**
 * The sampler-time clock: t in [0, 1], 1 is noise and 0 is data. It only keeps the time; whoever
 * draws calls `advance` once per frame while `isPlaying`.
 */
export class Playback {
  t = $state(data);
  isPlaying = $state(false);
  #loops = true;
  #restedSecs = 0;

  /** Plays from noise if the clock stands at data. */
  play(options: { loops: boolean } = { loops: true }): void {
    if (this.t <= data) this.t = noise;
    this.#loops = options.loops;
    this.#restedSecs = 0;
    this.isPlaying = true;
  }

  pause(): void {
    this.isPlaying = false;
  }

  toggle(): void {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** A person sets the time; the clock stops so that it is not moved again under their hand. */
  seek(t: number): void {
    if (!Number.isFinite(t)) return;
    this.pause();
    this.t = Math.min(noise, Math.max(data, t));
  }

  stepTowardsData(): void {
    this.seek(this.t - stepSize);
  }

  stepTowardsNoise(): void {
    this.seek(this.t + stepSize);
  }

  /** Moves the clock by so many seconds of real time. */
  advance(elapsedSecs: number): void {
    if (!this.isPlaying) return;
    if (this.t > data) {
      this.t = Math.max(data, this.t - elapsedSecs / passSecs);
      if (this.t <= data && !this.#loops) this.pause();
      return;
    }
    this.#restedSecs += elapsedSecs;
    if (this.#restedSecs >= restSecs) {
      this.#restedSecs = 0;
      this.t = noise;
    }
  }
}
