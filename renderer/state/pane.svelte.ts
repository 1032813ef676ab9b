import { createContext } from 'svelte';
import type { Pane } from './panes.svelte.ts';
import { useWorkbench } from './workbench.svelte.ts';
import type { Workbench } from './workbench.svelte.ts';

/** What the views of one pane need to know: the run they show, and what belongs to it. */
export class PaneScope {
  readonly pane: Pane;
  readonly #workbench: Workbench;
  readonly run = $derived.by(() =>
    this.pane.pinnedRun === null
      ? this.#workbench.run
      : (this.#workbench.runs.get(this.pane.pinnedRun) ?? this.#workbench.run),
  );
  readonly method = $derived.by(() =>
    this.run === null ? null : this.#workbench.catalog.method(this.run.config.method),
  );
  /** Colour token of the run. */
  readonly runColour = $derived.by(() =>
    this.run === null ? '--ink' : this.#workbench.runs.colour(this.run.id),
  );
  readonly isActive = $derived.by(() => this.#workbench.panes.active === this.pane);

  constructor(pane: Pane, workbench: Workbench) {
    this.pane = pane;
    this.#workbench = workbench;
  }
}

const [usePane, provideScope] = createContext<PaneScope>();
export { usePane };

/** Makes the components below belong to `pane`; to be called while its frame is made. */
export function providePane(pane: Pane): PaneScope {
  return provideScope(new PaneScope(pane, useWorkbench()));
}
