type ContextStatus = 'loading' | 'ready' | 'lost' | 'unsupported';

/** How long a browser may take to give a lost context back before another canvas is made. */
const restoreWithinMs = 2000;

/** Whether a canvas can be drawn on. A lost context that does not come back in time asks for another canvas. */
export class ContextLife {
  status = $state<ContextStatus>('loading');
  /** A new number asks the component for a new canvas: a lost one cannot be used again. */
  generation = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  lost(): void {
    this.status = 'lost';
    this.#timer = setTimeout(() => this.rebuild(), restoreWithinMs);
  }

  restored(): void {
    this.stopWaiting();
    this.status = 'ready';
  }

  rebuild(): void {
    this.status = 'loading';
    this.generation += 1;
  }

  /** A canvas that is taken down waits for nothing. */
  stopWaiting(): void {
    clearTimeout(this.#timer);
  }
}
