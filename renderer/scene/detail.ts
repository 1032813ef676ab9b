/** How long a frame may take while the picture moves, and while it stands still. */
const budgetMs = { moving: 33, resting: 800 };
export type Pace = keyof typeof budgetMs;

/** Until a frame was timed: a slow device shows so many segments while moving. */
const guessedMsPerSegment = 1e-4;
/** Fewer than that tell nothing of the paths any more. */
const fewestSegments = 32_000;

/**
 * How many of its lines a picture can afford. Paths are draws of the same noise, so that the first of
 * them stand for all; a device that is fast enough, and any that has time, draws every one.
 */
export class Detail {
  #msPerSegment = guessedMsPerSegment;

  /** @param segments  of all lines @returns in (0, 1] */
  share(pace: Pace, segments: number): number {
    const affordable = Math.max(fewestSegments, budgetMs[pace] / this.#msPerSegment);
    return Math.min(1, affordable / Math.max(1, segments));
  }

  /** A frame with so many segments took so long. */
  learn(ms: number, segments: number): void {
    if (segments < fewestSegments) return;
    const measured = ms / segments;
    // What does not depend on the lines weighs on small pictures: they only ever teach a little.
    const most = segments < 4 * fewestSegments ? 1.5 * this.#msPerSegment : Infinity;
    this.#msPerSegment = Math.min(measured, most);
  }
}
