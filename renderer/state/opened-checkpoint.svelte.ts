import type {
  CheckpointListing,
  CheckpointSource,
  RecognitionOptions,
  TensorSlice,
} from '#contract/checkpoints.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import { CheckpointComparison } from './checkpoint-comparison.svelte.ts';
import { CheckpointImport } from './checkpoint-import.svelte.ts';
import type { Connection } from './connection.svelte.ts';
import { Statistics } from './statistics.svelte.ts';

/** A file as a window knows it: an opaque source, and a name to show. */
export interface CheckpointFile {
  readonly source: CheckpointSource;
  readonly name: string;
}

/** What the inspector shows of a checkpoint. */
export type CheckpointPanel = 'tensor' | 'import';

/** A checkpoint that a person looks into. */
export class OpenedCheckpoint {
  readonly source: CheckpointSource;
  readonly name: string;
  /** What is in it; the last one stays while it is read anew with other options. */
  listing = $state.raw<CheckpointListing | null>(null);
  /** Why the last reading failed; with a listing, the options were refused. */
  error = $state.raw<WireError | null>(null);
  isReading = $state(false);
  options = $state.raw<RecognitionOptions>({});
  comparison = $state.raw<CheckpointComparison | null>(null);
  readonly statistics: Statistics;
  readonly importing: CheckpointImport;

  /** The tensor that is looked at, by name. */
  tensor = $state<string | null>(null);
  panel = $state<CheckpointPanel>('tensor');
  /** How often the inspector was asked for. */
  reveals = $state(0);

  readonly #connection: Connection;
  #reading: AbortController | null = null;

  constructor(connection: Connection, { source, name }: CheckpointFile) {
    this.#connection = connection;
    this.source = source;
    this.name = name;
    this.statistics = new Statistics(connection, source);
    this.importing = new CheckpointImport(connection, source);
  }

  /** Reads what is in it with the present options; a reading before this one no longer counts. */
  async inspect(): Promise<void> {
    this.#reading?.abort();
    const reading = new AbortController();
    this.#reading = reading;
    this.isReading = true;
    const { source, options } = this;
    try {
      const listing = await this.#connection.call('checkpoints.inspect', { source, options }, reading.signal);
      if (this.#reading !== reading) return;
      this.listing = listing;
      this.error = null;
    } catch (error) {
      if (this.#reading !== reading) return;
      const wire = wireErrorFrom(error);
      // An engine that went away has refused nothing: it is asked again when it is back.
      if (wire.code !== 'rpc/disconnected') this.error = wire;
    }
    this.#reading = null;
    this.isReading = false;
  }

  /** Says of the file what its shapes do not; an option that is undefined is left to the engine again. */
  choose(change: { [K in keyof RecognitionOptions]?: RecognitionOptions[K] | undefined }): void {
    const entries = Object.entries({ ...this.options, ...change }).filter(([, value]) => value !== undefined);
    this.options = Object.fromEntries(entries) as RecognitionOptions;
    void this.inspect();
  }

  /** Looks at one tensor. */
  select(name: string): void {
    this.tensor = name;
    this.panel = 'tensor';
  }

  /** Brings the inspector up, where it is put away. */
  reveal(panel: CheckpointPanel): void {
    this.panel = panel;
    this.reveals += 1;
  }

  /**
   * A 2-D slice of a tensor, thinned to a size that can be shown.
   *
   * @param at  indices in the dimensions before the last two
   */
  slice(tensor: string, at: readonly number[], signal: CancelSignal): Promise<TensorSlice> {
    return this.#connection.call('checkpoints.slice', { source: this.source, tensor, at: [...at] }, signal);
  }

  compareWith({ source, name }: CheckpointFile): void {
    this.comparison?.cancel();
    this.comparison = new CheckpointComparison(this.#connection, this.source, source, name);
  }

  endComparison(): void {
    this.comparison?.cancel();
    this.comparison = null;
  }

  /** Ends everything that is in progress. */
  close(): void {
    this.#reading?.abort();
    this.#reading = null;
    this.statistics.cancel();
    this.comparison?.cancel();
    this.importing.cancel();
  }
}
