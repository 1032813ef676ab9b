import { createClient } from '#contract/rpc/client.ts';
import { describe, expect, it, vi } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { FakeEngine } from '../testing/fake-engine.ts';
import { Comparison, keyOf } from './comparison.svelte.ts';
import type { CellAsk } from './comparison.svelte.ts';

const ask = (change: Partial<CellAsk> = {}): CellAsk => ({
  run: 'a',
  step: 100,
  nfe: 1,
  count: 4,
  seed: 0,
  withTeacher: false,
  ...change,
});

function opened() {
  const engine = new FakeEngine();
  return { engine, client: createClient(engine.open()), comparison: new Comparison() };
}

describe('keyOf', () => {
  it('tells apart all that decides the numbers of a cell', () => {
    const others: Partial<CellAsk>[] = [
      {},
      { run: 'b' },
      { step: 101 },
      { nfe: 2 },
      { count: 5 },
      { seed: 1 },
      { label: 0 },
      { label: 1 },
      { label: 1, guidance: 2 },
      { withTeacher: true },
    ];
    expect(new Set(others.map((change) => keyOf(ask(change)))).size).toBe(others.length);
  });

  it('is the same whether no guidance is said or left out', () => {
    expect(keyOf(ask({ label: 1, guidance: 1 }))).toBe(keyOf(ask({ label: 1 })));
  });
});

describe('Comparison', () => {
  it('computes one cell after another in the order in which they are wanted', async () => {
    const { engine, client, comparison } = opened();
    const release: (() => void)[] = [];
    const { compute } = engine;
    engine.compute = async (asked, signal) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return compute(asked, signal);
    };
    const asks = [ask({ nfe: 4 }), ask({ nfe: 1 }), ask({ run: 'b' })];
    comparison.want(client, asks);
    for (let done = 0; done < asks.length; done += 1) {
      await vi.waitUntil(() => release.length === done + 1);
      expect(engine.computed).toHaveLength(done + 1);
      expect(comparison.computing).toBe(keyOf(asks[done]!));
      release[done]?.();
    }
    await vi.waitUntil(() => comparison.computing === null);
    expect(engine.computed.map(({ run, view }) => [run, view.kind === 'samples' && view.nfe])).toEqual([
      ['a', 4],
      ['a', 1],
      ['b', 1],
    ]);
    // The step names what is kept here; the engine always has the newest parameters.
    expect(engine.computed.every(({ step }) => step === undefined)).toBe(true);
  });

  it('asks again for nothing that it has', async () => {
    const { engine, client, comparison } = opened();
    comparison.want(client, [ask(), ask({ seed: 1 })]);
    await vi.waitUntil(() => comparison.get(ask({ seed: 1 })) !== null);
    comparison.want(client, [ask({ seed: 1 }), ask(), ask({ step: 200 })]);
    await vi.waitUntil(() => comparison.get(ask({ step: 200 })) !== null);
    expect(engine.computed).toHaveLength(3);
  });

  it('brings the teacher’s end points where they are asked for', async () => {
    const { client, comparison } = opened();
    comparison.want(client, [ask({ nfe: 2, withTeacher: true })]);
    await vi.waitUntil(() => comparison.get(ask({ nfe: 2, withTeacher: true })) !== null);
    const cell = comparison.get(ask({ nfe: 2, withTeacher: true }));
    const { points, teacher } = cell?.kind === 'frame' ? cell.frame.arrays : {};
    expect((points?.[0] ?? NaN) - (teacher?.[0] ?? NaN)).toBeCloseTo(1 / 2);
  });

  it('keeps what the engine refuses as such, goes on, and asks again only when told', async () => {
    const { engine, client, comparison } = opened();
    engine.generators.add('a');
    comparison.want(client, [ask({ nfe: 4 }), ask()]);
    await vi.waitUntil(() => comparison.get(ask()) !== null);
    expect(comparison.get(ask({ nfe: 4 }))).toMatchObject({
      kind: 'error',
      error: { code: 'sampler/wrong-nfe' },
    });
    engine.generators.clear();
    comparison.want(client, [ask({ nfe: 4 }), ask()]);
    expect(engine.computed).toHaveLength(2);
    comparison.retry(ask({ nfe: 4 }));
    await vi.waitUntil(() => comparison.get(ask({ nfe: 4 }))?.kind === 'frame');
  });

  it('withdraws what is no longer wanted', async () => {
    const { engine, client, comparison } = opened();
    const { compute } = engine;
    const withdrawn: string[] = [];
    engine.compute = (asked, signal) =>
      asked.run !== 'slow'
        ? compute(asked, signal)
        : new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              withdrawn.push(asked.run);
              reject(new WorkbenchError('rpc/cancelled', 'cancelled'));
            });
          });
    comparison.want(client, [ask({ run: 'slow' }), ask()]);
    await vi.waitUntil(() => engine.computed.length === 1);
    comparison.want(client, [ask()]);
    await vi.waitUntil(() => comparison.get(ask()) !== null);
    expect(withdrawn).toEqual(['slow']);
    expect(comparison.get(ask({ run: 'slow' }))).toBeNull();
  });

  it('stops when told, keeps what it has, and goes on when told or when something new is wanted', async () => {
    const { engine, client, comparison } = opened();
    const { compute } = engine;
    engine.compute = async (asked, signal) => {
      if (asked.run === 'b') comparison.stop();
      return compute(asked, signal);
    };
    const asks = [ask(), ask({ run: 'b' }), ask({ run: 'c' })];
    comparison.want(client, asks);
    await vi.waitUntil(() => comparison.isStopped && comparison.computing === null);
    expect(asks.map((each) => comparison.get(each)?.kind ?? null)).toEqual(['frame', null, null]);
    engine.compute = compute;
    comparison.want(client, asks);
    expect(comparison.isStopped).toBe(true);
    comparison.resume();
    await vi.waitUntil(() => comparison.get(asks[2]!) !== null);
    comparison.stop();
    comparison.want(client, [...asks, ask({ seed: 5 })]);
    await vi.waitUntil(() => comparison.get(ask({ seed: 5 })) !== null);
  });

  it('waits while nobody is connected, and asks the next client for what the lost one did not answer', async () => {
    const { engine, client, comparison } = opened();
    const { compute } = engine;
    engine.compute = () => new Promise(() => undefined);
    comparison.want(client, [ask()]);
    await vi.waitUntil(() => engine.computed.length === 1);
    engine.drop('gone');
    await vi.waitUntil(() => comparison.computing === null);
    comparison.want(null, [ask()]);
    expect(comparison.get(ask())).toBeNull();
    engine.compute = compute;
    comparison.want(createClient(engine.open()), [ask()]);
    await vi.waitUntil(() => comparison.get(ask())?.kind === 'frame');
  });
});
