import { createClient } from '#contract/rpc/client.ts';
import { describe, expect, it, vi } from 'vitest';
import { FakeEngine, runSummary, samplesFrame } from '../testing/fake-engine.ts';
import { Connection } from './connection.svelte.ts';
import { LiveView } from './live-view.svelte.ts';
import { Metrics } from './metrics.svelte.ts';
import { Runs } from './runs.svelte.ts';

/** A pace that a test opens by hand: what awaits it has not been drawn yet. */
function handPace() {
  const waiting: (() => void)[] = [];
  return {
    pace: () => new Promise<void>((resolve) => waiting.push(resolve)),
    draw: () => waiting.shift()?.(),
  };
}

const atOnce = () => Promise.resolve();

describe('LiveView', () => {
  it('asks for no more frames than it draws', async () => {
    const engine = new FakeEngine();
    const { pace, draw } = handPace();
    const live = new LiveView(pace);
    live.show(createClient(engine.open()), 'a', { kind: 'samples' });
    await vi.waitUntil(() => engine.views.length === 1);
    const feed = engine.views[0]?.feed;
    for (let step = 0; step < 20; step += 1) feed?.push(samplesFrame('a', step));
    await vi.waitUntil(() => live.frame !== null && feed?.taken === 2);
    // The first frame is not drawn: one more is on its way, and the engine makes no third.
    expect(live.frame?.step).toBe(0);
    draw();
    await vi.waitUntil(() => feed?.taken === 3);
    expect(live.frame?.step).toBe(1);
  });

  it('asks only for the newest of the requests that come while one is not answered', async () => {
    const engine = new FakeEngine();
    const live = new LiveView(atOnce);
    const client = createClient(engine.open());
    for (let seed = 0; seed < 10; seed += 1) live.show(client, 'a', { kind: 'samples', seed });
    await vi.waitUntil(() => engine.views.length === 1);
    engine.views[0]?.feed.push(samplesFrame('a', 1));
    await vi.waitUntil(() => engine.views.length === 2);
    expect(engine.views.map(({ input }) => input.view.kind === 'samples' && input.view.seed)).toEqual([0, 9]);
    expect(live.frame?.step).toBe(1);
    expect(live.isWaiting).toBe(true);
  });

  it('keeps what it shows while another request of the same run is computed, and not that of another run', async () => {
    const engine = new FakeEngine();
    const live = new LiveView(atOnce);
    const client = createClient(engine.open());
    live.show(client, 'a', { kind: 'samples' });
    await vi.waitUntil(() => engine.views.length === 1);
    engine.views[0]?.feed.push(samplesFrame('a', 1));
    await vi.waitUntil(() => live.frame !== null);
    live.show(client, 'a', { kind: 'samples', count: 50 });
    expect(live.frame?.step).toBe(1);
    live.show(client, 'b', { kind: 'samples' });
    expect(live.frame).toBeNull();
  });

  it('listens again to a stream that has ended when its run goes on', async () => {
    const engine = new FakeEngine();
    const live = new LiveView(atOnce);
    const client = createClient(engine.open());
    live.show(client, 'a', { kind: 'samples' }, 'finished');
    await vi.waitUntil(() => engine.views.length === 1);
    engine.views[0]?.feed.end();
    await vi.waitUntil(() => !live.isWaiting);
    live.show(client, 'a', { kind: 'samples' }, 'finished');
    live.show(client, 'a', { kind: 'samples' }, 'running');
    await vi.waitUntil(() => engine.views.length === 2);
  });
});

describe('Runs', () => {
  it('shows the newest first, follows changes, and never brings back what was deleted', async () => {
    const engine = new FakeEngine();
    engine.runs = [
      runSummary('old', { createdAt: '2026-01-01' }),
      runSummary('new', { createdAt: '2026-01-02' }),
    ];
    const connection = new Connection(engine.open);
    const stop = connection.start();
    await vi.waitUntil(() => connection.client !== null);
    const { client } = connection;
    if (client === null) throw new Error('connected without a client');
    const runs = new Runs(connection);
    const unfollow = runs.follow(client);
    await vi.waitUntil(() => runs.hasLoaded);
    expect(runs.list.map((run) => run.id)).toEqual(['new', 'old']);

    engine.runChanges.push({ kind: 'run', run: runSummary('old', { createdAt: '2026-01-01', step: 7 }) });
    await vi.waitUntil(() => runs.get('old')?.step === 7);

    await runs.remove('old');
    engine.runChanges.push(
      { kind: 'run', run: runSummary('old', { step: 8 }) },
      { kind: 'run', run: runSummary('new', { step: 9 }) },
    );
    await vi.waitUntil(() => runs.get('new')?.step === 9);
    expect(runs.get('old')).toBeNull();

    // Another window brings it back.
    engine.runChanges.push({ kind: 'removed', id: 'old' }, { kind: 'run', run: runSummary('old') });
    await vi.waitUntil(() => runs.get('old') !== null);
    engine.runChanges.push({ kind: 'removed', id: 'new' });
    await vi.waitUntil(() => runs.get('new') === null);
    unfollow();
    stop();
  });
});

describe('Metrics', () => {
  it('gathers the batches of the runs that are looked at, and of no others', async () => {
    const engine = new FakeEngine();
    const client = createClient(engine.open());
    const metrics = new Metrics(atOnce);
    metrics.follow(client, ['a', 'b'], () => true);
    await vi.waitUntil(() => engine.metrics.length === 2);
    const series = (steps: number[]) => ({
      name: 'loss',
      steps: Float64Array.from(steps),
      values: Float64Array.from(steps, (step) => step / 10),
    });
    engine.metrics[0]?.feed.push({ run: 'a', series: [series([1, 2])] }, { run: 'a', series: [series([3])] });
    await vi.waitUntil(() => metrics.get('a')?.series.get('loss')?.length === 3);
    expect(metrics.get('a')?.series.get('loss')?.last).toBeCloseTo(0.3);

    metrics.follow(client, ['a'], () => true);
    metrics.follow(client, ['a', 'b'], () => true);
    await vi.waitUntil(() => engine.metrics.length === 3);
    expect(engine.metrics.map(({ run }) => run)).toEqual(['a', 'b', 'b']);
  });
});
