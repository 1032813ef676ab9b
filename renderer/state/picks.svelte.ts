import { SvelteSet } from 'svelte/reactivity';

/**
 * Samples that a person has picked, by their number: sample i starts from the same noise in every
 * view, so a sample picked in one is picked in all.
 */
export class Picks {
  readonly #selected = new SvelteSet<number>();
  /** The sample under the pointer. */
  hovered = $state<number | null>(null);

  get selected(): ReadonlySet<number> {
    return this.#selected;
  }

  /** @param options.adds  keeps what was picked before */
  select(ids: Iterable<number>, options: { adds: boolean } = { adds: false }): void {
    if (!options.adds) this.#selected.clear();
    for (const id of ids) this.#selected.add(id);
  }

  /** One sample more, or one less. */
  toggle(id: number): void {
    if (!this.#selected.delete(id)) this.#selected.add(id);
  }

  clear(): void {
    this.#selected.clear();
    this.hovered = null;
  }
}
