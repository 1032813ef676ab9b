import { SvelteSet } from 'svelte/reactivity';
import type { RunConfigInput } from '#contract/runs.ts';

/** Where the New run form begins. */
export interface Draft {
  method: string;
  dataset: string;
  /** A config to start from, e.g. that of a run to be repeated with changes. */
  config?: RunConfigInput;
}

export const drafts = {
  drifting: { method: 'drifting', dataset: 'checkerboard' },
  teacher: { method: 'teacher', dataset: 'checkerboard' },
} as const satisfies Record<string, Draft>;

/** What the stage holds: the panes of views, all data sets, the canvas to draw one, claims to rerun, what computes, or a checkpoint. */
export type StageRoom = 'views' | 'gallery' | 'draw' | 'reproductions' | 'engine' | 'checkpoint';

/** What a person looks at: one run, and what the stage and the inspector show. */
export class Selection {
  run = $state<string | null>(null);
  stage = $state<StageRoom>('views');
  /** The form that is open in the inspector; null shows what is selected. */
  draft = $state.raw<Draft | null>(null);
  /** The data set that is looked at in the inspector, by its id. */
  dataset = $state<string | null>(null);
  /** The claim that is looked at among the reproductions, by its name; null shows all. */
  reproduction = $state<string | null>(null);
  /** Runs drawn in the metrics view beside the selected one. */
  readonly overlaid = new SvelteSet<string>();

  openRun(id: string): void {
    this.run = id;
    this.stage = 'views';
    this.draft = null;
    this.dataset = null;
  }

  openDataset(id: string): void {
    this.dataset = id;
    this.draft = null;
  }

  closeDataset(): void {
    this.dataset = null;
  }

  openForm(draft: Draft): void {
    this.draft = draft;
  }

  closeForm(): void {
    this.draft = null;
  }

  openStage(room: StageRoom): void {
    this.stage = room;
  }

  openReproduction(name: string | null): void {
    this.stage = 'reproductions';
    this.reproduction = name;
  }

  toggleOverlay(id: string): void {
    if (!this.overlaid.delete(id)) this.overlaid.add(id);
  }

  forget(id: string): void {
    this.overlaid.delete(id);
    if (this.run === id) this.run = null;
  }
}
