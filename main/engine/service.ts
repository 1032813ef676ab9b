/** The workbench itself: what every window, command and script calls. */
import path from 'node:path';
import { type ExecutorId, executorId } from '#contract/engines.ts';
import { type WarningSink, WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { FilmPage, ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import { type MetricsBatch, NO_DATASET, type RunConfig, type RunSummary } from '#contract/runs.ts';
import type { CancelSignal, WorkbenchService } from '#contract/workbench.ts';
import type { Dataset } from '../datasets/index.ts';
import { type RunFolder, RunStore } from '../store/index.ts';
import { liveLockOwner, lockedBy } from '../store/lock.ts';
import { isModelFolder, readModel } from '../store/model-folder.ts';
import { engineVersions, executorById } from '../tensor/device.ts';
import { ActiveRun } from './active-run.ts';
import { Bell } from './bell.ts';
import { catalogOf, runSchema } from './catalog.ts';
import { Checkpoints } from './checkpoints.ts';
import { pointsOf } from './data-samples.ts';
import { Demos } from './demos.ts';
import { encoderOf } from './encoder.ts';
import { askedOf } from './executors/asked.ts';
import { Executors } from './executors/executors.ts';
import { failureOf, isOfDevice } from './executors/failures.ts';
import { type ExportSource, exportNetwork } from './export.ts';
import { importImages } from './image-imports.ts';
import { ImportedModels } from './imported-models.ts';
import { ImportedDatasets } from './imports.ts';
import { LatentEncoder } from './latents.ts';
import { Measuring } from './measuring.ts';
import { type LoadedModel, ModelShelf } from './models.ts';
import { endPoints } from './paths.ts';
import { type LearntFrom, type Plan, type TeacherSource, dataOf, planOf, sourceOf } from './plan.ts';
import { Queue } from './queue.ts';
import { nodeReader } from './reader/node-process.ts';
import type { SpawnReader } from './reader/process.ts';
import { Reproductions } from './reproductions.ts';
import { ANALYTIC } from './teacher.ts';
import { EngineInstalls } from './tensorflow/installs.ts';
import { computeView, modesOf } from './views.ts';
import { Watchers, watchMemory } from './watchers.ts';

export interface EngineOptions {
  /** Data folder; the platform's default if left out. */
  readonly home?: string;
  /** Version of the program, for run records. */
  readonly version: string;
  readonly warn: WarningSink;
  /** Folder of trained runs that ship with the program; none if left out. */
  readonly demos?: string | null;
  /** Lets `run` be the path of a folder anywhere: for a command of the person at this machine. */
  readonly allowsFolders?: boolean;
  /** Starts the processes that read checkpoints, see reader/; child processes of Node's if left out. */
  readonly reader?: SpawnReader;
  /** The folder whose checkpoint files may be named by path; none if left out. */
  readonly filesFolder?: string | null;
  /** Opens the grants of this host; none if left out. */
  readonly grantKey?: string | null;
  /** How long the clock runs for each executor that is measured; five seconds unless said. */
  readonly measureSecs?: number;
}

/** The run that a config names as its teacher; null for none and for the analytic one. */
function plannedTeacher({ teacher }: RunConfig): string | null {
  return teacher === undefined || teacher === ANALYTIC ? null : teacher;
}

function folderOf(teacher: TeacherSource): string {
  return teacher.kind === 'model' ? teacher.model.folder : teacher.folder.path;
}

/** What a person can ask of a run that has its turn. */
type RunWish = 'pause' | 'unpause' | 'stop';

export class Engine implements WorkbenchService {
  private readonly options: EngineOptions;
  private readonly store: RunStore;
  private readonly imports: ImportedDatasets;
  private readonly imported: ImportedModels;
  private readonly checkpoints: Checkpoints;
  private readonly models: ModelShelf;
  private readonly demos: Demos;
  private readonly queue: Queue;
  /** Runs this engine trains or is about to. */
  private readonly active = new Map<string, ActiveRun>();
  /** Rings when any run changes in a way that a list shows. */
  private readonly changes = new Bell();
  /** What was asked of a run that has its turn but is still being compiled. */
  private readonly early = new Map<string, RunWish>();
  private readonly watchers: Watchers;
  private readonly reproductions: Reproductions;
  private readonly measuring: Measuring;
  /** The run that has its turn, to its end. */
  private training: Promise<void> = Promise.resolve();
  private isClosing = false;
  private readonly executors: Executors;
  private readonly installs: EngineInstalls;

  /** @throws WorkbenchError `store/...` if the data folder cannot be used */
  constructor(options: EngineOptions) {
    this.options = options;
    this.store = RunStore.open({
      ...(options.home === undefined ? {} : { home: options.home }),
      warn: options.warn,
    });
    this.executors = new Executors({
      home: this.store.home.root,
      version: options.version,
      warn: options.warn,
      ...(options.measureSecs === undefined ? {} : { seconds: options.measureSecs }),
      quietly: (work) => this.betweenSteps(work),
    });
    this.installs = new EngineInstalls(this.store.home.root, () => this.executors.renew('tensorflow'));
    this.imports = new ImportedDatasets(this.store.home.datasets);
    this.models = new ModelShelf(options.warn, () => this.executors.recall());
    this.demos = new Demos(options.demos ?? null, options.warn);
    this.imported = new ImportedModels(this.store.home, (id) => this.isRun(id), options.warn);
    this.checkpoints = new Checkpoints({
      reader: options.reader ?? nodeReader(),
      grantKey: options.grantKey ?? null,
      allowsFolders: options.allowsFolders === true,
      files: options.filesFolder ?? null,
      models: this.imported,
      adoptRun: (folder) => this.adoptRun(folder),
    });
    this.watchers = new Watchers({
      changes: this.changes,
      active: this.active,
      warn: options.warn,
      list: () => this.list(),
      open: (run) => this.open(run),
      metricsOf: (folder) => this.metricsOf(folder),
      withNewest: (folder, work) => this.withNewest(folder, work),
      view: (run, loaded, view, signal) => this.view(run, loaded, view, signal),
      modelView: (id, view, signal) => this.modelView(id, view, signal),
    });
    this.measuring = new Measuring(
      this.store.home.root,
      {
        runs: () => [...this.list(), ...this.demos.list()],
        encoder: (run) => encoderOf(this.open(run), options.warn),
        models: () => this.imported.list(),
      },
      options.warn,
    );
    this.queue = new Queue((id) => (this.training = this.train(id)));
    this.reproductions = new Reproductions({
      home: this.store.home.root,
      version: options.version,
      ready: () => this.executors.ready(),
    });
  }

  readonly calls: WorkbenchService['calls'] = {
    'engine.describe': async () => ({
      ...(await this.executors.state()),
      version: this.options.version,
      versions: { fewstep: this.options.version, ...engineVersions() },
      dataFolder: this.store.home.root,
      pid: process.pid,
    }),
    'catalog.get': () => Promise.resolve(catalogOf(this.importedDatasets())),
    'catalog.runSchema': () => Promise.resolve(runSchema()),

    'datasets.sample': ({ dataset, count, seed }) => {
      return Promise.resolve(pointsOf(sourceOf(dataset, this.importedDatasets()), count, seed));
    },
    'datasets.import': ({ fileName, bytes }) => Promise.resolve(this.imports.add(fileName, bytes)),
    'datasets.remove': ({ id }) =>
      Promise.resolve({ trashed: this.store.trashDataset(this.imports.fileOf(id)) }),
    'datasets.restore': ({ trashed }) =>
      Promise.resolve({ id: this.imports.idOf(this.store.restoreDataset(trashed)) }),

    'demos.list': () => Promise.resolve(this.demos.list()),

    'runs.create': ({ config }) => {
      const teacher = plannedTeacher(config);
      const plan = this.planOf(config, {
        teacher: () => this.teacherOf(teacher!),
        encoder: () => this.open(config.encoder!),
      });
      const { sampleShape } = plan;
      const versions = { fewstep: this.options.version, ...engineVersions() };
      const folder = this.store.create(plan.config, {
        versions,
        classes: plan.bound.classes ?? 0,
        ...(sampleShape.length === 3 ? { sampleShape } : {}),
        teacher: teacher === null ? null : { path: folderOf(this.teacherOf(teacher)) },
        encoder: config.encoder === undefined ? null : this.open(config.encoder),
      });
      this.queue.add(folder.id);
      this.changes.ring();
      return Promise.resolve(this.summaryOf(folder));
    },
    'runs.list': () => Promise.resolve(this.list()),
    'runs.get': ({ run }) => Promise.resolve(this.summaryOf(this.open(run))),
    'runs.pause': ({ run }) => Promise.resolve(this.tell(this.open(run), 'pause')),
    'runs.resume': ({ run, executor }) => Promise.resolve(this.resume(run, executor)),
    'runs.stop': ({ run }) => Promise.resolve(this.stop(run)),
    'runs.rename': ({ run, name }) => Promise.resolve(this.change(run, { name })),
    'runs.tag': ({ run, tags }) => Promise.resolve(this.change(run, { tags: [...new Set(tags)] })),
    'runs.delete': ({ run }) => {
      const folder = this.openOwn(run);
      if (this.queue.current === folder.id) {
        throw new WorkbenchError(
          'run/is-training',
          `Run ${folder.id} is training; stop it before deleting it.`,
        );
      }
      this.queue.remove(folder.id);
      const trashed = this.store.trash(folder.id);
      this.changes.ring();
      return Promise.resolve({ trashed });
    },
    'runs.restore': ({ trashed }) => {
      const folder = this.store.restore(trashed);
      this.changes.ring();
      return Promise.resolve(this.summaryOf(folder));
    },
    'film.index': ({ run }) => Promise.resolve(this.open(run).filmIndex()),
    'film.read': ({ run, from, count }) => Promise.resolve(this.filmPage(this.open(run), from, count)),
    'runs.metrics': ({ run }) => Promise.resolve(this.metricsOf(this.open(run))),

    'views.compute': async ({ run, view, step }, signal) => {
      const ofModel = this.modelView(run, view, signal);
      if (ofModel !== null) return ofModel;
      const folder = this.open(run);
      const compute = (loaded: LoadedModel) => this.view(folder.id, loaded, view, signal);
      return step === undefined ? this.withNewest(folder, compute) : compute(await this.saved(folder, step));
    },
    'runs.evaluate': async ({ run, ...request }, signal) => {
      const model = this.imported.find(run);
      if (model !== null) dataOf((await this.models.imported(model)).plan);
      return this.withNewest(this.open(run), (loaded) => this.measuring.evaluate(loaded, request, signal));
    },
    'runs.spaces': ({ run }) =>
      Promise.resolve(this.measuring.spacesOf(this.summaryOf(this.open(run)).sampleShape)),

    'checkpoints.inspect': (input, signal) => this.checkpoints.inspect(input, signal),
    'checkpoints.slice': (input, signal) => this.checkpoints.slice(input, signal),
    'checkpoints.files': () => Promise.resolve(this.checkpoints.files()),

    'models.list': () => Promise.resolve(this.imported.list()),
    'models.rename': ({ model, name }) => Promise.resolve(this.imported.rename(model, name)),
    'models.remove': ({ model }) => {
      const { folder } = this.imported.get(model);
      const trashed = this.imported.remove(model);
      this.models.forget(folder);
      return Promise.resolve({ trashed });
    },
    'models.restore': ({ trashed }) => Promise.resolve(this.imported.restore(trashed)),
    'models.export': async ({ run, ...request }) => {
      if (request.out !== undefined && this.options.allowsFolders !== true) {
        throw new WorkbenchError(
          'export/place-not-allowed',
          'out: expected none, for only a command of the person at this machine says where files go',
          { field: 'out' },
        );
      }
      return exportNetwork(this.exportSource(run), request, {
        folder: this.store.home.exports,
        version: this.options.version,
      });
    },

    'engines.list': () => Promise.resolve(this.installs.list()),
    'engines.remove': async () => this.installs.remove(),

    'reproductions.list': () => Promise.resolve(this.reproductions.list()),
    'reproductions.start': ({ name, size, again }) =>
      Promise.resolve(this.reproductions.start(name, size, again)),
    'reproductions.stop': ({ name }) => Promise.resolve(this.reproductions.stop(name)),
    'reproductions.figure': ({ name, size }) =>
      Promise.resolve({ svg: this.reproductions.figure(name, size) }),
  };

  readonly streams: WorkbenchService['streams'] = {
    'engine.watch': (_, signal) => watchMemory(signal),
    'engines.watch': (_, signal) => this.executors.watch(signal),
    'engines.measure': ({ executors }, signal) => this.executors.measure(executors, signal),
    'engines.install': (input, signal) => this.installs.install(input, signal),
    'runs.watch': (_, signal) => this.watchers.runs(signal),
    'reproductions.watch': (_, signal) => this.reproductions.watch(signal),
    'film.watch': ({ run }, signal) => this.watchers.film(run, signal),
    'metrics.watch': ({ run }, signal) => this.watchers.metrics(run, signal),
    'checkpoints.statistics': (input, signal) => this.checkpoints.statistics(input, signal),
    'checkpoints.compare': (input, signal) => this.checkpoints.compare(input, signal),
    'checkpoints.import': (input, signal) => this.checkpoints.import(input, signal),
    'datasets.importImages': (input, signal) =>
      importImages(
        {
          reader: this.options.reader ?? nodeReader(),
          datasets: this.imports,
          fileOf: (source) => this.checkpoints.fileOf(source),
          encoder: async (id) => new LatentEncoder(this.imported.get(id), await executorById('auto')),
        },
        input,
        signal,
      ),
    'models.watch': (_, signal) => this.imported.watch(signal),
    'views.watch': ({ run, view }, signal) => this.watchers.view(run, view, signal),
  };

  /** Stops what trains at its next step, with a checkpoint, and lets go of the data folder. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.queue.close();
    for (const run of this.active.values()) run.stop();
    await Promise.all([
      ...[this.installs.close(), this.executors.close()],
      ...[this.training, this.reproductions.close()],
    ]);
    await this.models.dispose();
    await this.measuring.dispose();
    this.store.close();
  }

  /** Trains one run to its end; trouble ends in the run's own status. */
  private async train(id: string): Promise<void> {
    try {
      const folder = this.store.find(this.pathOrId(id));
      const plan = this.planOfRun(folder);
      const run = await ActiveRun.open(
        plan,
        folder,
        this.options.warn,
        await askedOf(folder.file, this.executors),
      );
      this.active.set(id, run);
      this.changes.ring();
      const wish = this.isClosing ? 'stop' : this.early.get(id);
      if (wish !== undefined) run[wish]();
      await run.drive();
      const { error, executor } = run.folder.file;
      await this.afterFailure(error?.code, executor);
    } catch (error) {
      await this.refuse(id, error);
    } finally {
      this.active.delete(id);
      this.early.delete(id);
      this.foreign.delete(id);
      this.changes.ring();
    }
  }

  /** A device that failed is tried again; what was computed there is loaded anew, wherever it goes. */
  private async afterFailure(code: string | undefined, executor: string | null): Promise<void> {
    const failed = executorId.safeParse(executor).data;
    if (code === undefined || failed === undefined || !isOfDevice(code)) return;
    this.models.forgetAll();
    await this.executors.renew(failed);
  }

  /** Computes while nothing trains here. */
  private betweenSteps<T>(work: () => Promise<T>): Promise<T> {
    const run = [...this.active.values()].find(({ isOver }) => !isOver);
    return run === undefined ? work() : run.between(work);
  }

  /** A run that could not even begin. */
  private async refuse(id: string, error: unknown): Promise<void> {
    const { code, message } = wireErrorFrom(error);
    this.options.warn({ code, message });
    // A run that another process trains is not ours to mark.
    if (code === 'run/locked') return;
    try {
      const folder = this.store.find(this.pathOrId(id));
      folder.update({ status: 'failed', error: failureOf(error, folder.file) });
      await this.afterFailure(code, folder.file.executor);
    } catch (second) {
      const again = wireErrorFrom(second);
      this.options.warn({ code: again.code, message: again.message });
    }
  }

  private planOf(config: RunConfig, learntFrom: LearntFrom): Plan {
    return planOf(config, this.importedDatasets(), learntFrom, this.options.warn);
  }

  /** The plan of a run that exists, with the teacher and the encoder that it keeps. */
  private planOfRun(folder: RunFolder): Plan {
    return this.planOf(folder.file.config, {
      teacher: () =>
        isModelFolder(folder.teacherPath)
          ? { kind: 'model', model: readModel(folder.teacherPath) }
          : { kind: 'run', folder: folder.teacher() },
      encoder: () => folder.encoder(),
    });
  }

  /** What `config.teacher` names. @throws WorkbenchError `run/not-found`, `model/bad-file`, ... */
  private teacherOf(id: string): TeacherSource {
    const model = this.imported.find(id);
    return model === null ? { kind: 'run', folder: this.open(id) } : { kind: 'model', model };
  }

  private isRun(id: string): boolean {
    return this.demos.find(id) !== null || this.store.has(id);
  }

  /** Copies the run that lies in a folder, or whose `run.json` it is, among the runs. */
  private adoptRun(place: string): void {
    this.store.adopt(path.basename(place) === 'run.json' ? path.dirname(place) : place);
    this.changes.ring();
  }

  private exportSource(run: string): ExportSource {
    const model = this.imported.find(run);
    if (model !== null) {
      return { id: model.id, name: model.name, model, load: () => this.models.imported(model) };
    }
    const folder = this.open(run);
    return {
      id: folder.id,
      name: folder.file.name,
      model: null,
      load: () => this.withNewest(folder, (loaded) => Promise.resolve(loaded)),
    };
  }

  private async view(
    run: string,
    loaded: LoadedModel,
    view: ParsedViewRequest,
    signal: CancelSignal,
  ): Promise<ViewFrame> {
    const asks = view.kind === 'samples' || view.kind === 'closeup' ? view.decoder : undefined;
    const decoder = asks === undefined ? null : await this.models.decoder(this.imported.get(asks));
    try {
      return await computeView({ run, ...loaded, signal, decoder }, view);
    } catch (error) {
      void this.afterFailure(wireErrorFrom(error).code, loaded.model.executor);
      throw error;
    }
  }

  private modelView(id: string, view: ParsedViewRequest, signal: CancelSignal): Promise<ViewFrame> | null {
    const model = this.imported.find(id);
    if (model === null) return null;
    return this.models.imported(model).then((loaded) => this.view(id, loaded, view, signal));
  }

  private importedDatasets(): Dataset[] {
    return this.imports.list(this.options.warn);
  }

  /** Folders outside the data folder that a person named, by the id they are trained under. */
  private readonly foreign = new Map<string, string>();

  private pathOrId(id: string): string {
    return this.foreign.get(id) ?? id;
  }

  private open(run: string): RunFolder {
    const demo = this.demos.find(run);
    if (demo !== null) return demo;
    if (this.options.allowsFolders !== true) return this.store.open(run);
    const folder = this.store.find(run);
    if (!folder.path.startsWith(this.store.home.runs)) this.foreign.set(folder.id, folder.path);
    return folder;
  }

  /** A run that may be changed. @throws WorkbenchError `run/is-demo` */
  private openOwn(run: string): RunFolder {
    if (this.demos.find(run) !== null) {
      throw new WorkbenchError(
        'run/is-demo',
        `Expected a run of yours, found ${run}, which ships with Fewstep and stays as it is; duplicate it to change it.`,
        { id: run },
      );
    }
    return this.open(run);
  }

  private change(run: string, change: { name?: string; tags?: string[] }): RunSummary {
    const folder = this.openOwn(run);
    (this.active.get(folder.id)?.folder ?? folder).update(change);
    this.changes.ring();
    return this.summaryOf(this.open(run));
  }

  /** @throws WorkbenchError `run/not-training` unless the run has its turn here */
  private tell(folder: RunFolder, wish: RunWish): RunSummary {
    const active = this.active.get(folder.id);
    if (active !== undefined) active[wish]();
    else if (this.queue.current === folder.id) {
      if (this.early.get(folder.id) !== 'stop') this.early.set(folder.id, wish);
    } else {
      throw new WorkbenchError(
        'run/not-training',
        `Run ${folder.id}: expected it to be training here, found it ${folder.summary().status}.`,
      );
    }
    return this.summaryOf(folder);
  }

  private summaryOf(folder: RunFolder): RunSummary {
    if (this.demos.find(folder.id) !== null) return this.demos.summaryOf(folder);
    return this.active.get(folder.id)?.summary() ?? folder.summary();
  }

  private list(): RunSummary[] {
    return this.store.list().map((summary) => this.active.get(summary.id)?.summary() ?? summary);
  }

  private resume(run: string, executor?: ExecutorId | 'auto'): RunSummary {
    const folder = this.openOwn(run);
    const { status, step, config, error } = folder.summary();
    // One that has just ended may still have its turn.
    const isUnderWay = status === 'queued' || status === 'running' || status === 'paused';
    if (this.queue.current === folder.id && isUnderWay) {
      if (executor === undefined) return this.tell(folder, 'unpause');
      throw new WorkbenchError(
        'run/is-training',
        `Run ${folder.id} is training; stop it before it goes on with another executor.`,
      );
    }
    if (status === 'finished') {
      throw new WorkbenchError('run/finished', `Run ${folder.id} has done all its ${config.steps} steps.`);
    }
    if (status === 'diverged') {
      throw new WorkbenchError(
        'run/diverged',
        `Run ${folder.id} would diverge again at the same step ${step + 1}: ${error?.message ?? ''} Start one with another config.`,
      );
    }
    if (status === 'running' || status === 'paused') {
      throw lockedBy(liveLockOwner(folder.path), folder.path);
    }
    folder.update({
      status: 'queued',
      error: null,
      ...(executor === undefined ? {} : { resumedOn: executor }),
    });
    this.queue.add(folder.id);
    this.changes.ring();
    return this.summaryOf(this.open(run));
  }

  private stop(run: string): RunSummary {
    const folder = this.openOwn(run);
    if (!this.queue.remove(folder.id)) return this.tell(folder, 'stop');
    folder.update({ status: 'stopped' });
    this.changes.ring();
    return this.summaryOf(this.open(run));
  }

  private filmPage(folder: RunFolder, from: number, count: number): FilmPage {
    const page = folder.filmPage(from, count, this.options.warn);
    const { times, dim } = folder.filmIndex();
    const { dataset } = folder.file.config;
    const source = dataset.id === NO_DATASET ? null : sourceOf(dataset, this.importedDatasets());
    return { ...page, ...modesOf(source, endPoints(page.positions, times.length, dim)) };
  }

  private metricsOf(folder: RunFolder): MetricsBatch {
    return { run: folder.id, series: folder.metrics(this.options.warn) };
  }

  /**
   * Computes with the newest parameters: those of the last step while the run trains here, between two
   * steps, else those of the newest good checkpoint.
   */
  private async withNewest<T>(folder: RunFolder, work: (loaded: LoadedModel) => Promise<T>): Promise<T> {
    const active = this.active.get(folder.id);
    if (active === undefined || active.isOver) return work(await this.saved(folder));
    return active.between(async () => {
      const { plan, model, step } = active;
      return work({ plan, model, step, state: await active.sampledState() });
    });
  }

  private saved(folder: RunFolder, step?: number): Promise<LoadedModel> {
    return this.models.get(folder, () => this.planOfRun(folder), step);
  }
}
