import type { ExecutorId, ExecutorsState, InstallProgress, InstalledEngine } from '#contract/engines.ts';
import type { WireError } from '#contract/errors.ts';
import type { StreamInput, WorkbenchClient } from '#contract/workbench.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';

export type EngineChoice = StreamInput<'engines.install'>;
type Step = Extract<InstallProgress, { kind: 'step' }>;

/** What computes, how fast it was measured, and what more can be installed. */
export class Engines {
  /** Null until the engine has told. */
  state = $state.raw<ExecutorsState | null>(null);
  installed = $state.raw<readonly InstalledEngine[]>([]);
  /** Whether this window has something measured. */
  isMeasuring = $state(false);
  measureError = $state.raw<WireError | null>(null);
  /** What an installation of this window does now; null for none. */
  progress = $state.raw<Step | null>(null);
  isRemoving = $state(false);
  installError = $state.raw<WireError | null>(null);

  readonly #connection: Connection;
  #stopMeasuring: () => void = () => undefined;
  #stopInstalling: () => void = () => undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** What is known of the executors: newer than what the engine said when the window connected. */
  get shown(): ExecutorsState | null {
    return this.state ?? this.#connection.engine;
  }

  /** Keeps current until the returned function is called. */
  follow(client: WorkbenchClient): () => void {
    void this.#loadInstalled();
    const stop = client.listen('engines.watch', {}, (state) => {
      this.state = state;
    });
    return () => {
      stop();
      this.cancelMeasuring();
      this.cancelInstalling();
      this.state = null;
    };
  }

  /** @param executors  all that can be had, if left out */
  measure(executors?: readonly ExecutorId[]): void {
    const { client } = this.#connection;
    if (client === null || this.isMeasuring) return;
    this.isMeasuring = true;
    this.measureError = null;
    const ended = (error: Error | null): void => {
      this.isMeasuring = false;
      if (error !== null) this.measureError = shownError(error);
    };
    this.#stopMeasuring = client.listen(
      'engines.measure',
      executors === undefined ? {} : { executors: [...executors] },
      () => undefined,
      ended,
    );
  }

  /** Ends it at the next step; what was measured so far stays. */
  cancelMeasuring(): void {
    this.#stopMeasuring();
    this.isMeasuring = false;
  }

  install(choice: EngineChoice): void {
    const { client } = this.#connection;
    if (client === null || this.progress !== null) return;
    this.installError = null;
    this.progress = { kind: 'step', step: 'check', message: 'Beginning', fraction: null };
    this.#stopInstalling = client.listen(
      'engines.install',
      choice,
      (progress) => {
        if (progress.kind === 'step') this.progress = progress;
        else this.#have(progress.engine);
      },
      (error) => {
        this.progress = null;
        if (error !== null) this.installError = shownError(error);
      },
    );
  }

  /** What was downloaded is kept for another try; nothing else stays. */
  cancelInstalling(): void {
    this.#stopInstalling();
    this.progress = null;
  }

  async remove(engine: InstalledEngine['id']): Promise<void> {
    this.isRemoving = true;
    this.installError = null;
    try {
      await this.#connection.call('engines.remove', { engine });
      this.installed = this.installed.filter(({ id }) => id !== engine);
    } catch (error) {
      this.installError = shownError(error);
    }
    this.isRemoving = false;
  }

  #have(engine: InstalledEngine): void {
    this.installed = [...this.installed.filter(({ id }) => id !== engine.id), engine];
  }

  async #loadInstalled(): Promise<void> {
    try {
      this.installed = await this.#connection.call('engines.list', {});
    } catch (error) {
      this.installError = shownError(error);
    }
  }
}
