import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { DatasetEntry } from '#contract/catalog.ts';
import type { WireError } from '#contract/errors.ts';
import type { PointSet } from '#contract/frames.ts';
import { NO_DATASET } from '#contract/runs.ts';
import type { DatasetChoice } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';

/** Fresh points of one data set; only the newest request counts. */
export class DatasetPoints {
  points = $state.raw<PointSet | null>(null);
  error = $state.raw<WireError | null>(null);
  isLoading = $state(false);

  /** Asks for points, where there are any; the returned function withdraws the request. */
  show(client: WorkbenchClient, dataset: DatasetChoice, count: number, seed = 0): () => void {
    if (dataset.id === NO_DATASET) {
      this.points = null;
      this.error = null;
      this.isLoading = false;
      return () => undefined;
    }
    const cancel = new AbortController();
    this.isLoading = true;
    client.call('datasets.sample', { dataset, count, seed }, cancel.signal).then(
      (points) => {
        if (cancel.signal.aborted) return;
        this.points = points;
        this.error = null;
        this.isLoading = false;
      },
      (error: unknown) => {
        if (cancel.signal.aborted) return;
        this.error = shownError(error);
        this.isLoading = false;
      },
    );
    return () => cancel.abort();
  }
}

/** Points enough for a small picture. */
const thumbPoints = 900;
/** Images for the same. */
const thumbImages = 16;

/** Small pictures of data sets with their default parameters, each asked for once. */
export class DatasetThumbs {
  readonly #points = new SvelteMap<string, PointSet>();
  /** Those whose points could not be had. */
  readonly #failed = new SvelteSet<string>();
  readonly #asked = new Set<string>();

  get(dataset: string): PointSet | null {
    return this.#points.get(dataset) ?? null;
  }

  hasFailed(dataset: string): boolean {
    return this.#failed.has(dataset);
  }

  /** Asks for the points of a data set that has come into sight. */
  want(client: WorkbenchClient, { id: dataset, shape }: Pick<DatasetEntry, 'id' | 'shape'>): void {
    if (this.#asked.has(dataset)) return;
    this.#asked.add(dataset);
    const count = shape === undefined ? thumbPoints : thumbImages;
    client.call('datasets.sample', { dataset: { id: dataset, params: {} }, count }).then(
      (points) => {
        this.#points.set(dataset, points);
        this.#failed.delete(dataset);
      },
      (error: unknown) => {
        this.#asked.delete(dataset);
        // A lost connection asks again when it is back.
        if (shownError(error) !== null) this.#failed.add(dataset);
      },
    );
  }

  forget(dataset: string): void {
    this.#points.delete(dataset);
    this.#failed.delete(dataset);
    this.#asked.delete(dataset);
  }
}
