import type { WireError } from '#contract/errors.ts';
import type { RunChange, RunConfig, RunConfigInput, RunStatus, RunSummary } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { runColours } from '../theme/run-colours.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';

/** True while the run's parameters move or soon will. */
export function isActive(status: RunStatus): boolean {
  return status === 'running' || status === 'queued';
}

/** The runs of the data folder, newest first, as the engine reports them. */
export class Runs {
  list = $state.raw<readonly RunSummary[]>([]);
  hasLoaded = $state(false);
  error = $state.raw<WireError | null>(null);
  /** Trained runs that ship with the program; they are not in `list`. */
  demos = $state.raw<readonly RunSummary[]>([]);
  readonly #all = $derived.by(() => [...this.#models(), ...this.demos, ...this.list]);
  readonly #byId = $derived.by(() => new Map(this.#all.map((run) => [run.id, run])));
  readonly #colours = $derived.by(() => runColours([...this.demos, ...this.list]));

  readonly #connection: Connection;
  readonly #models: () => readonly RunSummary[];
  /** Ids that were deleted here: a late report must not bring them back. */
  readonly #deleted = new Set<string>();

  /** @param models  imported models as runs: found by their ids as runs are, and not in `list` */
  constructor(connection: Connection, models: () => readonly RunSummary[] = () => []) {
    this.#connection = connection;
    this.#models = models;
  }

  /** Whether it was trained here, and so has curves and a film. */
  hasRecords(id: string | null): boolean {
    const run = this.get(id);
    return run !== null && !this.#models().includes(run);
  }

  get(id: string | null): RunSummary | null {
    return (id === null ? null : this.#byId.get(id)) ?? null;
  }

  /** The run's colour token. */
  colour(id: string): string {
    return this.#colours.get(id) ?? '--ink';
  }

  /** Loads the list and keeps it current until the returned function is called. */
  follow(client: WorkbenchClient): () => void {
    let isFollowing = true;
    let stop = (): void => undefined;
    Promise.all([client.call('runs.list', {}), client.call('demos.list', {})]).then(
      ([runs, demos]) => {
        if (!isFollowing) return;
        this.demos = demos;
        this.#deleted.clear();
        this.#replace(runs);
        this.hasLoaded = true;
        this.error = null;
        stop = client.listen(
          'runs.watch',
          {},
          (change) => this.#apply(change),
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

  async create(config: RunConfigInput): Promise<RunSummary> {
    const run = await this.#connection.call('runs.create', { config });
    this.#put(run);
    return run;
  }

  async pause(run: string): Promise<void> {
    this.#put(await this.#connection.call('runs.pause', { run }));
  }

  /** @param executor  another one than it was trained on, which it then keeps to */
  async resume(run: string, executor?: RunConfig['executor']): Promise<void> {
    const elsewhere = executor === undefined ? {} : { executor };
    this.#put(await this.#connection.call('runs.resume', { run, ...elsewhere }));
  }

  async stop(run: string): Promise<void> {
    this.#put(await this.#connection.call('runs.stop', { run }));
  }

  async rename(run: string, name: string): Promise<void> {
    this.#put(await this.#connection.call('runs.rename', { run, name }));
  }

  /** Moves the run to the trash folder. @returns where it lies now */
  async remove(run: string): Promise<string> {
    const { trashed } = await this.#connection.call('runs.delete', { run });
    this.#deleted.add(run);
    this.list = this.list.filter((each) => each.id !== run);
    return trashed;
  }

  /** Brings a run back from the trash. */
  async restore(trashed: string): Promise<RunSummary> {
    const run = await this.#connection.call('runs.restore', { trashed });
    this.#deleted.delete(run.id);
    this.#put(run);
    return run;
  }

  async tag(run: string, tags: readonly string[]): Promise<void> {
    this.#put(await this.#connection.call('runs.tag', { run, tags: [...tags] }));
  }

  #apply(change: RunChange): void {
    if (change.kind === 'run') {
      this.#put(change.run);
      return;
    }
    // What is reported from here on was brought back.
    this.#deleted.delete(change.id);
    this.list = this.list.filter((each) => each.id !== change.id);
  }

  #replace(runs: readonly RunSummary[]): void {
    this.list = [...runs].filter((run) => !this.#deleted.has(run.id)).sort(newestFirst);
  }

  #put(run: RunSummary): void {
    if (this.#deleted.has(run.id)) return;
    const index = this.list.findIndex((each) => each.id === run.id);
    if (index < 0) this.#replace([run, ...this.list]);
    else this.list = this.list.with(index, run);
  }
}

function newestFirst(a: RunSummary, b: RunSummary): number {
  return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}
