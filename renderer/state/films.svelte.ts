import { SvelteMap } from 'svelte/reactivity';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { Film } from './film.svelte.ts';

/** The films of the runs on the stage. */
export class Films {
  readonly #films = new SvelteMap<string, Film>();
  #client: WorkbenchClient | null = null;

  get(run: string | null): Film | null {
    return (run === null ? null : this.#films.get(run)) ?? null;
  }

  /** Follows the films of these runs and lets go of all others; without a client, of all. */
  follow(client: WorkbenchClient | null, runs: readonly string[]): void {
    const isSameClient = client === this.#client;
    this.#client = client;
    for (const [id, film] of [...this.#films]) {
      if (isSameClient && runs.includes(id)) continue;
      film.dispose();
      this.#films.delete(id);
    }
    if (client === null) return;
    for (const id of runs) if (!this.#films.has(id)) this.#films.set(id, new Film(client, id));
  }
}
