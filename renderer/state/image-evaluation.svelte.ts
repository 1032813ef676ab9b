import type { FeatureSpaceEntry } from '#contract/evaluation.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { Evaluation } from './evaluation.svelte.ts';

/** What images are held against. */
export type ReferenceChoice = 'holdout' | 'training' | 'all';

const PIXELS: FeatureSpaceEntry = { id: 'pixels', title: 'Pixels' };

/** The space in words that go on a sentence. */
export function spaceText({ id, title }: FeatureSpaceEntry): string {
  return id === PIXELS.id ? 'pixels' : `features of ${title}`;
}

/** What a person asks of the images of a run, and what was found; one question at a time. */
export class ImageEvaluation {
  readonly evaluation = new Evaluation();
  space = $state(PIXELS.id);
  /** Null leaves it to the engine: held-out images where there are some. */
  reference = $state<ReferenceChoice | null>(null);
  count = $state(1000);
  nfe = $state.raw<readonly number[]>([1]);
  /** Where images of the run can be compared. */
  spaces = $state.raw<readonly FeatureSpaceEntry[]>([PIXELS]);
  #asked: string | null = null;

  /** Asks anew which spaces there are; a choice that is gone falls back to pixels. */
  async look(client: WorkbenchClient, run: string): Promise<void> {
    this.#asked = run;
    try {
      const spaces = await client.call('runs.spaces', { run });
      if (this.#asked !== run) return;
      this.spaces = spaces.length === 0 ? [PIXELS] : spaces;
    } catch {
      // Whoever measures is told why.
      if (this.#asked === run) this.spaces = [PIXELS];
    }
    if (!this.spaces.some(({ id }) => id === this.space)) this.space = PIXELS.id;
  }

  /** Adds a number of evaluations or takes it away; one stays. */
  toggle(nfe: number): void {
    const others = this.nfe.filter((each) => each !== nfe);
    if (others.length === this.nfe.length) this.nfe = [...others, nfe].sort((a, b) => a - b);
    else if (others.length > 0) this.nfe = others;
  }

  /** @param nfe  budgets that the method can be sampled with, of those that are chosen */
  measure(client: WorkbenchClient, run: RunSummary, nfe: readonly number[]): Promise<void> {
    const { space, reference, count } = this;
    const chosen = reference === null ? {} : { reference };
    return this.evaluation.measure(client, { run: run.id, nfe: [...nfe], count, space, ...chosen }, run.step);
  }
}

const ofKeys = new WeakMap<object, ImageEvaluation>();

/** Outlives the view that asked. @param key  what it belongs to, such as a pane */
export function imageEvaluationOf(key: object): ImageEvaluation {
  let evaluation = ofKeys.get(key);
  if (evaluation === undefined) {
    evaluation = new ImageEvaluation();
    ofKeys.set(key, evaluation);
  }
  return evaluation;
}
