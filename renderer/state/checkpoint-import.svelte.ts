import type { CheckpointSource, ModelSummary, RecognitionOptions } from '#contract/checkpoints.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';
import type { Connection } from './connection.svelte.ts';

/** An import of a checkpoint: how far it is, and the model that it made. */
export class CheckpointImport {
  /** Bytes; null while none runs. */
  progress = $state.raw<{ readonly done: number; readonly of: number } | null>(null);
  /** Whether the last one came to its end; a run is then among the runs, and there is no model. */
  isDone = $state(false);
  /** The model that the last one made. */
  model = $state.raw<ModelSummary | null>(null);
  error = $state.raw<WireError | null>(null);
  readonly #connection: Connection;
  readonly #source: CheckpointSource;
  #stop: (() => void) | null = null;

  constructor(connection: Connection, source: CheckpointSource) {
    this.#connection = connection;
    this.#source = source;
  }

  start(name: string, options: RecognitionOptions): void {
    this.cancel();
    this.isDone = false;
    this.model = null;
    this.error = null;
    const { client } = this.#connection;
    if (client === null) {
      this.error = { code: 'rpc/disconnected', message: 'The engine is not connected' };
      return;
    }
    this.progress = { done: 0, of: 0 };
    const stop = client.listen(
      'checkpoints.import',
      { source: this.#source, name, options },
      ({ done, of, model }) => {
        if (this.#stop !== stop) return;
        this.progress = { done, of };
        this.model = model;
      },
      (error) => {
        if (this.#stop !== stop) return;
        this.#stop = null;
        this.progress = null;
        if (error === null) this.isDone = true;
        else this.error = wireErrorFrom(error);
      },
    );
    this.#stop = stop;
  }

  /** Ends it; the engine leaves nothing behind. */
  cancel(): void {
    this.#stop?.();
    this.#stop = null;
    this.progress = null;
  }
}
