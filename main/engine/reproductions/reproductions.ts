/**
 * The reproductions of this engine: one runs, the others wait. It shares the executor with whatever
 * trains: both await every step, so that they take turns.
 */
import { WorkbenchError, wireErrorFrom } from '#contract/errors.ts';
import type { ReproductionEntry, ReproductionSize, ReproductionState } from '#contract/reproductions.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import { reproductionByName, reproductions } from '../../reproductions/index.ts';
import type { Reproduction } from '../../reproductions/reproduction.ts';
import { runReproduction } from '../../reproductions/run.ts';
import { executorById } from '../../tensor/device.ts';
import { Bell } from '../events/bell.ts';
import { Queue } from '../runs/queue.ts';
import { ReproductionFolder } from './reproduction-folder.ts';

/** How often a watcher looks for what another process has measured. */
const RESCAN_MS = 2000;
const IDLE: ReproductionState = { status: 'idle' };

interface Options {
  /** The data folder. */
  readonly home: string;
  readonly version: string;
  /** Resolves when it is known on what to compute. */
  readonly ready?: () => Promise<void>;
  /** All there are, if left out. */
  readonly registry?: readonly Reproduction[];
}

/** One that runs or waits. */
interface Asked {
  readonly size: ReproductionSize;
  readonly signal: { aborted: boolean };
}

type SizeEntry = ReproductionEntry['quick'];

export class Reproductions {
  private readonly options: Options;
  private readonly registry: readonly Reproduction[];
  private readonly queue: Queue;
  private readonly asked = new Map<string, Asked>();
  private readonly states = new Map<string, ReproductionState>();
  private readonly known = new Map<string, { stamp: string; entry: SizeEntry }>();
  private readonly changes = new Bell();
  private running: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.options = options;
    this.registry = options.registry ?? reproductions;
    this.queue = new Queue((name) => (this.running = this.run(name)));
  }

  list(): ReproductionEntry[] {
    return this.registry.map((each) => this.entryOf(each));
  }

  /**
   * Starts it, or goes on where it was stopped.
   *
   * @param again  measures everything anew
   * @throws WorkbenchError `reproduction/unknown`, `reproduction/is-running` where its other size has its turn
   */
  start(name: string, size: ReproductionSize, again: boolean): ReproductionEntry {
    const reproduction = this.find(name);
    const asked = this.asked.get(name);
    if (asked !== undefined && !asked.signal.aborted) {
      if (asked.size === size) return this.entryOf(reproduction);
      throw new WorkbenchError(
        'reproduction/is-running',
        `Expected ${name} to rest, found it busy with its ${asked.size} size; stop that first.`,
      );
    }
    if (asked !== undefined) {
      throw new WorkbenchError('reproduction/is-running', `${name} is about to stop; start it again then.`);
    }
    if (again) this.folder(reproduction, size).forget();
    this.asked.set(name, { size, signal: { aborted: false } });
    this.states.set(name, { status: 'waiting', size });
    this.queue.add(name);
    this.changes.ring();
    return this.entryOf(reproduction);
  }

  /** Stops it at its next step; what was measured is kept. */
  stop(name: string): ReproductionEntry {
    const reproduction = this.find(name);
    const asked = this.asked.get(name);
    if (asked !== undefined) asked.signal.aborted = true;
    if (this.queue.remove(name)) this.rest(name, IDLE);
    return this.entryOf(reproduction);
  }

  /** @throws WorkbenchError `reproduction/not-run` */
  figure(name: string, size: ReproductionSize): string {
    const figure = this.folder(this.find(name), size).figure();
    if (figure !== null) return figure;
    throw new WorkbenchError('reproduction/not-run', `${name} was not run to its end in its ${size} size.`);
  }

  /** Each as it is, then each that changes, by this engine or another process. */
  async *watch(signal: CancelSignal): AsyncIterable<ReproductionEntry> {
    const sent = new Map<string, string>();
    while (!signal.aborted) {
      const heard = this.changes.rings;
      for (const entry of this.list()) {
        const text = JSON.stringify(entry);
        if (sent.get(entry.name) === text) continue;
        sent.set(entry.name, text);
        yield entry;
        if (signal.aborted) return;
      }
      if (this.changes.rings === heard) await this.changes.wait(signal, RESCAN_MS);
    }
  }

  /** Stops what runs at its next step, and starts nothing more. */
  async close(): Promise<void> {
    this.queue.close();
    for (const { signal } of this.asked.values()) signal.aborted = true;
    await this.running;
  }

  private async run(name: string): Promise<void> {
    const { size, signal } = this.asked.get(name)!;
    try {
      const reproduction = this.find(name);
      const folder = this.folder(reproduction, size);
      await this.options.ready?.();
      const finished = await runReproduction(reproduction, {
        isQuick: size === 'quick',
        executor: await executorById('auto'),
        signal,
        notebook: folder,
        onProgress: (arm, seed, done, of) => {
          this.states.set(name, { status: 'running', size, arm, seed, done, of });
          this.changes.ring();
        },
      });
      await folder.keep(finished);
      this.rest(name, IDLE);
    } catch (error) {
      const { code, message } = wireErrorFrom(error);
      const isStopped = code === 'reproduction/stopped';
      this.rest(name, isStopped ? IDLE : { status: 'failed', size, error: { code, message } });
    }
  }

  private rest(name: string, state: ReproductionState): void {
    this.asked.delete(name);
    this.states.set(name, state);
    this.changes.ring();
  }

  private find(name: string): Reproduction {
    return this.registry.find((each) => each.name === name) ?? reproductionByName(name);
  }

  private folder(reproduction: Reproduction, size: ReproductionSize): ReproductionFolder {
    return new ReproductionFolder(this.options.home, reproduction, size, this.options.version);
  }

  private entryOf(reproduction: Reproduction): ReproductionEntry {
    const { name, claim, source, rule, arms } = reproduction;
    return {
      name,
      claim,
      source,
      rule,
      arms: [...arms],
      quick: this.sizeOf(reproduction, 'quick'),
      full: this.sizeOf(reproduction, 'full'),
      state: this.states.get(name) ?? IDLE,
    };
  }

  private sizeOf(reproduction: Reproduction, size: ReproductionSize): SizeEntry {
    const folder = this.folder(reproduction, size);
    const stamp = folder.stamp();
    const known = this.known.get(folder.path);
    if (known?.stamp === stamp) return known.entry;
    const seeds = [...reproduction.seeds[size]];
    const entry = {
      seeds,
      kept: folder.keptCount(),
      of: seeds.length * reproduction.arms.length,
      result: folder.result(),
    };
    this.known.set(folder.path, { stamp, entry });
    return entry;
  }
}
