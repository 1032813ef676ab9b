/** What is drawn and measured of a run or an imported model, at its newest parameters or a past step. */
import { type WarningSink, wireErrorFrom } from '#contract/errors.ts';
import type { FilmPage, ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import { type MetricsBatch, NO_DATASET } from '#contract/runs.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import type { Dataset } from '../../datasets/index.ts';
import type { RunFolder } from '../../store/index.ts';
import type { ExportSource } from '../checkpoints/export.ts';
import type { ImportedModels } from '../checkpoints/imported-models.ts';
import { sourceOf } from '../plan/plan.ts';
import type { LoadedModel, ModelShelf } from '../sampling/models.ts';
import { endPoints } from '../sampling/paths.ts';
import { computeView, modesOf } from '../views/views.ts';
import type { ActiveRun } from './active-run.ts';
import type { KnownRuns } from './known-runs.ts';
import type { Planner } from './planner.ts';

export interface ViewParts {
  readonly runs: KnownRuns;
  readonly planner: Planner;
  readonly imported: ImportedModels;
  readonly models: ModelShelf;
  /** Runs that train here, by id. */
  readonly active: ReadonlyMap<string, ActiveRun>;
  readonly warn: WarningSink;
  /** Data sets that a person brought. */
  datasets(): readonly Dataset[];
  /** Heard after each view that failed. */
  afterFailure(code: string, executor: string | null): Promise<void>;
}

export class RunViews {
  private readonly parts: ViewParts;

  constructor(parts: ViewParts) {
    this.parts = parts;
  }

  /**
   * @param run  a run or an imported model
   * @param step  of a checkpoint; the newest parameters unless said
   * @throws WorkbenchError `run/not-found`, `run/no-checkpoint`, `view/...`
   */
  async compute(
    { run, view, step }: { run: string; view: ParsedViewRequest; step?: number | undefined },
    signal: CancelSignal,
  ): Promise<ViewFrame> {
    const ofModel = this.ofModel(run, view, signal);
    if (ofModel !== null) return ofModel;
    const folder = this.parts.runs.open(run);
    const compute = (loaded: LoadedModel) => this.of(folder.id, loaded, view, signal);
    return step === undefined ? this.withNewest(folder, compute) : compute(await this.saved(folder, step));
  }

  /** A view of what is loaded. */
  async of(
    run: string,
    loaded: LoadedModel,
    view: ParsedViewRequest,
    signal: CancelSignal,
  ): Promise<ViewFrame> {
    const { models, imported } = this.parts;
    const asks = view.kind === 'samples' || view.kind === 'closeup' ? view.decoder : undefined;
    const decoder = asks === undefined ? null : await models.decoder(imported.get(asks));
    try {
      return await computeView({ run, ...loaded, signal, decoder }, view);
    } catch (error) {
      void this.parts.afterFailure(wireErrorFrom(error).code, loaded.model.executor);
      throw error;
    }
  }

  /** The view of an imported model, which stays as it is; null for an id that is no model's. */
  ofModel(id: string, view: ParsedViewRequest, signal: CancelSignal): Promise<ViewFrame> | null {
    const model = this.parts.imported.find(id);
    if (model === null) return null;
    return this.parts.models.imported(model).then((loaded) => this.of(id, loaded, view, signal));
  }

  /**
   * Computes with the newest parameters: those of the last step while the run trains here, between two
   * steps, else those of the newest good checkpoint.
   */
  async withNewest<T>(folder: RunFolder, work: (loaded: LoadedModel) => Promise<T>): Promise<T> {
    const active = this.parts.active.get(folder.id);
    if (active === undefined || active.isOver) return work(await this.saved(folder));
    return active.between(async () => {
      const { plan, model, step } = active;
      return work({ plan, model, step, state: await active.sampledState() });
    });
  }

  /** The run or model that is exported, with a way to its newest parameters. */
  exportSource(run: string): ExportSource {
    const { imported, models, runs } = this.parts;
    const model = imported.find(run);
    if (model !== null) {
      return { id: model.id, name: model.name, model, load: () => models.imported(model) };
    }
    const folder = runs.open(run);
    return {
      id: folder.id,
      name: folder.file.name,
      model: null,
      load: () => this.withNewest(folder, (loaded) => Promise.resolve(loaded)),
    };
  }

  /** Frames of a run's film, with the modes that their points end in. */
  filmPage(folder: RunFolder, from: number, count: number): FilmPage {
    const page = folder.filmPage(from, count, this.parts.warn);
    const { times, dim } = folder.filmIndex();
    const { dataset } = folder.file.config;
    const source = dataset.id === NO_DATASET ? null : sourceOf(dataset, this.parts.datasets());
    return { ...page, ...modesOf(source, endPoints(page.positions, times.length, dim)) };
  }

  /** Every scalar that the run has written. */
  metricsOf(folder: RunFolder): MetricsBatch {
    return { run: folder.id, series: folder.metrics(this.parts.warn) };
  }

  private saved(folder: RunFolder, step?: number): Promise<LoadedModel> {
    const { models, planner } = this.parts;
    return models.get(folder, () => planner.planOfRun(folder), step);
  }
}
