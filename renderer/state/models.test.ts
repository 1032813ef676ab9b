import { flushSync } from 'svelte';
import { describe, expect, it, vi } from 'vitest';
import { FakeEngine, modelSummary, runSummary } from '../testing/fake-engine.ts';
import { Connection } from './connection.svelte.ts';
import { Models } from './models.svelte.ts';
import { Runs } from './runs.svelte.ts';

async function followed() {
  const engine = new FakeEngine();
  engine.runs = [runSummary('trained')];
  const connection = new Connection(engine.open);
  const stop = connection.start();
  await vi.waitFor(() => expect(connection.client).not.toBeNull());
  const models = new Models(connection);
  const runs = new Runs(connection, () => models.asRuns);
  const stops = [models.follow(connection.client!), runs.follow(connection.client!), stop];
  await vi.waitFor(() => expect(runs.hasLoaded).toBe(true));
  return { engine, models, runs, end: () => stops.forEach((each) => each()) };
}

describe('Models', () => {
  it('lists the newest first, and shows those that can be sampled as runs', async () => {
    const { engine, models, runs, end } = await followed();
    engine.modelChanges.push(
      { kind: 'model', model: modelSummary('old', { createdAt: '2026-01-01T00:00:00.000Z' }) },
      {
        kind: 'model',
        model: modelSummary('vae', { use: 'autoencoder', createdAt: '2026-01-02T00:00:00Z' }),
      },
      { kind: 'model', model: modelSummary('new', { use: 'student', createdAt: '2026-01-03T00:00:00Z' }) },
    );
    await vi.waitFor(() => expect(models.list.map(({ id }) => id)).toEqual(['new', 'vae', 'old']));
    flushSync();
    expect(models.asRuns.map(({ id, config }) => [id, config.method])).toEqual([
      ['new', 'imported-policy'],
      ['old', 'imported-velocity'],
    ]);
    expect(runs.get('old')).toMatchObject({ classes: 10, sampleShape: [8, 8, 4], status: 'finished' });
    expect(runs.get('vae')).toBeNull();
    end();
  });

  it('has no curves and no film, as runs have, and is not among them', async () => {
    const { engine, models, runs, end } = await followed();
    engine.modelChanges.push({ kind: 'model', model: modelSummary('teacher') });
    await vi.waitFor(() => expect(models.list).toHaveLength(1));
    expect([runs.hasRecords('teacher'), runs.hasRecords('trained'), runs.hasRecords('absent')]).toEqual([
      false,
      true,
      false,
    ]);
    expect(runs.list.map(({ id }) => id)).toEqual(['trained']);
    end();
  });

  it('stays removed when a late report comes, and comes back when it is restored', async () => {
    const { engine, models, end } = await followed();
    engine.modelChanges.push({ kind: 'model', model: modelSummary('teacher') });
    await vi.waitFor(() => expect(models.list).toHaveLength(1));
    const trashed = await models.remove('teacher');
    expect(models.list).toEqual([]);
    engine.modelChanges.push({ kind: 'model', model: modelSummary('teacher', { name: 'late' }) });
    await vi.waitFor(() => expect(engine.modelChanges.taken).toBe(2));
    expect(models.list).toEqual([]);
    await models.restore(trashed);
    expect(models.list.map(({ id }) => id)).toEqual(['teacher']);
    end();
  });

  it('renames', async () => {
    const { models, end } = await followed();
    await models.rename('teacher', 'SiT of the lab');
    expect(models.get('teacher')?.name).toBe('SiT of the lab');
    end();
  });
});
