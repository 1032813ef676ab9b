/** Engines of a data folder: listed, removed, and installed, one at a time, whole or not at all. */
import fs from 'node:fs';
import type { InstallProgress, InstalledEngine } from '#contract/engines.ts';
import { WorkbenchError } from '#contract/errors.ts';
import type { CancelSignal, StreamParsed } from '#contract/workbench.ts';
import { sweepTemps, tempPathFor } from '../../store/atomic-file.ts';
import { storeErrorFrom } from '../../store/errors.ts';
import { RunLock } from '../../store/lock.ts';
import { Bell } from '../events/bell.ts';
import { enginesFolder } from '../executors/executors.ts';
import { installError, messageOf } from './errors.ts';
import {
  adoptFolder,
  cacheFolder,
  engineFolder,
  folderBytes,
  installedEngines,
  removeEngine,
  writeRecord,
} from './installed.ts';
import { fromPackage } from './package-way.ts';
import { throwIfCancelled } from './run-tool.ts';
import { type EngineToVerify, verifyEngine } from './verify.ts';
import type { Built, Way } from './way.ts';
import { fromWheel } from './wheel-way.ts';

type Order = StreamParsed<'engines.install'>;
type Source = InstalledEngine['from'];
type StepProgress = Extract<InstallProgress, { kind: 'step' }>;

/** The parts of an installation; tests put others in their place. */
export interface InstallParts {
  readonly ways: Readonly<Record<Source, (way: Way) => Promise<Built>>>;
  readonly verify: (engine: EngineToVerify) => Promise<void>;
}

const PARTS: InstallParts = { ways: { package: fromPackage, wheel: fromWheel }, verify: verifyEngine };

export class EngineInstalls {
  private readonly home: string;
  private readonly parts: InstallParts;
  private readonly onChange: () => Promise<void>;
  private readonly closing = new AbortController();
  private readonly working = new Set<Promise<unknown>>();

  /**
   * @param home  the data folder
   * @param onChange  called whenever an engine has come or gone
   */
  constructor(home: string, onChange: () => Promise<void>, parts: InstallParts = PARTS) {
    this.home = home;
    this.onChange = onChange;
    this.parts = parts;
  }

  list(): InstalledEngine[] {
    return installedEngines(this.home);
  }

  /** @throws WorkbenchError `engine/install-running`, `store/...` */
  remove(): { bytes: number } {
    try {
      const lock = this.lock();
      try {
        return removeEngine(this.home);
      } finally {
        lock?.release();
        void this.onChange();
      }
    } catch (error) {
      throw storeErrorFrom(error, engineFolder(this.home));
    }
  }

  /**
   * Ends silently, with nothing left but what was downloaded, where the signal says so.
   *
   * @throws WorkbenchError `engine/install-...` saying what to do, `store/...`
   */
  async *install(order: Order, signal: CancelSignal): AsyncIterable<InstallProgress> {
    const cancelling = new AbortController();
    const cancel = (): void => cancelling.abort();
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    const news: StepProgress[] = [];
    const bell = new Bell();
    let end: { engine: InstalledEngine } | { error: unknown } | null = null;
    const say: Way['say'] = (step, message, fraction) => {
      // Of how far one thing has come only the newest is worth telling.
      if (news.at(-1)?.message === message) news.pop();
      news.push({ kind: 'step', step, message, fraction });
      bell.ring();
    };
    const work = this.build(order, AbortSignal.any([cancelling.signal, this.closing.signal]), say)
      .then(
        (engine) => (end = { engine }),
        (error: unknown) => (end = { error }),
      )
      .finally(() => bell.ring());
    this.working.add(work);
    try {
      for (;;) {
        const heard = bell.rings;
        for (let next = news.shift(); next !== undefined; next = news.shift()) yield next;
        if (end !== null) break;
        if (bell.rings === heard) await bell.wait();
      }
      const { engine, error } = end as { engine?: InstalledEngine; error?: unknown };
      if (engine !== undefined) yield { kind: 'done', engine };
      else if (!signal.aborted) throw error;
    } finally {
      // Whoever has stopped listening has cancelled it, and is told so only when nothing runs any more.
      cancel();
      await work;
      this.working.delete(work);
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Cancels what is being installed, and waits until it has been cleared away. */
  async close(): Promise<void> {
    this.closing.abort();
    await Promise.all(this.working);
  }

  private async build({ kind, from }: Order, signal: AbortSignal, say: Way['say']): Promise<InstalledEngine> {
    throwIfCancelled(signal);
    try {
      fs.mkdirSync(cacheFolder(this.home), { recursive: true });
      const lock = this.lock();
      try {
        sweepTemps(enginesFolder(this.home));
        return await this.byTheFirstWay(kind, from === 'auto' ? ['package', 'wheel'] : [from], signal, say);
      } finally {
        lock?.release();
      }
    } catch (error) {
      throw storeErrorFrom(error, enginesFolder(this.home));
    }
  }

  private async byTheFirstWay(
    kind: Order['kind'],
    [from, ...others]: readonly Source[],
    signal: AbortSignal,
    say: Way['say'],
  ): Promise<InstalledEngine> {
    try {
      return await this.by(from!, kind, signal, say);
    } catch (error) {
      if (signal.aborted || others.length === 0) throw error;
      const why = `The ${from} way does not serve here: ${messageOf(error)}`;
      say('check', why, null);
      try {
        return await this.byTheFirstWay(kind, others, signal, say);
      } catch (second) {
        if (signal.aborted || !(second instanceof WorkbenchError)) throw second;
        throw new WorkbenchError(second.code, `${second.message} ${why}`, second.detail, { cause: second });
      }
    }
  }

  private async by(
    from: Source,
    kind: Order['kind'],
    signal: AbortSignal,
    say: Way['say'],
  ): Promise<InstalledEngine> {
    const folder = tempPathFor(engineFolder(this.home));
    fs.mkdirSync(folder);
    try {
      const { addon, version } = await this.parts.ways[from]({
        kind,
        folder,
        cache: cacheFolder(this.home),
        signal,
        say,
      });
      const engine = { id: 'tensorflow', kind, from, version } as const;
      const record = { ...engine, addon, bytes: folderBytes(folder), installedAt: new Date().toISOString() };
      writeRecord(folder, record);
      say('verify', 'Computing a product and a gradient with it', null);
      await this.parts.verify({ kind, folder, signal });
      throwIfCancelled(signal);
      say('finish', 'Putting it in its place', null);
      adoptFolder(folder, this.home);
      // Twice the size of the engine, and of no use any more.
      fs.rmSync(cacheFolder(this.home), { recursive: true, force: true });
      void this.onChange();
      return this.list()[0]!;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Null where nothing was ever installed. @throws WorkbenchError `engine/install-running` */
  private lock(): RunLock | null {
    if (!fs.existsSync(enginesFolder(this.home))) return null;
    try {
      return RunLock.acquire(enginesFolder(this.home));
    } catch (error) {
      if (!(error instanceof WorkbenchError) || error.code !== 'run/locked') throw error;
      throw installError(
        'running',
        `An engine is being installed already; wait for its end. (${messageOf(error)})`,
        {},
        error,
      );
    }
  }
}
