import { untrack } from 'svelte';
import type { ViewRequest } from '#contract/frames.ts';
import { LiveView } from './live-view.svelte.ts';
import { isActive } from './runs.svelte.ts';
import { useWorkbench } from './workbench.svelte.ts';

/** A frame that is older than this while its run has moved on is called stale. */
const staleAfterMs = 4000;

/**
 * The live view of the selected run that a component shows; to be called while it is made.
 *
 * @param request  what to compute; null for nothing
 */
export function useLiveView(request: () => ViewRequest | null): SelectedView {
  const view = new SelectedView();
  view.follow(request);
  return view;
}

/** A live view, and what a person should know of its age. */
class SelectedView {
  readonly #workbench = useWorkbench();
  readonly #live = new LiveView();
  #isOld = $state(false);

  readonly frame = $derived.by(() => this.#live.frame);
  readonly error = $derived.by(() => this.#live.error);
  readonly isWaiting = $derived.by(() => this.#live.isWaiting && this.#live.frame === null);

  /** Why the frame is not the newest there could be; null while it is. */
  readonly staleBecause = $derived.by(() => {
    const { frame } = this.#live;
    const { run, connection } = this.#workbench;
    if (frame === null) return null;
    if (connection.status === 'disconnected') return 'the engine is not connected';
    if (run === null || run.step <= frame.step) return null;
    if (!isActive(run.status) && !this.#live.isWaiting && this.#isOld) return 'the run has gone on since';
    return this.#isOld ? 'the engine is behind' : null;
  });

  follow(request: () => ViewRequest | null): void {
    const status = $derived(this.#workbench.run?.status ?? null);
    const run = $derived(this.#workbench.run?.id ?? null);
    $effect(() => {
      const { client } = this.#workbench.connection;
      const view = request();
      const [id, epoch] = [run, status ?? ''];
      untrack(() => {
        if (id === null || view === null) this.#live.clear();
        else if (client === null) this.#live.pause();
        else this.#live.show(client, id, view, epoch);
      });
    });
    $effect(() => () => this.#live.clear());
    $effect(() => {
      void this.#live.frame;
      this.#isOld = false;
      const timer = setTimeout(() => (this.#isOld = true), staleAfterMs);
      return () => clearTimeout(timer);
    });
  }
}
