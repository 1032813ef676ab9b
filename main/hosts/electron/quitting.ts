import type { Event } from 'electron';

interface QuittingOptions {
  /** Ends what has to be ended first: the engine, which saves a checkpoint. */
  finish(): Promise<void>;
  quit(): void;
}

/** Lets the app quit only after what it runs has been saved. */
export class Quitting {
  #stage: 'running' | 'saving' | 'saved' = 'running';
  readonly #options: QuittingOptions;

  constructor(options: QuittingOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#stage !== 'running';
  }

  /** For `before-quit`: holds the quitting up until it may happen. */
  hold(event: Pick<Event, 'preventDefault'>): void {
    if (this.#stage === 'saved') return;
    event.preventDefault();
    if (this.#stage === 'saving') return;
    this.#stage = 'saving';
    void this.#options.finish().finally(() => {
      this.#stage = 'saved';
      this.#options.quit();
    });
  }
}
