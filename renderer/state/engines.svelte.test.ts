import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ExecutorsState, InstalledEngine } from '#contract/engines.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import type { Engines } from './engines.svelte.ts';
import { Workbench } from './workbench.svelte.ts';

const installed: InstalledEngine = {
  id: 'tensorflow',
  kind: 'cpu',
  from: 'wheel',
  version: '2.21.0',
  folder: '/data/engines/tensorflow',
  bytes: 1000,
  installedAt: '2026-01-01T00:00:00.000Z',
};

const fast: ExecutorsState = {
  executors: [],
  executor: 'ort-webgpu',
  device: 'Test GPU',
  because: 'the fastest that agrees',
  measuring: null,
};

async function connected(engine = new FakeEngine()): Promise<{ engine: FakeEngine; engines: Engines }> {
  const workbench = new Workbench(engine.open);
  onTestFinished($effect.root(() => workbench.keepCurrent()));
  await vi.waitUntil(() => workbench.connection.status === 'connected');
  return { engine, engines: workbench.engines };
}

describe('what computes', () => {
  it('is what the engine said at first, then what it says of changes', async () => {
    const { engine, engines } = await connected();
    expect(engines.shown).toMatchObject({ executor: 'ort-cpu', device: 'a test' });
    engine.executorChanges.push(fast);
    await vi.waitUntil(() => engines.shown?.executor === 'ort-webgpu');
    expect(engines.shown).toEqual(fast);
    // What was known before the connection was lost is not known any more of the next engine.
    engine.drop('gone');
    await vi.waitUntil(() => engines.state === null);
  });
});

describe('measuring', () => {
  it('asks for what is asked for, once at a time, and ends with the stream', async () => {
    const { engine, engines } = await connected();
    engines.measure(['ort-webgpu']);
    engines.measure();
    expect(engines.isMeasuring).toBe(true);
    await vi.waitUntil(() => engine.measurements.length > 0);
    expect(engine.measurements.map(({ input }) => input)).toEqual([{ executors: ['ort-webgpu'] }]);
    engine.measurements[0]!.feed.end();
    await vi.waitUntil(() => !engines.isMeasuring);
    expect(engines.measureError).toBeNull();
    engines.measure();
    engines.cancelMeasuring();
    expect(engines.isMeasuring).toBe(false);
  });
});

describe('an installation', () => {
  it('shows each step, and the engine when it is there', async () => {
    const { engine, engines } = await connected();
    expect(engines.installed).toEqual([]);
    engines.install({ engine: 'tensorflow', kind: 'cpu', from: 'wheel' });
    expect(engines.progress).toMatchObject({ step: 'check', fraction: null });
    await vi.waitUntil(() => engine.installs.length > 0);
    expect(engine.installs[0]!.input).toEqual({ engine: 'tensorflow', kind: 'cpu', from: 'wheel' });
    const { feed } = engine.installs[0]!;
    feed.push({ kind: 'step', step: 'download', message: 'Downloading', fraction: 0.5 });
    await vi.waitUntil(() => engines.progress?.fraction === 0.5);
    feed.push({ kind: 'done', engine: installed });
    feed.end();
    await vi.waitUntil(() => engines.progress === null);
    expect(engines.installed).toEqual([installed]);
    expect(engines.installError).toBeNull();
  });

  it('that is cancelled ends without a word, and can be begun again', async () => {
    const { engine, engines } = await connected();
    engines.install({ engine: 'tensorflow' });
    await vi.waitUntil(() => engine.installs.length === 1);
    engines.cancelInstalling();
    expect([engines.progress, engines.installError]).toEqual([null, null]);
    engines.install({ engine: 'tensorflow', kind: 'gpu' });
    await vi.waitUntil(() => engine.installs.length === 2);
    expect(engine.installs[1]!.input).toEqual({ engine: 'tensorflow', kind: 'gpu', from: 'auto' });
  });

  it('is known from before, and can be removed', async () => {
    const engine = new FakeEngine();
    engine.installed = [installed];
    const { engines } = await connected(engine);
    await vi.waitUntil(() => engines.installed.length > 0);
    await engines.remove('tensorflow');
    expect([engines.installed, engine.installed, engines.isRemoving]).toEqual([[], [], false]);
  });
});
