/** The executors of this machine as an engine knows them: tried once, measured once, and one chosen. */
import path from 'node:path';
import {
  type ExecutorEntry,
  type ExecutorId,
  type ExecutorScore,
  type ExecutorsState,
  executorId,
} from '#contract/engines.ts';
import { type WarningSink, WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import {
  type ProbedExecutor,
  deviceText,
  engineVersions,
  executorById,
  forgetExecutor,
  pinnedExecutor,
  preferExecutor,
  probeExecutor,
  useEnginesFolder,
} from '../../tensor/device.ts';
import type { TrainingArrays } from '../../training/trainer.ts';
import { Bell } from '../events/bell.ts';
import { type Choice, choiceOf, unmeasured } from './choose.ts';
import { measureExecutor, stateAfterOneStep } from './measure.ts';
import { ExecutorMemory } from './memory.ts';
import { Trials } from './trials.ts';
import { WORKLOAD } from './workload.ts';

/** What every machine has. */
const COMMON: readonly ExecutorId[] = ['ort-cpu', 'reference'];

/** How long the clock runs for each. */
const SECONDS = 5;

interface Options {
  /** The data folder, which need not exist. */
  readonly home: string;
  /** Of the program. */
  readonly version: string;
  readonly warn: WarningSink;
  readonly seconds?: number;
  /** Runs a measurement while nothing else computes. */
  readonly quietly?: <T>(work: () => Promise<T>) => Promise<T>;
}

export class Executors {
  private readonly options: Options;
  private readonly memory: ExecutorMemory;
  private readonly trials: Trials;
  private readonly entries = new Map<ExecutorId, ExecutorEntry>();
  private readonly changes = new Bell();
  private readonly closing = new AbortController();
  private choice: Choice = { id: 'ort-cpu', because: 'the others are not tried yet' };
  private measuring: ExecutorId | null = null;
  private probing: Promise<void> | null = null;
  private choosing: Promise<void> | null = null;
  /** What all are compared with. */
  private expected: Promise<TrainingArrays> | null = null;
  /** One is tried or measured at a time. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: Options) {
    this.options = options;
    this.memory = new ExecutorMemory(options.home);
    this.trials = new Trials(options.home);
    useEnginesFolder(enginesFolder(options.home));
  }

  /** Everything there is, tried once. */
  async state(): Promise<ExecutorsState> {
    await (this.probing ??= this.tryAll());
    return this.now();
  }

  /** As it is, then at every change; it tries nothing by itself. */
  async *watch(signal: CancelSignal): AsyncIterable<ExecutorsState> {
    while (!signal.aborted) {
      const heard = this.changes.rings;
      yield this.now();
      if (this.changes.rings === heard) await this.changes.wait(signal);
    }
  }

  /**
   * Resolves when `auto` means what was once measured as the fastest, which tries nothing where nothing
   * was: drivers are not loaded for a few samples.
   */
  async recall(): Promise<void> {
    if (this.probing !== null) return this.probing;
    if (pinnedExecutor() === null && this.memory.knows().some((id) => !COMMON.includes(id))) {
      await this.state();
    }
  }

  /**
   * Resolves when `auto` means the fastest: what was never measured is measured now, which takes some
   * seconds each where there is more than one to choose from, and nothing else.
   */
  ready(): Promise<void> {
    return (this.choosing ??= this.choose().finally(() => (this.choosing = null)));
  }

  /**
   * Tries and measures executors one after the other, also those that were measured before.
   * @param ids  all that can be had, if left out
   */
  async *measure(ids: readonly ExecutorId[] | undefined, signal: CancelSignal): AsyncIterable<ExecutorEntry> {
    await this.state();
    const asked = ids ?? [...this.entries.values()].filter(({ available }) => available).map(({ id }) => id);
    for (const id of asked) {
      const entry = await this.alone(() => this.measured(id, signal));
      if (entry === null) return;
      yield entry;
    }
  }

  /** Tries one again, whose device was lost or which was installed or removed. */
  async renew(id: ExecutorId): Promise<void> {
    // What was never tried is tried when somebody asks.
    if (this.probing === null) return forgetExecutor(id);
    await this.state();
    await this.alone(async () => {
      forgetExecutor(id);
      this.put(await this.tried(id));
    });
  }

  /** Whether it can be had, as far as is known. */
  async has(id: ExecutorId): Promise<boolean> {
    const { executors } = await this.state();
    return executors.some((entry) => entry.id === id && entry.available);
  }

  /** Ends what is measured at its next step. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.turn;
  }

  private async tryAll(): Promise<void> {
    for (const id of executorId.options) {
      const entry = await this.alone(() => this.tried(id));
      this.entries.set(id, entry);
    }
    this.settle();
  }

  private async choose(): Promise<void> {
    if (pinnedExecutor() !== null) return;
    const missing = unmeasured((await this.state()).executors);
    for (const id of missing) {
      await this.alone(() => this.measured(id, this.closing.signal));
    }
  }

  /** What trying it tells, with what is remembered of it. */
  private async tried(id: ExecutorId): Promise<ExecutorEntry> {
    const refusal = this.trials.refusal(id);
    if (refusal !== null) return { id, available: false, reason: refusal, device: null, score: null };
    const probed = await this.trials.during(id, () => probeExecutor(id));
    if (!probed.available) return { ...probed, score: null };
    const known = this.memory.recall(id, this.keyOf(probed));
    if (known === null) return { ...probed, score: null };
    const { failure, score } = known;
    return failure === null ? { ...probed, score } : unfit(probed, failure);
  }

  /** Null when it was cancelled. */
  private async measured(id: ExecutorId, signal: CancelSignal): Promise<ExecutorEntry | null> {
    const { closing } = this;
    if (signal.aborted || closing.signal.aborted) return null;
    this.trials.forgive(id);
    const until = new AbortController();
    const leave = (): void => until.abort();
    signal.addEventListener('abort', leave, { once: true });
    closing.signal.addEventListener('abort', leave, { once: true });
    this.measuring = id;
    this.changes.ring();
    try {
      const probed = await this.trials.during(id, () => probeExecutor(id));
      if (!probed.available) return this.put({ ...probed, score: null });
      const { quietly = (work) => work() } = this.options;
      const score = await quietly(() => this.trials.during(id, () => this.scoreOf(id, until.signal)));
      this.remember(probed, score, null);
      return this.put({ ...probed, score });
    } catch (error) {
      const { code, message } = wireErrorFrom(error);
      if (code === 'rpc/cancelled') return null;
      forgetExecutor(id);
      const probed = this.entries.get(id)!;
      this.remember(probed, null, message);
      return this.put(unfit(probed, message));
    } finally {
      signal.removeEventListener('abort', leave);
      closing.signal.removeEventListener('abort', leave);
      this.measuring = null;
      this.changes.ring();
    }
  }

  private async scoreOf(id: ExecutorId, signal: CancelSignal): Promise<ExecutorScore> {
    this.expected ??= executorById('ort-cpu').then(stateAfterOneStep);
    const { seconds = SECONDS } = this.options;
    return measureExecutor(await executorById(id), await this.expected, { seconds, signal });
  }

  private remember(probed: ProbedExecutor, score: ExecutorScore | null, failure: string | null): void {
    try {
      this.memory.keep(probed.id, { key: this.keyOf(probed), score, failure });
    } catch (error) {
      // It is measured again another time.
      if (!(error instanceof WorkbenchError)) throw error;
      this.options.warn({ code: error.code, message: error.message });
    }
  }

  private put(entry: ExecutorEntry): ExecutorEntry {
    this.entries.set(entry.id, entry);
    this.settle();
    return entry;
  }

  private settle(): void {
    this.choice = choiceOf([...this.entries.values()], pinnedExecutor());
    preferExecutor(this.choice.id);
    this.changes.ring();
  }

  private now(): ExecutorsState {
    const { id, because } = this.choice;
    const device = this.entries.get(id)?.device ?? null;
    return {
      executors: executorId.options.flatMap((each) => this.entries.get(each) ?? []),
      executor: id,
      device: device === null ? 'not available' : deviceText(device),
      because,
      measuring: this.measuring,
    };
  }

  /** Anything that may make another number: the workload, versions, the device and its drivers. */
  private keyOf({ device }: ProbedExecutor): string {
    const versions = Object.values(engineVersions()).join(' ');
    return JSON.stringify([WORKLOAD, this.options.version, versions, device?.name, device?.features]);
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

/** Where installed engines lie in a data folder. */
export function enginesFolder(home: string): string {
  return path.join(home, 'engines');
}

/** One that is there and cannot train: it is never taken. */
function unfit(probed: ProbedExecutor, failure: string): ExecutorEntry {
  return {
    ...probed,
    available: false,
    reason: `It was found, but failed at a training step: ${failure.split('\n')[0]} Measure it to try again.`,
    score: null,
  };
}
