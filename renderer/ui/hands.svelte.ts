import { createContext } from 'svelte';
import type { DoneThing } from '../state/history.svelte.ts';
import type { Workbench } from '../state/workbench.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';

/** What acts for a person: it does things, says what became of them, and takes them back. */
export class Hands {
  readonly workbench: Workbench;
  readonly toasts: Toasts;
  /** Undoing goes in order: while one thing is being undone the next has to wait. */
  #isUndoing = $state(false);

  constructor(workbench: Workbench, toasts: Toasts) {
    this.workbench = workbench;
    this.toasts = toasts;
  }

  get canUndo(): boolean {
    return !this.#isUndoing && this.workbench.history.next !== null;
  }

  get canRedo(): boolean {
    return !this.#isUndoing && this.workbench.history.nextRedo !== null;
  }

  /**
   * Tries something; a failure is shown.
   *
   * @param what  what was tried, in words: `The run was not renamed`
   * @returns whether it worked
   */
  async attempt(what: string, action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.toasts.failed(what, error);
      return false;
    }
  }

  /** Records what has just been done; with `offersUndo` it is told, with a button to take it back. */
  did(thing: DoneThing, { offersUndo = false }: { offersUndo?: boolean } = {}): void {
    this.workbench.history.push(thing);
    this.toasts.withdrawOffers();
    if (offersUndo) this.toasts.done(thing.label, { label: 'Undo', run: () => void this.undo() });
  }

  async undo(): Promise<void> {
    const { history } = this.workbench;
    const { next } = history;
    if (next === null) return;
    await this.#alone('It was not undone', () => history.undo(), `Undone: ${next.label}`);
  }

  async redo(): Promise<void> {
    const { history } = this.workbench;
    const { nextRedo } = history;
    if (nextRedo === null) return;
    await this.#alone('It was not done again', () => history.redo(), `Done again: ${nextRedo.label}`);
  }

  async #alone(failure: string, action: () => Promise<void>, news: string): Promise<void> {
    if (this.#isUndoing) return;
    this.#isUndoing = true;
    this.toasts.withdrawOffers();
    if (await this.attempt(failure, action)) this.toasts.done(news);
    this.#isUndoing = false;
  }
}

const [useHands, provideHands] = createContext<Hands>();
export { provideHands, useHands };
