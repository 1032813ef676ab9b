import { SvelteMap } from 'svelte/reactivity';
import type { WireError } from '#contract/errors.ts';
import type { Produces } from '#contract/catalog.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { shownError } from './errors.ts';
import { spaceText } from './image-evaluation.svelte.ts';

/** How quality is measured: everything that decides its numbers but the run and its parameters. */
export interface QualitySettings {
  /** Sampler of velocity fields. */
  readonly sampler: string;
  /** Points of each set, generated and data. */
  readonly count: number;
  /** Seeds of noise and data; the spread over them is the error of the measurement. */
  readonly seeds: number;
}

/** One run, and the numbers of network evaluations to measure it with. */
export interface QualityPlan {
  readonly run: string;
  /** Training step of its parameters. */
  readonly step: number;
  /** Null for a method that needs no sampler. */
  readonly sampler: string | null;
  readonly nfe: readonly number[];
}

/** What one evaluation found. */
interface Measured {
  /** Network evaluations per sample that were asked for. */
  readonly budget: number;
  /** Those that it took. */
  readonly nfe: number;
  readonly seed: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Standard errors of one measurement, for images: seeds that differ say more where there are several. */
  readonly errors?: Readonly<Record<string, number>> | undefined;
}

/** All that was measured of one run with one setting, from the same parameters. */
export interface Measurement {
  readonly step: number;
  /** The space in which images were compared, in words; left out for points. */
  readonly space?: string | undefined;
  readonly results: readonly Measured[];
}

/** Evaluations in progress. */
interface Job {
  readonly run: string;
  readonly done: number;
  readonly total: number;
  /** Null before the first is done. */
  readonly etaSecs: number | null;
}

const budgets = [1, 2, 4, 8, 16, 32, 64, 128];

/**
 * Budgets that a method can be sampled with: one for a one-step generator; for all else powers of two,
 * of a velocity field those that a sampler of so many evaluations per step divides.
 */
export function budgetsOf(produces: Produces, evaluationsPerStep: number): readonly number[] {
  if (produces === 'generator') return [1];
  return budgets.filter((each) => each % Math.max(1, evaluationsPerStep) === 0);
}

/**
 * Quality against the number of network evaluations, measured when a person asks, one evaluation
 * after another. What was found stays for as long as the window.
 */
export class Quality {
  job = $state.raw<Job | null>(null);
  error = $state.raw<WireError | null>(null);
  readonly #found = new SvelteMap<string, Measurement>();
  #cancel: AbortController | null = null;

  /** What was measured of a run, at whatever step that was; null if nothing. */
  get(run: string, sampler: string | null, count: number): Measurement | null {
    return this.#found.get(keyOf(run, sampler, count)) ?? null;
  }

  /**
   * Measures what is missing, until done or cancelled. Every budget is measured with one seed before
   * the next seed begins, so that the whole curve is there early. Parameters that have moved on since
   * the plan was made end it: one curve is of one set of parameters.
   *
   * @param stepOf  the step that a run is at now
   */
  async measure(
    client: WorkbenchClient,
    plans: readonly QualityPlan[],
    { count, seeds }: Pick<QualitySettings, 'count' | 'seeds'>,
    stepOf: (run: string) => number | null,
  ): Promise<void> {
    this.cancel();
    const cancel = new AbortController();
    this.#cancel = cancel;
    this.error = null;
    const tasks = plans.flatMap((plan) =>
      Array.from({ length: seeds }, (_, seed) => plan.nfe.map((nfe) => ({ plan, seed, nfe }))).flat(),
    );
    const missing = tasks.filter(({ plan, seed, nfe }) => !this.#has(plan, count, nfe, seed));
    const startMs = performance.now();
    try {
      for (const [done, { plan, seed, nfe }] of missing.entries()) {
        const perTaskSecs = (performance.now() - startMs) / 1000 / done;
        const etaSecs = done === 0 ? null : perTaskSecs * (missing.length - done);
        this.job = { run: plan.run, done, total: missing.length, etaSecs };
        const input = { run: plan.run, nfe: [nfe], count, seed };
        const { results, about } = await client.call(
          'runs.evaluate',
          plan.sampler === null ? input : { ...input, sampler: plan.sampler },
          cancel.signal,
        );
        if (cancel.signal.aborted) return;
        if (stepOf(plan.run) !== plan.step) {
          this.error = {
            code: 'quality/moved-on',
            message: 'The run went on training while it was measured; measure again when it rests',
          };
          return;
        }
        for (const each of results)
          this.#put(plan, count, about && spaceText(about.space), { budget: nfe, seed, ...each });
      }
    } catch (error) {
      if (!cancel.signal.aborted) this.error = shownError(error);
    } finally {
      if (this.#cancel === cancel) {
        this.#cancel = null;
        this.job = null;
      }
    }
  }

  /** Stops measuring; what was found stays. */
  cancel(): void {
    this.#cancel?.abort();
    this.#cancel = null;
    this.job = null;
  }

  #has(plan: QualityPlan, count: number, nfe: number, seed: number): boolean {
    const found = this.get(plan.run, plan.sampler, count);
    return (
      found?.step === plan.step && found.results.some((each) => each.budget === nfe && each.seed === seed)
    );
  }

  #put(plan: QualityPlan, count: number, space: string | undefined, measured: Measured): void {
    const found = this.get(plan.run, plan.sampler, count);
    const results = found?.step === plan.step ? found.results : [];
    this.#found.set(keyOf(plan.run, plan.sampler, count), {
      step: plan.step,
      space,
      results: [...results, measured],
    });
  }
}

function keyOf(run: string, sampler: string | null, count: number): string {
  return [run, sampler ?? '', count].join(' ');
}

const perWindow = new WeakMap<object, Quality>();

/** The measurements of a window: they outlive the view that asked for them. */
export function qualityOf(workbench: object): Quality {
  let quality = perWindow.get(workbench);
  if (quality === undefined) {
    quality = new Quality();
    perWindow.set(workbench, quality);
  }
  return quality;
}
