import { createContext } from 'svelte';
import { wireErrorFrom } from '#contract/errors.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'error';
  readonly text: string;
  /** Facts for whoever wants them, folded. */
  readonly details: string | null;
  readonly action: { readonly label: string; run(): void } | null;
}

/** Those that say what was done leave by themselves; errors stay until they are closed. */
const shownMs = 8000;
const mostShown = 4;

/** Short news at the foot of the stage. */
export class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #next = 0;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Says that something was done, and offers to undo it. An older offer leaves: undoing goes in order. */
  done(text: string, action: Toast['action'] = null): void {
    if (action !== null) this.list = this.list.filter((toast) => toast.action === null);
    const toast = this.#add({ kind: 'done', text, details: null, action });
    this.#leaveLater(toast.id);
  }

  /** Says that something did not work. */
  failed(what: string, thrown: unknown): void {
    const { code, message } = wireErrorFrom(thrown);
    if (code === 'rpc/cancelled') return;
    this.#add({ kind: 'error', text: `${what}: ${message}`, details: code, action: null });
  }

  close(id: number): void {
    this.hold(id);
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Keeps a toast while a person is at it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  release(id: number): void {
    if (this.list.some((toast) => toast.id === id && toast.kind === 'done')) this.#leaveLater(id);
  }

  /** Takes every offer to undo away. */
  withdrawOffers(): void {
    for (const { id, action } of this.list) if (action !== null) this.close(id);
  }

  #add(toast: Omit<Toast, 'id'>): Toast {
    this.#next += 1;
    const added = { ...toast, id: this.#next };
    this.list = [...this.list.slice(1 - mostShown), added];
    return added;
  }

  #leaveLater(id: number): void {
    this.hold(id);
    this.#timers.set(
      id,
      setTimeout(() => this.close(id), shownMs),
    );
  }
}

const [useToasts, provideToasts] = createContext<Toasts>();
export { provideToasts, useToasts };
