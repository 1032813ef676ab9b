import type { WireError } from '#contract/errors.ts';
import type { ViewFrame, ViewRequest } from '#contract/frames.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';
import { afterDrawing } from './frames.ts';

interface Wish {
  client: WorkbenchClient;
  run: string;
  view: ViewRequest;
  /** Changes when a stream that has ended may have more to say, e.g. because the run goes on. */
  epoch: string;
}

/**
 * The newest frame of one live view of one run.
 *
 * `show` may be called as often as its arguments change. While a request has not been answered a
 * later one waits, and only the newest of those that wait is asked: dragging a slider never starves
 * the view and never queues work in the engine.
 */
export class LiveView {
  frame = $state.raw<ViewFrame | null>(null);
  error = $state.raw<WireError | null>(null);
  /** True from a request until its first frame. */
  isWaiting = $state(false);
  /** Milliseconds from the last request to its first frame, measured here; null before one. */
  roundTripMs = $state<number | null>(null);

  readonly #pace: () => Promise<void>;
  #current: Wish | null = null;
  #next: Wish | null = null;
  #hasEnded = false;
  #stop: () => void = () => undefined;
  #askedMs = 0;

  constructor(pace: () => Promise<void> = afterDrawing) {
    this.#pace = pace;
  }

  show(client: WorkbenchClient, run: string, view: ViewRequest, epoch = ''): void {
    const wish = { client, run, view, epoch };
    const current = this.#current;
    if (
      current === null ||
      current.client !== client ||
      current.run !== run ||
      current.view.kind !== view.kind
    ) {
      this.#open(wish);
    } else if (this.isWaiting) {
      this.#next = wish;
    } else if (!isSameView(current.view, view) || (this.#hasEnded && current.epoch !== epoch)) {
      this.#open(wish);
    }
  }

  /** Ends the stream; what was drawn last stays. */
  pause(): void {
    this.#stop();
    this.#stop = () => undefined;
    this.#current = null;
    this.#next = null;
    this.isWaiting = false;
  }

  clear(): void {
    this.pause();
    this.frame = null;
    this.error = null;
    this.roundTripMs = null;
  }

  #open(wish: Wish): void {
    this.#stop();
    this.#current = wish;
    this.#next = null;
    this.#hasEnded = false;
    this.isWaiting = true;
    this.error = null;
    this.#askedMs = performance.now();
    if (this.frame?.run !== wish.run || this.frame.kind !== wish.view.kind) this.frame = null;
    this.#stop = wish.client.listen(
      'views.watch',
      { run: wish.run, view: wish.view },
      async (frame) => {
        if (this.#current !== wish) return;
        if (this.isWaiting) this.roundTripMs = performance.now() - this.#askedMs;
        this.frame = frame;
        this.#answered();
        await this.#pace();
      },
      (error) => {
        if (this.#current !== wish) return;
        this.#hasEnded = true;
        if (error !== null) this.error = shownError(error);
        this.#answered();
      },
    );
  }

  #answered(): void {
    this.isWaiting = false;
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.show(next.client, next.run, next.view, next.epoch);
  }
}

function isSameView(a: ViewRequest, b: ViewRequest): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
