import type { z } from 'zod';
import type { CheckpointSource, checkpointFiles } from '#contract/checkpoints.ts';
import { wireErrorFrom } from '#contract/errors.ts';
import type { WireError } from '#contract/errors.ts';
import type { Connection } from './connection.svelte.ts';
import { OpenedCheckpoint } from './opened-checkpoint.svelte.ts';
import type { CheckpointFile } from './opened-checkpoint.svelte.ts';
import type { Selection } from './selection.svelte.ts';

/** Files that are remembered to be opened again or compared with. */
const mostRecent = 8;

/** A file on its way to where the engine can read it, or why it did not get there. */
interface Arrival {
  readonly name: string;
  /** Bytes. */
  readonly done: number;
  readonly of: number;
  readonly error: WireError | null;
}

/** What the one who brings a file tells of it. */
export interface Bringing {
  progress(doneBytes: number): void;
  /** It is there: it is opened, unless another file was brought meanwhile. */
  arrived(source: CheckpointSource): void;
  failed(error: unknown): void;
}

/** Checkpoint files that a person brings, and the one that is looked into. */
export class Checkpoints {
  current = $state.raw<OpenedCheckpoint | null>(null);
  arrival = $state.raw<Arrival | null>(null);
  /** True while the next file that comes is the one to compare the opened one with. */
  isOtherWanted = $state(false);
  /** Files opened in this window, the latest first. */
  recent = $state.raw<readonly CheckpointFile[]>([]);
  /** Files under the folder that a server was told to show; null until known. */
  files = $state.raw<z.infer<typeof checkpointFiles> | null>(null);

  readonly #connection: Connection;
  readonly #selection: Selection;
  #cancelArrival: (() => void) | null = null;

  constructor(connection: Connection, selection: Selection) {
    this.#connection = connection;
    this.#selection = selection;
  }

  /** Looks into a file on the stage, or compares it with the opened one where that was asked for. */
  open(source: CheckpointSource, name: string): void {
    this.#endArrival();
    const file = { source, name };
    this.#selection.openStage('checkpoint');
    const { current } = this;
    if (this.isOtherWanted && current !== null) {
      this.isOtherWanted = false;
      this.#remember(file);
      current.compareWith(file);
      return;
    }
    this.close();
    this.current = new OpenedCheckpoint(this.#connection, file);
    this.#remember(file);
    void this.current.inspect();
  }

  /**
   * Shows that a file is on its way, e.g. uploaded.
   *
   * @param ofBytes  its size  @param cancel  ends the transport
   */
  bring(name: string, ofBytes: number, cancel: () => void): Bringing {
    this.#cancelArrival?.();
    this.#cancelArrival = cancel;
    this.arrival = { name, done: 0, of: ofBytes, error: null };
    this.#selection.openStage('checkpoint');
    const isCurrent = (): boolean => this.#cancelArrival === cancel;
    return {
      progress: (done) => {
        if (isCurrent()) this.arrival = { name, done, of: ofBytes, error: null };
      },
      arrived: (source) => {
        if (!isCurrent()) return;
        this.#cancelArrival = null;
        this.open(source, name);
      },
      failed: (error) => {
        if (!isCurrent()) return;
        this.#cancelArrival = null;
        this.arrival = { name, done: 0, of: ofBytes, error: wireErrorFrom(error) };
      },
    };
  }

  /** Ends the transport of a file, or takes the note away that it failed. */
  cancelArrival(): void {
    this.#endArrival();
  }

  close(): void {
    this.current?.close();
    this.current = null;
    this.isOtherWanted = false;
  }

  /** Keeps the list of the server's files current, and reads what a lost connection left unread. */
  follow(): () => void {
    let isFollowing = true;
    this.#connection.call('checkpoints.files', {}).then(
      (files) => {
        if (isFollowing) this.files = files;
      },
      // Without such a folder there is nothing to list, and other ways to open a file.
      () => undefined,
    );
    const { current } = this;
    if (current !== null && current.listing === null && current.error === null) void current.inspect();
    return () => {
      isFollowing = false;
    };
  }

  #endArrival(): void {
    this.#cancelArrival?.();
    this.#cancelArrival = null;
    this.arrival = null;
  }

  #remember(file: CheckpointFile): void {
    const key = JSON.stringify(file.source);
    const others = this.recent.filter(({ source }) => JSON.stringify(source) !== key);
    this.recent = [file, ...others].slice(0, mostRecent);
  }
}
