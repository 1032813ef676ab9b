/** What windows listen to: runs, scalars, films and live views, as they change. */
import type { WarningSink } from '#contract/errors.ts';
import type { FilmIndex, ParsedViewRequest, ViewFrame } from '#contract/frames.ts';
import type { MetricsBatch, RunChange } from '#contract/runs.ts';
import type { CancelSignal } from '#contract/workbench.ts';
import { Bell, firstRing, pause } from '../events/bell.ts';
import type { KnownRuns } from './known-runs.ts';
import type { RunDesk } from './run-desk.ts';
import type { RunViews } from './run-views.ts';
import { seriesFromRecords } from './series.ts';

/** How often a watcher hears of a run that trains, and looks for runs of other processes. */
const PROGRESS_MS = 100;
const RESCAN_MS = 2000;
/** Live views may take this share of the engine's time while a run trains. */
const VIEW_SHARE = 0.03;
const SHORTEST_FRAME_MS = 33;

export interface Watched {
  /** Rings when any run changes in a way that a list shows. */
  readonly changes: Bell;
  readonly warn: WarningSink;
  readonly runs: KnownRuns;
  readonly desk: RunDesk;
  readonly views: RunViews;
}

export class Watchers {
  private readonly engine: Watched;

  constructor(engine: Watched) {
    this.engine = engine;
  }

  /** Every change of any run, those that went included; begins with each as it is. */
  async *runs(signal: CancelSignal): AsyncIterable<RunChange> {
    const sent = new Map<string, string>();
    let scannedAt = -Infinity;
    let heard = -1;
    while (!signal.aborted) {
      const isScan = performance.now() - scannedAt >= RESCAN_MS || this.engine.changes.rings !== heard;
      const summaries = isScan
        ? this.engine.desk.list()
        : [...this.engine.desk.active.values()].map((run) => run.summary());
      if (isScan) {
        scannedAt = performance.now();
        heard = this.engine.changes.rings;
      }
      for (const summary of summaries) {
        const text = JSON.stringify(summary);
        if (sent.get(summary.id) === text) continue;
        sent.set(summary.id, text);
        yield { kind: 'run', run: summary };
        if (signal.aborted) return;
      }
      // A run in a folder elsewhere is in no list while it trains.
      const listed = new Set([...summaries.map(({ id }) => id), ...this.engine.desk.active.keys()]);
      const gone = isScan ? [...sent.keys()].filter((id) => !listed.has(id)) : [];
      for (const id of gone) {
        sent.delete(id);
        yield { kind: 'removed', id };
        if (signal.aborted) return;
      }
      // A run that trains rings its own bell too often to miss: it is looked at ten times a second.
      const isIdle = this.engine.desk.active.size === 0;
      if (this.engine.changes.rings === heard)
        await this.engine.changes.wait(signal, isIdle ? RESCAN_MS : PROGRESS_MS);
    }
  }

  /** Scalars of a run: everything so far, then what is new. */
  async *metrics(run: string, signal: CancelSignal): AsyncIterable<MetricsBatch> {
    const { id } = this.engine.runs.open(run);
    let upTo = -1;
    while (!signal.aborted) {
      const heard = this.newsOf(id);
      const active = this.engine.desk.active.get(id);
      const isFirst = upTo < 0;
      const batch =
        active === undefined || upTo < active.startedAt
          ? this.engine.views.metricsOf(this.engine.runs.open(run))
          : { run: id, series: seriesFromRecords(active.records.filter(({ step }) => step > upTo)) };
      const fresh = isFirst ? batch : { run: id, series: newerThan(batch, upTo) };
      const last = Math.max(upTo, ...fresh.series.map(({ steps }) => steps.at(-1) ?? -1));
      if (isFirst || fresh.series.length > 0) yield fresh;
      upTo = Math.max(last, active?.startedAt ?? 0);
      await this.untilNews(id, heard, signal);
      await pause(PROGRESS_MS, signal);
    }
  }

  /** The film's index, again with every frame. */
  async *film(run: string, signal: CancelSignal): AsyncIterable<FilmIndex> {
    const { id } = this.engine.runs.open(run);
    let known: string | null = null;
    while (!signal.aborted) {
      const heard = this.newsOf(id);
      const index = this.engine.runs.open(run).filmIndex();
      const steps = index.steps.join();
      if (steps !== known) yield index;
      known = steps;
      await this.untilNews(id, heard, signal);
      await pause(PROGRESS_MS, signal);
    }
  }

  /** How often there was news of a run: noted before looking at it, see {@link untilNews}. */
  private newsOf(id: string): string {
    return `${this.engine.changes.rings} ${this.engine.desk.active.get(id)?.bell.rings}`;
  }

  /** Waits for a run to move on; at once if it did since `heard` while nobody listened. */
  private async untilNews(id: string, heard: string, signal: CancelSignal): Promise<void> {
    if (this.newsOf(id) !== heard) return;
    const active = this.engine.desk.active.get(id);
    await firstRing(
      active === undefined ? [this.engine.changes] : [this.engine.changes, active.bell],
      signal,
    );
  }

  /** Waits so long while a run trains, and no longer than that: once it rests, views have all the time. */
  private async leaveTimeTo(run: string, milliseconds: number, signal: CancelSignal): Promise<void> {
    const until = performance.now() + milliseconds;
    while (this.engine.desk.active.get(run)?.summary().status === 'running' && !signal.aborted) {
      const left = until - performance.now();
      if (left <= 0) return;
      await pause(Math.min(left, PROGRESS_MS), signal);
    }
  }

  /** A view whenever the parameters have moved on and the listener has room. */
  async *view(run: string, view: ParsedViewRequest, signal: CancelSignal): AsyncIterable<ViewFrame> {
    const imported = this.engine.views.ofModel(run, view, signal);
    if (imported !== null) {
      yield await imported;
      await new Bell().wait(signal);
      return;
    }
    const { id } = this.engine.runs.open(run);
    let shown = -1;
    while (!signal.aborted) {
      const heard = this.newsOf(id);
      const folder = this.engine.runs.open(run);
      const active = this.engine.desk.active.get(id);
      const step = active?.step ?? folder.checkpoints.entries(this.engine.warn).at(-1)?.step ?? -1;
      if (step !== shown && step >= 0) {
        // The first frame compiles its program, which says nothing of what the next will cost.
        const isFirst = shown < 0;
        let tookMs = 0;
        const frame = await this.engine.views.withNewest(folder, async (loaded) => {
          const began = performance.now();
          const computed = await this.engine.views.of(id, loaded, view, signal);
          tookMs = performance.now() - began;
          return computed;
        });
        shown = frame.step;
        yield frame;
        await pause(SHORTEST_FRAME_MS, signal);
        if (!isFirst) await this.leaveTimeTo(id, tookMs / VIEW_SHARE - SHORTEST_FRAME_MS, signal);
      }
      await this.untilNews(id, heard, signal);
    }
  }
}

/** Memory of this process, every two seconds. */
export async function* watchMemory(signal: CancelSignal): AsyncIterable<{ memoryBytes: number }> {
  while (!signal.aborted) {
    yield { memoryBytes: process.memoryUsage.rss() };
    await pause(RESCAN_MS, signal);
  }
}

function newerThan(batch: MetricsBatch, step: number): MetricsBatch['series'] {
  return batch.series.flatMap(({ name, steps, values }) => {
    const from = steps.findIndex((s) => s > step);
    return from < 0 ? [] : [{ name, steps: steps.slice(from), values: values.slice(from) }];
  });
}
