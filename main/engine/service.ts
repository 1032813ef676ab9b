/** The workbench itself: what every window, command and script calls. */
import { executorId } from '#contract/engines.ts';
import { type WarningSink, WorkbenchError } from '#contract/errors.ts';
import type { WorkbenchService } from '#contract/workbench.ts';
import type { Dataset } from '../datasets/index.ts';
import { RunStore } from '../store/index.ts';
import { engineVersions, executorById } from '../tensor/device.ts';
import { Bell } from './events/bell.ts';
import { catalogOf, runSchema } from './catalog.ts';
import { Checkpoints } from './checkpoints/checkpoints.ts';
import { pointsOf } from './data/data-samples.ts';
import { Demos } from './runs/demos.ts';
import { encoderOf } from './plan/encoder.ts';
import { askedOf } from './executors/asked.ts';
import { Executors } from './executors/executors.ts';
import { isOfDevice } from './executors/failures.ts';
import { exportNetwork } from './checkpoints/export.ts';
import { importImages } from './data/image-imports.ts';
import { ImportedModels } from './checkpoints/imported-models.ts';
import { ImportedDatasets } from './data/imports.ts';
import { KnownRuns } from './runs/known-runs.ts';
import { LatentEncoder } from './data/latents.ts';
import { Measuring } from './evaluation/measuring.ts';
import { ModelShelf } from './sampling/models.ts';
import { dataOf, sourceOf } from './plan/plan.ts';
import { Planner } from './runs/planner.ts';
import { nodeReader } from './reader/node-process.ts';
import type { SpawnReader } from './reader/process.ts';
import { Reproductions } from './reproductions/reproductions.ts';
import { RunDesk } from './runs/run-desk.ts';
import { RunViews } from './runs/run-views.ts';
import { EngineInstalls } from './tensorflow/installs.ts';
import { Watchers, watchMemory } from './runs/watchers.ts';

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

export class Engine implements WorkbenchService {
  private readonly options: EngineOptions;
  private readonly store: RunStore;
  private readonly runs: KnownRuns;
  private readonly desk: RunDesk;
  private readonly views: RunViews;
  private readonly imports: ImportedDatasets;
  private readonly imported: ImportedModels;
  private readonly checkpoints: Checkpoints;
  private readonly models: ModelShelf;
  private readonly demos: Demos;
  /** Rings when any run changes in a way that a list shows. */
  private readonly changes = new Bell();
  private readonly watchers: Watchers;
  private readonly reproductions: Reproductions;
  private readonly measuring: Measuring;
  private readonly executors: Executors;
  private readonly installs: EngineInstalls;

  /** @throws WorkbenchError `store/...` if the data folder cannot be used */
  constructor(options: EngineOptions) {
    const { warn, version } = options;
    this.options = options;
    this.store = RunStore.open({ ...(options.home === undefined ? {} : { home: options.home }), warn });
    const { home } = this.store;
    this.executors = new Executors({
      home: home.root,
      version,
      warn,
      ...(options.measureSecs === undefined ? {} : { seconds: options.measureSecs }),
      quietly: (work) => this.desk.betweenSteps(work),
    });
    this.installs = new EngineInstalls(home.root, () => this.executors.renew('tensorflow'));
    this.imports = new ImportedDatasets(home.datasets);
    this.models = new ModelShelf(warn, () => this.executors.recall());
    this.demos = new Demos(options.demos ?? null, warn);
    this.runs = new KnownRuns(this.store, this.demos, options.allowsFolders === true);
    this.imported = new ImportedModels(home, (id) => this.runs.has(id), warn);
    const { store, runs, demos, models, imported, changes } = this;
    const datasets = () => this.importedDatasets();
    const planner = new Planner({ runs, models: imported, datasets, warn });
    const afterFailure = (code: string, executor: string | null) => this.afterFailure(code, executor);
    this.desk = new RunDesk({
      store,
      runs,
      demos,
      planner,
      changes,
      version,
      warn,
      askedOf: (folder) => askedOf(folder.file, this.executors),
      afterFailure,
    });
    const { desk } = this;
    this.views = new RunViews({
      runs,
      planner,
      imported,
      models,
      active: desk.active,
      warn,
      datasets,
      afterFailure,
    });
    this.checkpoints = new Checkpoints({
      reader: options.reader ?? nodeReader(),
      grantKey: options.grantKey ?? null,
      allowsFolders: options.allowsFolders === true,
      files: options.filesFolder ?? null,
      models: imported,
      adoptRun: (place) => {
        runs.adopt(place);
        changes.ring();
      },
    });
    this.watchers = new Watchers({ changes, warn, runs, desk, views: this.views });
    this.measuring = new Measuring(
      home.root,
      {
        runs: () => [...desk.list(), ...demos.list()],
        encoder: (run) => encoderOf(runs.open(run), warn),
        models: () => imported.list(),
      },
      warn,
    );
    this.reproductions = new Reproductions({
      home: home.root,
      version,
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

    'runs.create': ({ config }) => Promise.resolve(this.desk.create(config)),
    'runs.list': () => Promise.resolve(this.desk.list()),
    'runs.get': ({ run }) => Promise.resolve(this.desk.summaryOf(this.runs.open(run))),
    'runs.pause': ({ run }) => Promise.resolve(this.desk.pause(run)),
    'runs.resume': ({ run, executor }) => Promise.resolve(this.desk.resume(run, executor)),
    'runs.stop': ({ run }) => Promise.resolve(this.desk.stop(run)),
    'runs.rename': ({ run, name }) => Promise.resolve(this.desk.change(run, { name })),
    'runs.tag': ({ run, tags }) => Promise.resolve(this.desk.change(run, { tags: [...new Set(tags)] })),
    'runs.delete': ({ run }) => Promise.resolve({ trashed: this.desk.trash(run) }),
    'runs.restore': ({ trashed }) => Promise.resolve(this.desk.restore(trashed)),
    'film.index': ({ run }) => Promise.resolve(this.runs.open(run).filmIndex()),
    'film.read': ({ run, from, count }) =>
      Promise.resolve(this.views.filmPage(this.runs.open(run), from, count)),
    'runs.metrics': ({ run }) => Promise.resolve(this.views.metricsOf(this.runs.open(run))),

    'views.compute': (input, signal) => this.views.compute(input, signal),
    'runs.evaluate': async ({ run, ...request }, signal) => {
      const model = this.imported.find(run);
      if (model !== null) dataOf((await this.models.imported(model)).plan);
      return this.views.withNewest(this.runs.open(run), (loaded) =>
        this.measuring.evaluate(loaded, request, signal),
      );
    },
    'runs.spaces': ({ run }) =>
      Promise.resolve(this.measuring.spacesOf(this.desk.summaryOf(this.runs.open(run)).sampleShape)),

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
      return exportNetwork(this.views.exportSource(run), request, {
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
    await Promise.all([
      ...[this.desk.close(), this.installs.close()],
      ...[this.executors.close(), this.reproductions.close()],
    ]);
    await this.models.dispose();
    await this.measuring.dispose();
    this.store.close();
  }

  /** A device that failed is tried again; what was computed there is loaded anew, wherever it goes. */
  private async afterFailure(code: string, executor: string | null): Promise<void> {
    const failed = executorId.safeParse(executor).data;
    if (failed === undefined || !isOfDevice(code)) return;
    this.models.forgetAll();
    await this.executors.renew(failed);
  }

  private importedDatasets(): Dataset[] {
    return this.imports.list(this.options.warn);
  }
}
