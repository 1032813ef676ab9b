import type { ReproductionResult } from '#contract/reproductions.ts';
import { describe, expect, it, vi } from 'vitest';
import { FakeEngine, reproductionEntry } from '../testing/fake-engine.ts';
import { Connection } from './connection.svelte.ts';
import { Reproductions } from './reproductions.svelte.ts';

const result: ReproductionResult = { verdict: 'holds', seeds: [0, 1, 2], measured: {}, when: '2026-01-01' };

async function followed(engine: FakeEngine) {
  const connection = new Connection(engine.open);
  connection.start();
  await vi.waitUntil(() => connection.client !== null);
  const reproductions = new Reproductions(connection);
  const unfollow = reproductions.follow(connection.client!);
  await vi.waitUntil(() => reproductions.hasLoaded);
  return { reproductions, unfollow };
}

describe('Reproductions', () => {
  it('keep the order of the engine and follow what becomes of each', async () => {
    const engine = new FakeEngine();
    engine.reproductions = [reproductionEntry('one-b'), reproductionEntry('one-a')];
    const { reproductions, unfollow } = await followed(engine);
    engine.reproductionChanges.push(
      reproductionEntry('one-a', {
        state: { status: 'running', size: 'quick', arm: 'small', seed: 1, done: 1, of: 6 },
      }),
    );
    await vi.waitUntil(() => reproductions.get('one-a')?.state.status === 'running');
    expect(reproductions.list.map(({ name }) => name)).toEqual(['one-b', 'one-a']);
    expect(reproductions.get('one-c')).toBeNull();
    unfollow();
  });

  it('goes on with what was stopped, and measures anew what was run to its end', async () => {
    const engine = new FakeEngine();
    const whole = { seeds: [0, 1, 2], kept: 6, of: 6, result };
    engine.reproductions = [reproductionEntry('one-a', { quick: whole })];
    const { reproductions, unfollow } = await followed(engine);
    await reproductions.start('one-a', 'full');
    expect(reproductions.get('one-a')?.state).toEqual({ status: 'waiting', size: 'full' });
    engine.reproductionChanges.push(reproductionEntry('one-a', { quick: whole }));
    await vi.waitUntil(() => reproductions.get('one-a')?.state.status === 'idle');
    await reproductions.start('one-a', 'quick');
    expect(engine.started.map(({ size, again }) => [size, again])).toEqual([
      ['full', false],
      ['quick', true],
    ]);
    unfollow();
  });
});
