import { SvelteSet } from 'svelte/reactivity';
import { commands } from '#contract/commands.ts';
import type { CommandId } from '#contract/commands.ts';
import type { Pane, Panes } from './panes.svelte.ts';

/** What a command does here and now. */
export interface Deed {
  run(): void | Promise<void>;
  /** Always, if left out. */
  isEnabled?(): boolean;
}

export type Deeds = { readonly [K in CommandId]?: Deed };

interface Provider {
  readonly deeds: Deeds;
  /** Null for the whole window. */
  readonly pane: Pane | null;
}

/**
 * The deeds behind the command table. Whatever is on the screen provides those that it can do; the
 * palette, the shortcuts and the menus ask here.
 */
export class Commands {
  readonly #panes: Panes;
  readonly #providers = new SvelteSet<Provider>();
  readonly enabled = $derived.by(() =>
    (Object.keys(commands) as CommandId[]).filter((id) => this.isEnabled(id)),
  );

  constructor(panes: Panes) {
    this.#panes = panes;
  }

  /**
   * To be called while a component is made or in an effect. The latest provider of a command wins;
   * one that belongs to a pane counts only while that pane is active.
   *
   * @returns takes them back
   */
  provide(deeds: Deeds, pane: Pane | null = null): () => void {
    const provider = { deeds, pane };
    this.#providers.add(provider);
    return () => void this.#providers.delete(provider);
  }

  isEnabled(id: CommandId): boolean {
    const deed = this.#deed(id);
    return deed !== null && (deed.isEnabled?.() ?? true);
  }

  /** @returns whether there was something to do */
  run(id: CommandId): boolean {
    if (!this.isEnabled(id)) return false;
    void this.#deed(id)?.run();
    return true;
  }

  #deed(id: CommandId): Deed | null {
    let found: Deed | null = null;
    for (const { deeds, pane } of this.#providers) {
      const deed = deeds[id];
      if (deed !== undefined && (pane === null || pane === this.#panes.active)) found = deed;
    }
    return found;
  }
}
