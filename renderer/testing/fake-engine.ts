import type {
  CheckpointListing,
  ImportProgress,
  ModelChange,
  ModelSummary,
  TensorDifference,
  TensorStatistics,
} from '#contract/checkpoints.ts';
import type { ExecutorEntry, ExecutorsState, InstallProgress, InstalledEngine } from '#contract/engines.ts';
import type { FilmIndex, FilmPage, ViewFrame } from '#contract/frames.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { portPair } from '#contract/rpc/pair.ts';
import type { Port } from '#contract/rpc/port.ts';
import { serve } from '#contract/rpc/server.ts';
import type { ReproductionEntry } from '#contract/reproductions.ts';
import type { MetricsBatch, RunChange, RunSummary } from '#contract/runs.ts';
import type {
  CallOutput,
  CallParsed,
  CancelSignal,
  StreamParsed,
  WorkbenchService,
} from '#contract/workbench.ts';

/** A stream that a test fills by hand. */
export class Feed<T> {
  readonly #waiting: T[] = [];
  #wake: (() => void) | null = null;
  #isEnded = false;
  /** Values that a listener has taken. */
  taken = 0;

  push(...values: T[]): void {
    this.#waiting.push(...values);
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const value = this.#waiting.shift();
      if (value !== undefined) {
        this.taken += 1;
        yield value;
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = null;
      }
    }
  }
}

/**
 * An engine that computes nothing and says what a test tells it to, behind the real server and a real
 * port.
 */
export class FakeEngine {
  runs: RunSummary[] = [];
  demos: RunSummary[] = [];
  readonly runChanges = new Feed<RunChange>();
  reproductions: ReproductionEntry[] = [];
  readonly reproductionChanges = new Feed<ReproductionEntry>();
  /** Reproductions that were started, with how. */
  readonly started: { name: string; size: string; again: boolean }[] = [];
  readonly load = new Feed<{ memoryBytes: number }>();
  readonly modelChanges = new Feed<ModelChange>();
  /** What `checkpoints.inspect` answers. */
  inspect: (asked: CallParsed<'checkpoints.inspect'>, signal: CancelSignal) => Promise<CheckpointListing> =
    () => Promise.reject(new WorkbenchError('test/absent', 'The fake engine has no checkpoint'));
  /** What `checkpoints.slice` answers. */
  slice: (asked: CallParsed<'checkpoints.slice'>) => Promise<CallOutput<'checkpoints.slice'>> = () =>
    Promise.reject(new WorkbenchError('test/absent', 'The fake engine has no tensor'));
  /** Opened streams of checkpoints in order, each with what it was asked for. */
  readonly statistics: { input: StreamParsed<'checkpoints.statistics'>; feed: Feed<TensorStatistics[]> }[] =
    [];
  readonly comparisons: { input: StreamParsed<'checkpoints.compare'>; feed: Feed<TensorDifference[]> }[] = [];
  readonly imports: { input: StreamParsed<'checkpoints.import'>; feed: Feed<ImportProgress> }[] = [];
  readonly measurements: { input: StreamParsed<'engines.measure'>; feed: Feed<ExecutorEntry> }[] = [];
  readonly installs: { input: StreamParsed<'engines.install'>; feed: Feed<InstallProgress> }[] = [];
  installed: InstalledEngine[] = [];
  readonly executorChanges = new Feed<ExecutorsState>();
  /** Opened films by run, and the pages that a test has for them. */
  readonly films: { run: string; feed: Feed<FilmIndex> }[] = [];
  filmPages: (run: string, from: number, count: number) => Promise<FilmPage> = () =>
    Promise.reject(new WorkbenchError('test/absent', 'The fake engine has no film'));
  /** Opened streams in order, each with what it was asked for. */
  readonly views: { input: StreamParsed<'views.watch'>; feed: Feed<ViewFrame> }[] = [];
  readonly metrics: { run: string; feed: Feed<MetricsBatch> }[] = [];
  /** Views that were computed once, in the order in which they were asked for. */
  readonly computed: CallParsed<'views.compute'>[] = [];
  /** Runs that make samples in one evaluation and no other number. */
  readonly generators = new Set<string>();
  /** What `views.compute` answers. */
  compute: (asked: CallParsed<'views.compute'>, signal: CancelSignal) => Promise<ViewFrame> = async (asked) =>
    sampledFrame(asked, this.generators.has(asked.run));
  #ports: Port[] = [];

  /** Opens a wire to this engine, as a window does. */
  readonly open = (): Port => {
    const [here, there] = portPair();
    serve(this.#service(), there);
    this.#ports.push(there);
    return here;
  };

  /** Loses every open wire. */
  drop(reason: string): void {
    for (const port of this.#ports) port.close(reason);
    this.#ports = [];
  }

  #service(): WorkbenchService {
    const absent = (name: string) => (): Promise<never> =>
      Promise.reject(new WorkbenchError('test/absent', `The fake engine has no ${name}`));
    return {
      calls: {
        'engine.describe': async () => ({
          version: '0.0.0',
          versions: {},
          executors: [],
          executor: 'ort-cpu',
          device: 'a test',
          because: 'the only one here',
          measuring: null,
          dataFolder: '/data',
          pid: 1,
        }),
        'catalog.get': async () => ({ methods: [], datasets: [], samplers: [], metrics: [] }),
        'catalog.runSchema': async () => ({ type: 'object', properties: {} }),
        'datasets.sample': absent('datasets.sample'),
        'datasets.import': absent('datasets.import'),
        'datasets.remove': absent('datasets.remove'),
        'datasets.restore': absent('datasets.restore'),
        'demos.list': async () => this.demos,
        'runs.create': absent('runs.create'),
        'runs.list': async () => this.runs,
        'runs.get': absent('runs.get'),
        'runs.pause': absent('runs.pause'),
        'runs.resume': absent('runs.resume'),
        'runs.stop': absent('runs.stop'),
        'runs.rename': absent('runs.rename'),
        'runs.delete': async ({ run }) => ({ trashed: `/data/trash/${run}` }),
        'runs.restore': async ({ trashed }) => runSummary(trashed.split('/').at(-1) ?? trashed),
        'runs.tag': absent('runs.tag'),
        'film.index': absent('film.index'),
        'film.read': ({ run, from, count }) => this.filmPages(run, from, count),
        'runs.metrics': absent('runs.metrics'),
        'views.compute': (asked, signal) => {
          this.computed.push(asked);
          return this.compute(asked, signal);
        },
        'runs.evaluate': absent('runs.evaluate'),
        'runs.spaces': absent('runs.spaces'),
        'checkpoints.inspect': (asked, signal) => this.inspect(asked, signal),
        'checkpoints.slice': (asked) => this.slice(asked),
        'checkpoints.files': async () => ({ folder: null, files: [] }),
        'models.list': async () => [],
        'models.rename': async ({ model, name }) => modelSummary(model, { name }),
        'models.remove': async ({ model }) => ({ trashed: `/data/trash/${model}` }),
        'models.restore': async ({ trashed }) => modelSummary(trashed.split('/').at(-1) ?? trashed),
        'models.export': absent('models.export'),
        'engines.list': async () => this.installed,
        'engines.remove': async ({ engine }) => {
          const bytes = this.installed.find(({ id }) => id === engine)?.bytes ?? 0;
          this.installed = this.installed.filter(({ id }) => id !== engine);
          return { bytes };
        },
        'reproductions.list': async () => this.reproductions,
        'reproductions.start': async (input) => {
          this.started.push(input);
          return reproductionEntry(input.name, { state: { status: 'waiting', size: input.size } });
        },
        'reproductions.stop': async ({ name }) => reproductionEntry(name),
        'reproductions.figure': absent('reproductions.figure'),
      },
      streams: {
        'runs.watch': () => this.runChanges,
        'datasets.importImages': () => new Feed(),
        'reproductions.watch': () => this.reproductionChanges,
        'engine.watch': () => this.load,
        'engines.watch': () => this.executorChanges,
        'engines.measure': (input) => opened(this.measurements, input),
        'engines.install': (input) => opened(this.installs, input),
        'models.watch': () => this.modelChanges,
        'checkpoints.statistics': (input) => opened(this.statistics, input),
        'checkpoints.compare': (input) => opened(this.comparisons, input),
        'checkpoints.import': (input) => opened(this.imports, input),
        'film.watch': ({ run }) => {
          const feed = new Feed<FilmIndex>();
          this.films.push({ run, feed });
          return feed;
        },
        'metrics.watch': ({ run }) => {
          const feed = new Feed<MetricsBatch>();
          this.metrics.push({ run, feed });
          return feed;
        },
        'views.watch': (input) => {
          const feed = new Feed<ViewFrame>();
          this.views.push({ input, feed });
          return feed;
        },
      },
    };
  }
}

function opened<I, T>(streams: { input: I; feed: Feed<T> }[], input: I): Feed<T> {
  const feed = new Feed<T>();
  streams.push({ input, feed });
  return feed;
}

export function modelSummary(id: string, change: Partial<ModelSummary> = {}): ModelSummary {
  return {
    id,
    name: id,
    kind: 'sit',
    title: 'SiT, 32 wide',
    use: 'teacher',
    config: {
      network: 'dit',
      size: 8,
      patch: 2,
      channels: 4,
      width: 32,
      depth: 2,
      heads: 4,
      mlpWidth: 128,
      classes: 10,
      timeChannels: 256,
      timeDivisor: 'half',
      mlpNormEps: 1e-6,
      qkNorm: false,
      head: { kind: 'field', channels: 8 },
    },
    convention: 'sit',
    sampleShape: [8, 8, 4],
    classes: 10,
    parameters: 50_000,
    bytes: 200_000,
    fileName: 'sit.safetensors',
    createdAt: '2026-01-01T00:00:00.000Z',
    folder: `/data/models/${id}`,
    ...change,
  };
}

export function runSummary(id: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    name: id,
    tags: [],
    isDemo: false,
    classes: 0,
    folder: `/data/runs/${id}`,
    config: {
      method: 'drifting',
      params: {},
      dataset: { id: 'checkerboard', params: {} },
      steps: 100,
      seed: 0,
      checkpointEvery: 50,
      evalEvery: 50,
      filmFrames: 48,
      executor: 'auto',
    },
    status: 'running',
    step: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    error: null,
    latest: {},
    stepsPerSec: null,
    etaSecs: null,
    executor: null,
    device: null,
    trainedOn: [],
    ...change,
  };
}

export function reproductionEntry(name: string, change: Partial<ReproductionEntry> = {}): ReproductionEntry {
  const size = { seeds: [0, 1, 2], kept: 0, of: 6, result: null };
  return {
    name,
    claim: `The claim of ${name}`,
    source: 'a paper',
    rule: 'Holds if it does; does not hold otherwise.',
    arms: ['small', 'large'],
    quick: size,
    full: size,
    state: { status: 'idle' },
    ...change,
  };
}

export function samplesFrame(run: string, step: number): ViewFrame {
  return {
    run,
    kind: 'samples',
    step,
    nfe: 1,
    computeMs: 1,
    count: 1,
    dim: 2,
    arrays: { points: Float32Array.of(step, step) },
  };
}

/** Records of a path: noise, the middle, data. */
const pathTimes = Float32Array.of(1, 0.5, 0);

/**
 * Samples or paths from noise that the seed alone decides: sample i of n evaluations ends 1/n to the right
 * of where the teacher takes the same noise.
 */
function sampledFrame({ run, view, step }: CallParsed<'views.compute'>, isGenerator: boolean): ViewFrame {
  if (view.kind !== 'samples' && view.kind !== 'trajectories') {
    throw new WorkbenchError(
      'view/not-available',
      `The fake engine makes samples and paths, found ${view.kind}`,
    );
  }
  const { count, nfe, seed, withTeacher, kind } = view;
  if (isGenerator && nfe !== 1) {
    throw new WorkbenchError('sampler/wrong-nfe', `nfe: expected 1 for a one-step generator, found ${nfe}`);
  }
  const teacher = Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(i + 31 * seed));
  const points = teacher.map((value, i) => (i % 2 === 0 ? value + 1 / nfe : value));
  const arrays: ViewFrame['arrays'] =
    kind === 'samples'
      ? { points, ...(withTeacher ? { teacher } : {}) }
      : {
          positions: pathsTo(points),
          times: pathTimes,
          ...(withTeacher ? { teacherPositions: pathsTo(teacher), teacherTimes: pathTimes } : {}),
        };
  return { run, kind, step: step ?? 0, nfe, computeMs: 1, count, dim: 2, arrays };
}

/** Straight from three times their length to the ends, flat [n, T, 2]. */
function pathsTo(ends: Float32Array): Float32Array {
  const records = pathTimes.length;
  return Float32Array.from({ length: ends.length * records }, (_, at) => {
    const path = Math.floor(at / (2 * records));
    const record = Math.floor(at / 2) % records;
    return (ends[2 * path + (at % 2)] ?? 0) * (1 + 2 * (pathTimes[record] ?? 0));
  });
}
