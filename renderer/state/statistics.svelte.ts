import type { CheckpointSource, TensorStatistics } from '#contract/checkpoints.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';
import { Gathered } from './gathered.svelte.ts';

/** After so many tensors in a row that cannot be read, the file is at fault and asking on is no use. */
const mostFailures = 8;

/** How far a computation over many tensors is. */
interface Job {
  readonly done: number;
  readonly of: number;
}

/**
 * Statistics of a checkpoint's tensors, computed when a person asks. One that is looked at goes before
 * those that wait; what was found stays.
 */
export class Statistics {
  job = $state.raw<Job | null>(null);
  /** Why the last job ended early; null if it did not. */
  error = $state.raw<WireError | null>(null);
  /** Whether those of all tensors were asked for. */
  isOfAll = $state(false);
  readonly #found = new Gathered<TensorStatistics>();
  readonly #failed = new Gathered<WireError>();
  readonly #connection: Connection;
  readonly #source: CheckpointSource;
  /** Names still to be computed, the next first. */
  #waiting = new Set<string>();
  #failures = 0;
  #stop: (() => void) | null = null;

  constructor(connection: Connection, source: CheckpointSource) {
    this.#connection = connection;
    this.#source = source;
  }

  get count(): number {
    return this.#found.size;
  }

  get(name: string): TensorStatistics | null {
    return this.#found.get(name) ?? null;
  }

  /** Why one tensor has none; null if it has, or nobody asked. */
  failureOf(name: string): WireError | null {
    return this.#failed.get(name) ?? null;
  }

  /** Computes those that are missing, after what waits already. */
  askAll(names: readonly string[]): void {
    this.isOfAll = true;
    this.#add([...this.#waiting, ...names]);
  }

  /** Computes one before all that wait. */
  ask(name: string): void {
    if (this.#found.has(name) || this.#waiting.values().next().value === name) return;
    this.#add([name, ...this.#waiting]);
  }

  /** Stops; what was found stays. */
  cancel(): void {
    this.#stop?.();
    this.#stop = null;
    this.#waiting.clear();
    this.#found.publish();
    this.job = null;
  }

  #add(names: readonly string[]): void {
    this.error = null;
    const before = this.#waiting.size;
    this.#waiting = new Set(names.filter((name) => !this.#found.has(name)));
    const { done, of } = this.job ?? { done: 0, of: 0 };
    this.job = { done, of: of + this.#waiting.size - before };
    this.#failures = 0;
    this.#listen();
  }

  #listen(): void {
    this.#stop?.();
    this.#stop = null;
    const { client } = this.#connection;
    const tensors = [...this.#waiting];
    if (client === null || tensors.length === 0) {
      this.cancel();
      return;
    }
    const stop = client.listen(
      'checkpoints.statistics',
      { source: this.#source, tensors },
      (values) => {
        for (const value of values) {
          if (this.#stop !== stop) return;
          this.#found.put(value.name, value);
          this.#failures = 0;
          this.#finish(value.name);
        }
      },
      (error) => {
        if (this.#stop !== stop) return;
        if (error !== null) this.#failOne(error);
        else this.cancel();
      },
    );
    this.#stop = stop;
  }

  #finish(name: string): void {
    this.#waiting.delete(name);
    if (this.job !== null) this.job = { ...this.job, done: this.job.done + 1 };
    if (this.#waiting.size === 0) this.cancel();
  }

  /** The tensor whose turn it was could not be read: the rest may well be. */
  #failOne(error: Error): void {
    const shown = shownError(error);
    const [name] = this.#waiting;
    this.#failures += 1;
    if (shown === null || name === undefined || this.#failures > mostFailures) {
      this.error = shown;
      this.cancel();
      return;
    }
    this.#failed.put(name, wireErrorFrom(error));
    this.#failed.publish();
    this.#finish(name);
    if (this.#waiting.size > 0) this.#listen();
  }
}
