import type { RunConfig } from '#contract/runs.ts';

export const viewIds = ['trajectories', 'fields', 'samples', 'metrics', 'compare'] as const;
export type ViewId = (typeof viewIds)[number];

export type PaneCount = 1 | 2 | 4;

/** One array of numbers of a view, for CSV and NPZ. */
export interface ExportArray {
  readonly name: string;
  /** Row-major. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** What the view of a pane can give to a file; it is asked when a person asks. */
export interface Exportable {
  /** Stem of the file's name, e.g. `samples-of-drift-step-1200`. */
  readonly name: string;
  /** What made the picture; it goes into the file. */
  readonly about: { readonly run: string; readonly step: number | null; readonly config: RunConfig };
  /** Ids of the runs that the picture shows, where it is not only that of the pane. */
  runs?: () => readonly string[];
  /** A picture in the print theme. */
  png(): Promise<Blob>;
  /** The same as vectors: one whole `<svg>` element. */
  svg(): string;
  arrays(): readonly ExportArray[];
}

/** One place of the stage: which view it shows, and of which run. */
export class Pane {
  view = $state<ViewId>('trajectories');
  /** A run that stays here whatever is selected; null follows the selection. */
  pinnedRun = $state<string | null>(null);
  /** Set by a view that follows sampler time although its kind does not, e.g. while a film strip is open. */
  followsSamplerTime = $state(false);
  /** Set by the view while it has something to export. */
  exportable = $state.raw<Exportable | null>(null);

  constructor(view: ViewId = 'trajectories') {
    this.view = view;
  }
}

/** The panes of the stage in reading order; commands and tabs mean the active one. */
export class Panes {
  #all: readonly Pane[] = [
    new Pane('trajectories'),
    new Pane('samples'),
    new Pane('fields'),
    new Pane('metrics'),
  ];
  count = $state<PaneCount>(1);
  #activeIndex = $state(0);
  readonly shown = $derived(this.#all.slice(0, this.count));
  readonly active = $derived(this.shown[Math.min(this.#activeIndex, this.count - 1)]!);

  /** Shows so many panes; those that are hidden keep what they show for the next time. */
  split(count: PaneCount): void {
    this.count = count;
  }

  activate(pane: Pane): void {
    const index = this.#all.indexOf(pane);
    if (index >= 0 && index < this.count) this.#activeIndex = index;
  }
}
