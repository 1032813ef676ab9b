import { filmPositionAt } from './film-position.ts';

/** One pass over a whole film, and the rest at its end before the next. */
const passSecs = 12;
const restSecs = 1.2;

/**
 * The clock of the second time axis: which moment of training is shown. Null follows training as it
 * goes on. It only keeps the time; whoever owns the window calls `advance` once per frame.
 */
export class TrainingTime {
  /** Training step that is shown; null for the newest. */
  step = $state<number | null>(null);
  isPlaying = $state(false);
  /** Progress between frames, as a share of the film. */
  #share = 0;
  #restedSecs = 0;

  /** Back to the newest parameters. */
  follow(): void {
    this.isPlaying = false;
    this.step = null;
  }

  /** A person sets the step; the clock stops so that it is not moved again under their hand. */
  seek(step: number): void {
    if (!Number.isFinite(step)) return;
    this.isPlaying = false;
    this.step = Math.max(0, step);
  }

  /** Plays from here, or from the beginning if it stands at the end. */
  toggle(steps: Float64Array): void {
    if (this.isPlaying || steps.length === 0) {
      this.isPlaying = false;
      return;
    }
    const at = this.positionIn(steps);
    this.#share = at >= steps.length - 1 ? 0 : at / (steps.length - 1);
    this.#restedSecs = 0;
    this.step = steps[Math.round(this.#share * (steps.length - 1))] ?? null;
    this.isPlaying = true;
  }

  /** Moves by whole frames and stops there. */
  move(by: number, steps: Float64Array): void {
    if (steps.length === 0) return;
    const to = Math.min(steps.length - 1, Math.max(0, this.positionIn(steps) + by));
    this.seek(steps[to] ?? 0);
  }

  /** Position of the shown frame among the film's steps; the last while following. */
  positionIn(steps: Float64Array): number {
    return this.step === null ? steps.length - 1 : filmPositionAt(steps, this.step);
  }

  /** Moves the clock by so many seconds of real time over the film's steps. */
  advance(elapsedSecs: number, steps: Float64Array): void {
    if (!this.isPlaying || steps.length === 0) return;
    if (this.#share < 1) {
      this.#share = Math.min(1, this.#share + elapsedSecs / passSecs);
      this.step = steps[Math.round(this.#share * (steps.length - 1))] ?? this.step;
      return;
    }
    this.#restedSecs += elapsedSecs;
    if (this.#restedSecs >= restSecs) {
      this.#restedSecs = 0;
      this.#share = 0;
    }
  }
}
