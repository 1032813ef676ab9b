import { SvelteMap } from 'svelte/reactivity';
import type { WireError } from '#contract/errors.ts';
import type { MetricsBatch } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { SeriesBuffer } from '../plot/series-buffer.ts';
import { shownError } from './errors.ts';
import { afterDrawing } from './frames.ts';

/** Every scalar of one run. The buffers are plain; `version` tells when they have grown. */
export class RunMetrics {
  version = $state(0);
  /** Names of the scalars there are, in order of appearance. */
  names = $state.raw<readonly string[]>([]);
  /** False until the first records have come. */
  hasLoaded = $state(false);
  error = $state.raw<WireError | null>(null);
  readonly series = new Map<string, SeriesBuffer>();

  add(batch: MetricsBatch): void {
    for (const { name, steps, values } of batch.series) {
      let buffer = this.series.get(name);
      if (buffer === undefined) {
        buffer = new SeriesBuffer();
        this.series.set(name, buffer);
      }
      buffer.append(steps, values);
    }
    if (this.series.size !== this.names.length) this.names = [...this.series.keys()];
    this.hasLoaded = true;
    this.version += 1;
  }
}

/** Between two batches: charts that move ten times a second read as moving. */
const restMs = 70;
/** Rest for as many times as long as drawing took: long series leave the window to other things. */
const restPerDrawing = 3;

async function afterDrawingAndRest(): Promise<void> {
  const startMs = performance.now();
  await afterDrawing();
  const drawingMs = performance.now() - startMs;
  await new Promise((resolve) => setTimeout(resolve, Math.max(restMs, restPerDrawing * drawingMs)));
}

/** The scalars of the runs that are looked at. */
export class Metrics {
  readonly #runs = new SvelteMap<string, RunMetrics>();
  readonly #streams = new Map<string, { client: WorkbenchClient; hasEnded: boolean; stop: () => void }>();
  readonly #pace: () => Promise<void>;

  constructor(pace: () => Promise<void> = afterDrawingAndRest) {
    this.#pace = pace;
  }

  get(run: string): RunMetrics | null {
    return this.#runs.get(run) ?? null;
  }

  /**
   * Listens to exactly these runs from now on.
   *
   * @param isActive  whether a run may still add to a stream that has ended
   */
  follow(client: WorkbenchClient, runs: readonly string[], isActive: (run: string) => boolean): void {
    for (const [run, stream] of this.#streams) {
      const hasMore = stream.hasEnded && isActive(run);
      if (runs.includes(run) && stream.client === client && !hasMore) continue;
      stream.stop();
      this.#streams.delete(run);
    }
    for (const run of runs) if (!this.#streams.has(run)) this.#listen(client, run);
  }

  stopAll(): void {
    for (const stream of this.#streams.values()) stream.stop();
    this.#streams.clear();
  }

  #listen(client: WorkbenchClient, run: string): void {
    const metrics = this.#runs.get(run) ?? new RunMetrics();
    this.#runs.set(run, metrics);
    metrics.error = null;
    const stream = { client, hasEnded: false, stop: (): void => undefined };
    this.#streams.set(run, stream);
    stream.stop = client.listen(
      'metrics.watch',
      { run },
      async (batch) => {
        metrics.add(batch);
        await this.#pace();
      },
      (error) => {
        stream.hasEnded = true;
        metrics.hasLoaded = true;
        if (error !== null) metrics.error = shownError(error);
      },
    );
  }
}
