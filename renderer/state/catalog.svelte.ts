import type { Catalog, DatasetEntry, JsonSchema, MethodEntry } from '#contract/catalog.ts';
import type { WireError } from '#contract/errors.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { Connection } from './connection.svelte.ts';
import { DatasetThumbs } from './dataset-points.svelte.ts';
import { shownError } from './errors.ts';

/** What the engine can do: methods, data, samplers, metrics, and the schemas that make their forms. */
export class CatalogState {
  catalog = $state.raw<Catalog | null>(null);
  runSchema = $state.raw<JsonSchema | null>(null);
  error = $state.raw<WireError | null>(null);
  readonly thumbs = new DatasetThumbs();

  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async load(): Promise<void> {
    try {
      const [catalog, runSchema] = await Promise.all([
        this.#connection.call('catalog.get', {}),
        this.#connection.call('catalog.runSchema', {}),
      ]);
      this.catalog = catalog;
      this.runSchema = runSchema;
      this.error = null;
    } catch (error) {
      this.error = shownError(error);
    }
  }

  method(id: string): MethodEntry | null {
    return this.catalog?.methods.find((each) => each.id === id) ?? null;
  }

  dataset(id: string): DatasetEntry | null {
    return this.catalog?.datasets.find((each) => each.id === id) ?? null;
  }

  /** What the classes of a run are called, by its data; undefined where they have no names. */
  classNames({ config }: Pick<RunSummary, 'config'>): readonly string[] | undefined {
    return this.dataset(config.dataset.id)?.classNames;
  }

  /**
   * Stores a file of points as a data set.
   *
   * @returns its id
   * @throws WorkbenchError naming the line or the header that is wrong
   */
  async importPoints(file: File): Promise<string> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const { id } = await this.#connection.call('datasets.import', { fileName: file.name, bytes });
    this.thumbs.forget(id);
    await this.load();
    return id;
  }

  /** Moves an imported data set to the trash. @returns where it lies now */
  async removeDataset(id: string): Promise<string> {
    const { trashed } = await this.#connection.call('datasets.remove', { id });
    await this.load();
    this.thumbs.forget(id);
    return trashed;
  }

  /** Brings a data set back from the trash. @returns its id */
  async restoreDataset(trashed: string): Promise<string> {
    const { id } = await this.#connection.call('datasets.restore', { trashed });
    await this.load();
    return id;
  }
}
