import type { WireError } from '#contract/errors.ts';
import type { PointSet } from '#contract/frames.ts';
import type { DatasetChoice } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';

/** Fresh points of one data set; only the newest request counts. */
export class DatasetPoints {
  points = $state.raw<PointSet | null>(null);
  error = $state.raw<WireError | null>(null);
  isLoading = $state(false);

  /** Asks for points; the returned function withdraws the request. */
  show(client: WorkbenchClient, dataset: DatasetChoice, count: number, seed = 0): () => void {
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
