import { SvelteSet } from 'svelte/reactivity';

export const viewIds = ['trajectories', 'fields', 'samples', 'metrics'] as const;
export type ViewId = (typeof viewIds)[number];

/** Where the New run form begins. */
export interface Draft {
  method: string;
  dataset: string;
}

export const drafts = {
  drifting: { method: 'drifting', dataset: 'checkerboard' },
  teacher: { method: 'teacher', dataset: 'checkerboard' },
} as const satisfies Record<string, Draft>;

/** What a person looks at: one run, one view, and what the inspector shows. */
export class Selection {
  run = $state<string | null>(null);
  view = $state<ViewId>('trajectories');
  /** The form that is open in the inspector; null shows the selected run. */
  draft = $state.raw<Draft | null>(null);
  /** Runs drawn in the metrics view beside the selected one. */
  readonly overlaid = new SvelteSet<string>();

  openRun(id: string): void {
    this.run = id;
    this.draft = null;
  }

  openForm(draft: Draft): void {
    this.draft = draft;
  }

  closeForm(): void {
    this.draft = null;
  }

  toggleOverlay(id: string): void {
    if (!this.overlaid.delete(id)) this.overlaid.add(id);
  }

  forget(id: string): void {
    this.overlaid.delete(id);
    if (this.run === id) this.run = null;
  }
}
