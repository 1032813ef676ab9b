import type { WireError } from '#contract/errors.ts';
import type { ReproductionEntry, ReproductionSize } from '#contract/reproductions.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';

/** The claims of papers that can be rerun, in the engine's order, and what came of them here. */
export class Reproductions {
  list = $state.raw<readonly ReproductionEntry[]>([]);
  hasLoaded = $state(false);
  error = $state.raw<WireError | null>(null);
  readonly #byName = $derived(new Map(this.list.map((entry) => [entry.name, entry])));

  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(name: string | null): ReproductionEntry | null {
    return (name === null ? null : this.#byName.get(name)) ?? null;
  }

  /** Loads the list and keeps it current until the returned function is called. */
  follow(client: WorkbenchClient): () => void {
    let isFollowing = true;
    let stop = (): void => undefined;
    client.call('reproductions.list', {}).then(
      (list) => {
        if (!isFollowing) return;
        this.list = list;
        this.hasLoaded = true;
        this.error = null;
        stop = client.listen(
          'reproductions.watch',
          {},
          (entry) => this.#put(entry),
          (error) => {
            if (error !== null) this.error = shownError(error);
          },
        );
      },
      (error: unknown) => {
        if (isFollowing) this.error = shownError(error);
      },
    );
    return () => {
      isFollowing = false;
      stop();
    };
  }

  /** Starts one, or goes on where it was stopped; one that was run to its end is measured anew. */
  async start(name: string, size: ReproductionSize): Promise<void> {
    const again = (this.get(name)?.[size].result ?? null) !== null;
    this.#put(await this.#connection.call('reproductions.start', { name, size, again }));
  }

  async stop(name: string): Promise<void> {
    this.#put(await this.#connection.call('reproductions.stop', { name }));
  }

  /** The figure of the last whole run: an SVG document for white paper. */
  async figure(name: string, size: ReproductionSize): Promise<string> {
    return (await this.#connection.call('reproductions.figure', { name, size })).svg;
  }

  #put(entry: ReproductionEntry): void {
    const index = this.list.findIndex(({ name }) => name === entry.name);
    this.list = index < 0 ? [...this.list, entry] : this.list.with(index, entry);
  }
}
