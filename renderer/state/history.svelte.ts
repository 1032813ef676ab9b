/** Something that was done and can be undone. */
export interface DoneThing {
  /** What was done, e.g. `Moved "drift" to the trash`. */
  readonly label: string;
  undo(): void | Promise<void>;
  redo(): void | Promise<void>;
}

const mostKept = 100;

/** What a person did, to undo and redo in order. */
export class History {
  #done = $state.raw<readonly DoneThing[]>([]);
  #undone = $state.raw<readonly DoneThing[]>([]);
  readonly next = $derived(this.#done.at(-1) ?? null);
  readonly nextRedo = $derived(this.#undone.at(-1) ?? null);

  /** Records a thing that has just been done. */
  push(thing: DoneThing): void {
    this.#done = [...this.#done.slice(1 - mostKept), thing];
    this.#undone = [];
  }

  /** @throws what undoing throws; the thing stays to be undone then */
  async undo(): Promise<void> {
    const thing = this.next;
    if (thing === null) return;
    await thing.undo();
    this.#done = this.#done.filter((each) => each !== thing);
    this.#undone = [...this.#undone, thing];
  }

  /** @throws what redoing throws */
  async redo(): Promise<void> {
    const thing = this.nextRedo;
    if (thing === null) return;
    await thing.redo();
    this.#undone = this.#undone.filter((each) => each !== thing);
    this.#done = [...this.#done, thing];
  }
}
