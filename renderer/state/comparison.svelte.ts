import { SvelteMap } from 'svelte/reactivity';
import type { WireError } from '#contract/errors.ts';
import type { ViewFrame, ViewRequest } from '#contract/frames.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';

/** One cell of a comparison: everything that decides its numbers. */
export interface CellAsk {
  readonly run: string;
  /** Training step of its parameters, as far as the window knows: other parameters, other numbers. */
  readonly step: number;
  readonly nfe: number;
  readonly count: number;
  readonly seed: number;
  readonly label?: number;
  readonly guidance?: number;
  /** Whether the teacher's end points of the same noise come with it. */
  readonly withTeacher: boolean;
  /** What else is asked of samples, e.g. their sampler. */
  readonly further?: Partial<Pick<SampleView, 'sampler' | 'byClass' | 'guidanceHigh' | 'guidanceChannels'>>;
}

type SampleView = Extract<ViewRequest, { kind: 'samples' }>;

/** What became of a cell. */
export type Cell =
  | { readonly kind: 'frame'; readonly frame: ViewFrame }
  | { readonly kind: 'error'; readonly error: WireError };

/** Cells that are kept beyond those that are looked at, for going back to a seed or a run. */
const keptByDefault = 400;

/** The same for the same numbers, and for no others. */
export function keyOf(ask: CellAsk): string {
  const { run, step, nfe, count, seed, label, guidance, withTeacher, further } = ask;
  const said = [run, step, nfe, count, seed, label ?? null, guidance ?? 1, withTeacher];
  return JSON.stringify(further === undefined ? said : [...said, further]);
}

/**
 * The cells of a comparison, computed one after another in the order in which they are wanted, and kept:
 * what has been computed once is there at once.
 */
export class Comparison {
  /** Key of the cell that is being computed. */
  computing = $state<string | null>(null);
  /** True after `stop`, until something else is wanted or `resume`. */
  isStopped = $state(false);
  readonly #found = new SvelteMap<string, Cell>();
  #wanted: readonly CellAsk[] = [];
  #client: WorkbenchClient | null = null;
  #cancel: AbortController | null = null;
  #isWorking = false;
  readonly #mostKept: number;

  constructor(mostKept = keptByDefault) {
    this.#mostKept = mostKept;
  }

  get(ask: CellAsk): Cell | null {
    return this.#found.get(keyOf(ask)) ?? null;
  }

  /**
   * Computes what is missing of these, the first first. What is no longer wanted is withdrawn.
   *
   * @param client  null while nobody is connected: what there is stays
   */
  want(client: WorkbenchClient | null, asks: readonly CellAsk[]): void {
    const before = new Set(this.#wanted.map(keyOf));
    const keys = new Set(asks.map(keyOf));
    if ([...keys].some((key) => !before.has(key))) this.isStopped = false;
    if (client !== this.#client || (this.computing !== null && !keys.has(this.computing))) {
      this.#cancel?.abort();
    }
    this.#client = client;
    this.#wanted = asks;
    this.#forgetOldest(keys);
    void this.#work();
  }

  /** Computes no more; what was found stays. */
  stop(): void {
    this.isStopped = true;
    this.#cancel?.abort();
  }

  resume(): void {
    this.isStopped = false;
    void this.#work();
  }

  /** Asks once more for a cell that has failed. */
  retry(ask: CellAsk): void {
    this.#found.delete(keyOf(ask));
    void this.#work();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      for (let ask = this.#next(); ask !== null; ask = this.#next()) {
        if (!(await this.#compute(ask))) break;
      }
    } finally {
      this.#isWorking = false;
      this.computing = null;
    }
  }

  #next(): CellAsk | null {
    if (this.isStopped || this.#client === null) return null;
    return this.#wanted.find((ask) => !this.#found.has(keyOf(ask))) ?? null;
  }

  /** @returns whether to go on */
  async #compute(ask: CellAsk): Promise<boolean> {
    const client = this.#client;
    if (client === null) return false;
    const cancel = new AbortController();
    this.#cancel = cancel;
    const key = keyOf(ask);
    this.computing = key;
    const { run, step: _, further, ...samples } = ask;
    try {
      const frame = await client.call(
        'views.compute',
        { run, view: { kind: 'samples', ...samples, ...further } },
        cancel.signal,
      );
      if (!cancel.signal.aborted) this.#found.set(key, { kind: 'frame', frame });
      return true;
    } catch (error) {
      if (cancel.signal.aborted) return true;
      const shown = shownError(error);
      if (shown !== null) this.#found.set(key, { kind: 'error', error: shown });
      // A lost connection shows itself, and the next client asks again.
      return shown !== null;
    }
  }

  #forgetOldest(wanted: ReadonlySet<string>): void {
    for (const key of this.#found.keys()) {
      if (this.#found.size <= this.#mostKept) return;
      if (!wanted.has(key)) this.#found.delete(key);
    }
  }
}
