import { untrack } from 'svelte';
import type { ViewRequest } from '#contract/frames.ts';
import type { RunSummary } from '#contract/runs.ts';
import { LiveView } from '../../state/live-view.svelte.ts';
import type { PaneScope } from '../../state/pane.svelte.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import { askableOf, askedOf } from '../asked.ts';
import { budgetOf } from '../budget.ts';
import { hasSameData, noiseDimOf } from '../noise.ts';
import type { TrajectorySettings } from './settings.svelte.ts';

/** A list of ten thousand runs is no help: it has the newest. */
const mostOffered = 60;

/** Another run of the same data, computed from the same noise, to be drawn over the pane's own. */
export class OverlayView {
  readonly #workbench: Workbench;
  readonly #scope: PaneScope;
  readonly #settings: TrajectorySettings;
  readonly #count: () => number;
  readonly #live = new LiveView();

  /** Runs that can be drawn over the one that is shown. */
  readonly offered = $derived.by((): RunSummary[] => {
    const { runs, catalog } = this.#workbench;
    const own = this.#scope.run;
    if (own === null) return [];
    return [...runs.list, ...runs.demos]
      .filter((run) => {
        const views = catalog.method(run.config.method)?.views ?? [];
        const isDrawn = views.includes('trajectories') || views.includes('samples');
        return run.id !== own.id && run.step > 0 && isDrawn && hasSameData(run, own);
      })
      .slice(0, mostOffered);
  });
  readonly run = $derived.by(() => this.offered.find((run) => run.id === this.#settings.overlay) ?? null);
  readonly #method = $derived.by(() =>
    this.run === null ? null : this.#workbench.catalog.method(this.run.config.method),
  );
  readonly #askable = $derived.by(() => askableOf(this.run, this.#method));
  readonly colour = $derived.by(() =>
    this.run === null ? '--ink' : this.#workbench.runs.colour(this.run.id),
  );
  readonly frame = $derived.by(() => (this.run === null ? null : this.#live.frame));
  readonly error = $derived.by(() => (this.run === null ? null : this.#live.error));
  /** Numbers of the run's noise, null where it has as many as its data. */
  readonly noiseDim = $derived.by(() =>
    this.run === null || this.#method === null ? null : noiseDimOf(this.run, this.#method),
  );
  /** Whether its samples start from the same noise as those of the run below. */
  readonly sharesNoise = $derived.by(() => {
    const dim = this.frame?.dim;
    return this.noiseDim === null || this.noiseDim === dim;
  });

  /** @param count  paths that are drawn */
  constructor(workbench: Workbench, scope: PaneScope, settings: TrajectorySettings, count: () => number) {
    this.#workbench = workbench;
    this.#scope = scope;
    this.#settings = settings;
    this.#count = count;
  }

  /** Sets the effects up; to be called while a component is made. */
  follow(): void {
    const id = $derived(this.run?.id ?? null);
    const status = $derived(this.run?.status ?? '');
    $effect(() => {
      const { client } = this.#workbench.connection;
      const { sampler, wanted } = this.#settings;
      const count = this.#count();
      const asked = askedOf(this.#askable, wanted);
      const nfe = budgetOf(this.#settings, this.#method?.produces);
      const hasPaths = this.#method?.views.includes('trajectories') ?? false;
      const view: ViewRequest = hasPaths
        ? { kind: 'trajectories', count, sampler, nfe, ...asked }
        : { kind: 'samples', count, nfe: 1, ...asked };
      const [run, epoch] = [id, status];
      untrack(() => {
        if (run === null) this.#live.clear();
        else if (client === null) this.#live.pause();
        else this.#live.show(client, run, view, epoch);
      });
    });
    $effect(() => () => this.#live.clear());
  }
}
