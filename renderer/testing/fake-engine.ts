import type { FilmIndex, FilmPage, ViewFrame } from '#contract/frames.ts';
import { WorkbenchError } from '#contract/errors.ts';
import { portPair } from '#contract/rpc/pair.ts';
import type { Port } from '#contract/rpc/port.ts';
import { serve } from '#contract/rpc/server.ts';
import type { MetricsBatch, RunChange, RunSummary } from '#contract/runs.ts';
import type { StreamParsed, WorkbenchService } from '#contract/workbench.ts';

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
  readonly load = new Feed<{ memoryBytes: number }>();
  /** Opened films by run, and the pages that a test has for them. */
  readonly films: { run: string; feed: Feed<FilmIndex> }[] = [];
  filmPages: (run: string, from: number, count: number) => Promise<FilmPage> = () =>
    Promise.reject(new WorkbenchError('test/absent', 'The fake engine has no film'));
  /** Opened streams in order, each with what it was asked for. */
  readonly views: { input: StreamParsed<'views.watch'>; feed: Feed<ViewFrame> }[] = [];
  readonly metrics: { run: string; feed: Feed<MetricsBatch> }[] = [];
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
        'views.compute': absent('views.compute'),
        'runs.evaluate': absent('runs.evaluate'),
      },
      streams: {
        'runs.watch': () => this.runChanges,
        'engine.watch': () => this.load,
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

export function runSummary(id: string, change: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    name: id,
    tags: [],
    isDemo: false,
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
    ...change,
  };
}

export function samplesFrame(run: string, step: number): ViewFrame {
  return {
    run,
    kind: 'samples',
    step,
    nfe: 1,
    count: 1,
    dim: 2,
    arrays: { points: Float32Array.of(step, step) },
  };
}
