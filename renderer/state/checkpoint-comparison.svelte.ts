import type { CheckpointSource, TensorDifference } from '#contract/checkpoints.ts';
import type { WireError } from '#contract/errors.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';
import { Gathered } from './gathered.svelte.ts';

/** What changed from one checkpoint to another, tensor by tensor, as it is found. */
export class CheckpointComparison {
  /** Name of the file that it is compared with. */
  readonly otherName: string;
  isRunning = $state(true);
  error = $state.raw<WireError | null>(null);
  readonly #found = new Gathered<TensorDifference>();
  #stop: (() => void) | null = null;

  constructor(connection: Connection, source: CheckpointSource, other: CheckpointSource, otherName: string) {
    this.otherName = otherName;
    const { client } = connection;
    if (client === null) {
      this.isRunning = false;
      this.error = { code: 'rpc/disconnected', message: 'The engine is not connected' };
      return;
    }
    this.#stop = client.listen(
      'checkpoints.compare',
      { source, other },
      (differences) => {
        for (const difference of differences) this.#found.put(difference.name, difference);
      },
      (error) => {
        this.isRunning = false;
        if (error !== null) this.error = shownError(error);
        this.#found.publish();
      },
    );
  }

  get count(): number {
    return this.#found.size;
  }

  get(name: string): TensorDifference | null {
    return this.#found.get(name) ?? null;
  }

  all(): TensorDifference[] {
    return this.#found.values();
  }

  /** Stops; what was found stays. */
  cancel(): void {
    this.#stop?.();
    this.#stop = null;
    this.isRunning = false;
    this.#found.publish();
  }
}
