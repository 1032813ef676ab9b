import { Detail } from './detail.ts';
import type { Pace } from './detail.ts';
import { FrameGate } from './frame-gate.ts';

interface Drawn {
  /** Lines in full detail. */
  segments(): number;
  setDetail(share: number): void;
  /** Whether something is still on its way to the device. */
  hasUploads(): boolean;
  /** Sends what one frame may, and draws. */
  draw(): void;
}

/** A picture that has not moved for so long stands still. */
const restMs = 160;

/**
 * Decides when a frame is drawn, and in how much detail: when something has changed and the device is
 * done with the frame before, with as many lines as it keeps up with while the picture moves, and with
 * all that it has time for once it stands still.
 */
export class FrameLoop {
  readonly #drawn: Drawn;
  readonly #gate: FrameGate;
  readonly #detail = new Detail();
  #pace: Pace = 'resting';
  /** Share of the lines in the last frame. */
  #share = 1;
  /** Something has changed since the last frame. */
  #isStale = false;
  #request: number | null = null;
  #restTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(gl: WebGL2RenderingContext, drawn: Drawn) {
    this.#gate = new FrameGate(gl);
    this.#drawn = drawn;
  }

  get isBusy(): boolean {
    return this.#request !== null;
  }

  get isResting(): boolean {
    return this.#pace === 'resting';
  }

  get share(): number {
    return this.#share;
  }

  /** Draws at the next animation frame. */
  invalidate(): void {
    this.#isStale = true;
    this.#request ??= requestAnimationFrame(this.#tick);
  }

  /** The same for a picture that moves. */
  moved(): void {
    this.#pace = 'moving';
    clearTimeout(this.#restTimer);
    this.#restTimer = undefined;
    this.invalidate();
  }

  /** Draws in full, in this turn. */
  drawNow(): void {
    this.#setShare(1);
    this.#drawn.draw();
  }

  dispose(): void {
    if (this.#request !== null) cancelAnimationFrame(this.#request);
    clearTimeout(this.#restTimer);
  }

  readonly #tick = (): void => {
    this.#request = null;
    const state = this.#gate.poll(performance.now());
    if (typeof state === 'number') this.#detail.learn(state, this.#drawn.segments() * this.#share);
    if (state === 'busy') {
      this.#request = requestAnimationFrame(this.#tick);
      return;
    }
    // A device that turned out to be faster than thought draws the rest.
    const canShowMore = this.#pace === 'resting' && this.#nextShare > 1.3 * this.#share;
    if (!this.#isStale && !canShowMore && !this.#drawn.hasUploads()) {
      this.#rest();
      return;
    }
    this.#isStale = false;
    this.#setShare(this.#nextShare);
    this.#drawn.draw();
    this.#gate.begin(performance.now());
    // Once more, to learn how long it took.
    this.#request = requestAnimationFrame(this.#tick);
  };

  /**
   * The device is done and nothing has moved since: rest begins soon. Time alone would not tell, a slow
   * device holds the window's own frames back.
   */
  #rest(): void {
    if (this.#pace === 'resting') return;
    this.#restTimer ??= setTimeout(() => {
      this.#restTimer = undefined;
      this.#pace = 'resting';
      if (this.#nextShare > this.#share) this.invalidate();
    }, restMs);
  }

  get #nextShare(): number {
    // What is on the stage until other paths have come is soon replaced.
    const pace = this.#drawn.hasUploads() ? 'moving' : this.#pace;
    return this.#detail.share(pace, this.#drawn.segments());
  }

  #setShare(share: number): void {
    this.#share = share;
    this.#drawn.setDetail(share);
  }
}
