import type { ExportedModel, ModelChange, ModelSummary } from '#contract/checkpoints.ts';
import type { WireError } from '#contract/errors.ts';
import { NO_DATASET } from '#contract/runs.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { CallInput, WorkbenchClient } from '#contract/workbench.ts';
import type { Connection } from './connection.svelte.ts';
import { shownError } from './errors.ts';

/** Models that were imported from checkpoints, newest first. */
export class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  error = $state.raw<WireError | null>(null);
  readonly #byId = $derived(new Map(this.list.map((model) => [model.id, model])));
  /** Those that can be sampled, as the views of runs want them. */
  readonly asRuns = $derived(
    this.list.filter(({ use }) => use !== 'autoencoder' && use !== 'features').map(runOfModel),
  );

  readonly #connection: Connection;
  /** Ids that were removed here: a late report must not bring them back. */
  readonly #removed = new Set<string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get(id: string | null): ModelSummary | null {
    return (id === null ? null : this.#byId.get(id)) ?? null;
  }

  /** Keeps the list current until the returned function is called. */
  follow(client: WorkbenchClient): () => void {
    this.#removed.clear();
    this.list = [];
    return client.listen(
      'models.watch',
      {},
      (change) => this.#apply(change),
      (error) => {
        if (error !== null) this.error = shownError(error);
      },
    );
  }

  async rename(model: string, name: string): Promise<void> {
    this.put(await this.#connection.call('models.rename', { model, name }));
  }

  /** Moves it to the trash folder. @returns where it lies now */
  async remove(model: string): Promise<string> {
    const { trashed } = await this.#connection.call('models.remove', { model });
    this.#removed.add(model);
    this.list = this.list.filter(({ id }) => id !== model);
    return trashed;
  }

  async restore(trashed: string): Promise<ModelSummary> {
    const model = await this.#connection.call('models.restore', { trashed });
    this.#removed.delete(model.id);
    this.put(model);
    return model;
  }

  /** Writes the network of a run or a model to a file of the data folder. */
  export(request: Omit<CallInput<'models.export'>, 'out'>): Promise<ExportedModel> {
    return this.#connection.call('models.export', request);
  }

  /** Takes in a model that has just been imported, before the engine reports it. */
  put(model: ModelSummary): void {
    if (this.#removed.has(model.id)) return;
    const others = this.list.filter(({ id }) => id !== model.id);
    this.list = [model, ...others].sort(newestFirst);
  }

  #apply(change: ModelChange): void {
    if (change.kind === 'model') {
      this.put(change.model);
      return;
    }
    // What is reported from here on was brought back.
    this.#removed.delete(change.id);
    this.list = this.list.filter(({ id }) => id !== change.id);
  }
}

/** A model as a run that has ended: panes show it, and students learn from it, alike. */
export function runOfModel(model: ModelSummary): RunSummary {
  return {
    id: model.id,
    name: model.name,
    tags: [],
    isDemo: false,
    classes: model.classes,
    folder: model.folder,
    sampleShape: model.sampleShape,
    config: {
      method: model.use === 'teacher' ? 'imported-velocity' : 'imported-policy',
      params: {},
      dataset: { id: NO_DATASET, params: {} },
      steps: 1,
      seed: 0,
      checkpointEvery: 1,
      evalEvery: 0,
      filmFrames: 0,
      executor: 'auto',
    },
    status: 'finished',
    step: 0,
    createdAt: model.createdAt,
    updatedAt: model.createdAt,
    error: null,
    latest: {},
    stepsPerSec: null,
    etaSecs: null,
    executor: null,
    device: null,
    trainedOn: [],
  };
}

function newestFirst(a: ModelSummary, b: ModelSummary): number {
  return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}
