import { qualityOf } from '../../state/quality.svelte.ts';
import type { QualityPlan } from '../../state/quality.svelte.ts';
import { isActive } from '../../state/runs.svelte.ts';
import type { RunSummary } from '#contract/runs.ts';
import type { Workbench } from '../../state/workbench.svelte.ts';
import type { CompareModel } from './model.svelte.ts';
import { firstMetric, linesOf, measuredNfes, metricsOf, seeds } from './quality-curves.ts';
import type { MeasuredRun } from './quality-curves.ts';
import type { CompareSettings } from './settings.svelte.ts';

/** Velocity fields are carried by Euler here: one evaluation a step. */
const sampler = 'euler';

/** How good the rows are at every number of evaluations, measured when a person asks. */
export class QualityModel {
  readonly #workbench: Workbench;
  readonly #model: CompareModel;
  readonly #settings: CompareSettings;
  /** One for the window: what the metrics view has measured is here too. */
  readonly quality;

  /** The rows, and teachers of theirs that are no rows. */
  readonly #subjects = $derived.by((): { run: RunSummary; colour: string; name: string }[] => {
    const { runs } = this.#workbench;
    const rows = this.#model.rows.map(({ run, colour }) => ({ run, colour, name: run.name }));
    const ids = new Set(rows.map(({ run }) => run.id));
    const teachers = new Map<string, RunSummary>();
    for (const { run, method } of this.#model.rows) {
      const teacher = method.needsTeacher ? runs.get(run.config.teacher ?? null) : null;
      if (teacher !== null && !ids.has(teacher.id)) teachers.set(teacher.id, teacher);
    }
    const added = [...teachers.values()].map((run) => ({
      run,
      colour: '--data-teacher',
      name: `${run.name} (teacher, Euler)`,
    }));
    return [...rows, ...added];
  });
  readonly runs = $derived.by((): MeasuredRun[] => {
    const { count } = this.#settings.quality;
    return this.#subjects.map(({ run, colour, name }) => ({
      id: run.id,
      name,
      colour,
      measured: this.quality.get(run.id, this.#samplerOf(run), count),
    }));
  });
  readonly plans = $derived.by((): QualityPlan[] => this.#subjects.flatMap(({ run }) => this.#planOf(run)));
  readonly metrics = $derived.by(() => metricsOf(this.runs, this.#workbench.catalog.catalog?.metrics ?? []));
  readonly metric = $derived.by(() => {
    const wanted = this.metrics.find(({ id }) => id === this.#settings.metric);
    if (wanted !== undefined) return wanted;
    const first = firstMetric(this.metrics, this.runs);
    return this.metrics.find(({ id }) => id === first) ?? null;
  });
  readonly lines = $derived.by(() => (this.metric === null ? [] : linesOf(this.runs, this.metric.id)));
  readonly nfes = $derived.by(() => (this.metric === null ? [] : measuredNfes(this.runs, this.metric.id)));
  /** Shares are read on a linear axis, everything else on a logarithmic one. */
  readonly yKind = $derived.by((): 'linear' | 'log10' => {
    if (this.metric?.betterWhen === 'higher') return 'linear';
    const values = this.lines.flatMap(({ source }) => [...source.values]);
    return values.every((value) => value > 0) ? 'log10' : 'linear';
  });
  /** Runs that have gone on since they were measured. */
  readonly stale = $derived.by(() =>
    this.runs.flatMap(({ id, name, measured }) => {
      const step = this.#workbench.runs.get(id)?.step ?? null;
      return measured === null || measured.step === step ? [] : [{ name, step: measured.step }];
    }),
  );
  /** Why nothing can be measured; null while something can. */
  readonly cannotMeasure = $derived.by(() => {
    if (this.#workbench.connection.client === null) return 'The engine is not connected';
    return this.plans.length > 0 ? null : 'A run is measured while it rests: pause it';
  });

  constructor(workbench: Workbench, model: CompareModel, settings: CompareSettings) {
    this.#workbench = workbench;
    this.#model = model;
    this.#settings = settings;
    this.quality = qualityOf(workbench);
  }

  start(): void {
    const { connection, runs } = this.#workbench;
    if (connection.client === null) return;
    const { count } = this.#settings.quality;
    void this.quality.measure(
      connection.client,
      this.plans,
      { count, seeds },
      (id) => runs.get(id)?.step ?? null,
    );
  }

  #samplerOf(run: RunSummary): string | null {
    return this.#workbench.catalog.method(run.config.method)?.produces === 'velocity' ? sampler : null;
  }

  #planOf(run: RunSummary): QualityPlan[] {
    const method = this.#workbench.catalog.method(run.config.method);
    if (method === null || run.step === 0 || isActive(run.status)) return [];
    const isOneStep = method.produces === 'generator';
    const refused = this.#refusedNfes(run);
    const nfe = isOneStep ? [1] : this.#settings.nfes.filter((each) => !refused.has(each));
    return nfe.length === 0 ? [] : [{ run: run.id, step: run.step, sampler: this.#samplerOf(run), nfe }];
  }

  /** Numbers of evaluations that the run's row has been refused: one more refusal would end it all. */
  #refusedNfes(run: RunSummary): Set<number> {
    const index = this.#model.rows.findIndex((row) => row.run.id === run.id);
    const cells = this.#model.cells[index] ?? [];
    return new Set(this.#settings.nfes.filter((_, column) => cells[column]?.kind === 'error'));
  }
}
