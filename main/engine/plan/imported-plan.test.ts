/** Imported models through the whole engine: sampled, decoded, learnt from, exported. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ViewFrame, ViewRequest } from '#contract/frames.ts';
import { NO_DATASET, type RunConfigInput } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import {
  TINY_AUTOENCODER,
  TINY_DIT,
  TINY_MIXTURE,
  adoptAutoencoder,
  adoptDit,
} from '../testing/tiny-models.ts';
import { openedEngine, trainedRun } from '../testing/opened-engine.ts';

function samples(client: WorkbenchClient, run: string, view: Partial<ViewRequest> = {}): Promise<ViewFrame> {
  return client.call('views.compute', {
    run,
    view: { kind: 'samples', count: 3, nfe: 4, ...view } as ViewRequest,
  });
}

const points = async (frame: Promise<ViewFrame>): Promise<Float32Array> => (await frame).arrays['points']!;

async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string }> {
  return work.then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  );
}

describe('an imported teacher', () => {
  it('stands for a run in views, with the shape of its samples', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const frame = await samples(client, id);
    expect(frame).toMatchObject({ run: id, step: 0, nfe: 4, count: 3, dim: 256, shape: [8, 8, 4] });
    expect(frame.arrays['points']!.every(Number.isFinite)).toBe(true);
    const paths = await client.call('views.compute', {
      run: id,
      view: { kind: 'trajectories', count: 2, nfe: 4 },
    });
    expect(paths.arrays['positions']).toHaveLength(2 * 5 * 256);
    const live = await new Promise<ViewFrame>((resolve, reject) => {
      const stop = client.listen(
        'views.watch',
        { run: id, view: { kind: 'samples', count: 3, nfe: 4 } },
        (value) => {
          stop();
          resolve(value);
        },
        (error) => error && reject(error),
      );
    });
    expect(live.arrays['points']).toEqual(frame.arrays['points']);
  });

  it('is asked for classes and guided, in an interval and on some channels', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const ask = (view: Partial<ViewRequest>): Promise<Float32Array> =>
      points(samples(client, id, { label: 1, nfe: 8, ...view } as Partial<ViewRequest>));
    const plain = await ask({});
    const full = await ask({ guidance: 4 } as never);
    const none = await ask({ guidance: 4, guidanceLow: 0.01, guidanceHigh: 0.02 } as never);
    const unguided = await ask({ nfe: 4 });
    const most = await ask({ guidance: 4, guidanceHigh: 0.6 } as never);
    const three = await ask({ guidance: 4, guidanceChannels: 3 } as never);
    const differs = (a: Float32Array, b: Float32Array): boolean =>
      a.some((x, i) => Math.abs(x - b[i]!) > 1e-3);
    expect(differs(plain, full)).toBe(true);
    expect(differs(full, most)).toBe(true);
    expect(differs(full, three)).toBe(true);
    // Eight evaluations are four guided steps, and none begins in there.
    none.forEach((value, i) => expect(value).toBeCloseTo(unguided[i]!, 4));
  });

  it.each([
    [{ label: 3 }, 'label'],
    [{ label: 0, guidance: 2, guidanceChannels: 5 }, 'guidanceChannels'],
    [{ label: 0, guidance: 2, guidanceLow: 0.7, guidanceHigh: 0.6 }, 'guidanceLow'],
  ])('refuses %o by name', async (view, field) => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const { code, message } = await refusal(samples(client, id, view as Partial<ViewRequest>));
    expect([code, message.startsWith(field)]).toEqual(['config/wrong-value', true]);
  });

  it('has no data to be measured with', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    expect(await refusal(client.call('runs.evaluate', { run: id }))).toMatchObject({ code: 'model/no-data' });
  });

  it('is in the catalogue as what cannot be trained', async () => {
    const { client } = openedEngine();
    const { methods } = await client.call('catalog.get', {});
    const untrainable = methods.filter(({ isTrainable }) => !isTrainable).map(({ id }) => id);
    expect(untrainable).toEqual(['imported-velocity', 'imported-policy']);
    const config = { method: 'imported-velocity', dataset: { id: NO_DATASET } };
    expect(await refusal(client.call('runs.create', { config }))).toMatchObject({ code: 'method/unknown' });
  });
});

describe('an imported policy', () => {
  it('is sampled in few calls', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_MIXTURE, { name: 'Student', convention: 'flow-1000' });
    const one = await samples(client, id, { nfe: 1 });
    const two = await samples(client, id, { nfe: 2, label: 2 } as Partial<ViewRequest>);
    expect([one.nfe, two.nfe]).toEqual([1, 2]);
    for (const frame of [one, two]) expect(frame.arrays['points']!.every(Number.isFinite)).toBe(true);
    expect(await refusal(samples(client, id, { guidanceHigh: 0.5 } as Partial<ViewRequest>))).toMatchObject({
      code: 'config/wrong-value',
    });
  });
});

describe('an imported autoencoder', () => {
  it('makes images of latents in [-1, 1], chunk by chunk the same', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const decoder = adoptAutoencoder(home, TINY_AUTOENCODER).id;
    const frame = await samples(client, id, { decoder } as Partial<ViewRequest>);
    expect(frame.imageShape).toEqual([16, 16, 3]);
    const { images } = frame.arrays;
    expect(images).toHaveLength(3 * 16 * 16 * 3);
    expect(images!.every((x) => x >= -1 && x <= 1)).toBe(true);
    const first = await samples(client, id, { decoder, count: 1 } as Partial<ViewRequest>);
    first.arrays['images']!.forEach((x, i) => expect(images![i]).toBeCloseTo(x, 5));
  });

  it('makes no samples itself, and a teacher is no decoder', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const decoder = adoptAutoencoder(home, TINY_AUTOENCODER).id;
    expect(await refusal(samples(client, decoder))).toMatchObject({ code: 'model/makes-no-samples' });
    expect(await refusal(samples(client, id, { decoder: id } as Partial<ViewRequest>))).toMatchObject({
      code: 'model/no-decoder',
    });
  });
});

/** Steps of milliseconds. */
const STUDENT = { width: 16, depth: 1, batch: 8 };

function studentOf(teacher: string, change: Partial<RunConfigInput> = {}): RunConfigInput {
  return {
    method: 'freeflow',
    params: STUDENT,
    dataset: { id: NO_DATASET },
    teacher,
    steps: 4,
    checkpointEvery: 2,
    evalEvery: 2,
    filmFrames: 2,
    ...change,
  };
}

describe('a student of an imported teacher', () => {
  it.each([
    ['freeflow', STUDENT],
    ['freeflow', { ...STUDENT, conditional: true, guidance: 2, guidanceHigh: 0.7 }],
    ['piflow', { ...STUDENT, components: 3, substeps: 8 }],
  ] as const)('%s %o learns without data, and outlives its teacher', async (method, params) => {
    const { client, home } = openedEngine();
    const model = adoptDit(home, TINY_DIT);
    const run = await trainedRun(client, studentOf(model.id, { method, params }));
    expect(run).toMatchObject({ status: 'finished', step: 4, sampleShape: [8, 8, 4] });
    expect(run.latest['teacherRmse']).toBeGreaterThan(0);
    expect(run.latest).not.toHaveProperty('energyDistance');
    const kept = path.join(run.folder, 'teacher', 'weights.safetensors');
    expect(fs.statSync(kept).ino).toBe(fs.statSync(path.join(model.folder, 'weights.safetensors')).ino);
    const before = await samples(client, run.id, { nfe: 1, withTeacher: true } as Partial<ViewRequest>);
    await client.call('models.remove', { model: model.id });
    const after = await samples(client, run.id, {
      nfe: 1,
      withTeacher: true,
      count: 2,
    } as Partial<ViewRequest>);
    expect(after.shape).toEqual([8, 8, 4]);
    after.arrays['teacher']!.forEach((x, i) => expect(x).toBeCloseTo(before.arrays['teacher']![i]!, 4));
    expect(await refusal(client.call('runs.evaluate', { run: run.id }))).toMatchObject({
      code: 'model/no-data',
    });
    expect((await client.call('film.index', { run: run.id })).steps.length).toBeGreaterThan(0);
    await client.call('film.read', { run: run.id, from: 0, count: 1 });
  });

  it.each<[string, Partial<RunConfigInput>]>([
    ['a method that draws data', { method: 'flow-map-distillation' }],
    ['pi-Flow from noised data', { method: 'piflow', params: { ...STUDENT, nfe: 2, source: 'data' } }],
    ['data of other dimensions', { dataset: { id: 'bimodal' } }],
  ])('refuses %s by name', async (_, change) => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const found = await refusal(client.call('runs.create', { config: studentOf(id, change) }));
    expect([found.code, found.message.startsWith('dataset: ')]).toEqual(['config/wrong-value', true]);
  });

  it.each([
    ['freeflow', 'analytic', 'config/no-teacher'],
    ['drifting', undefined, 'config/wrong-value'],
  ])('%s of %s needs data', async (method, teacher, code) => {
    const { client } = openedEngine();
    const config = { method, dataset: { id: NO_DATASET }, ...(teacher === undefined ? {} : { teacher }) };
    expect(await refusal(client.call('runs.create', { config }))).toMatchObject({ code });
  });

  it('learns from no autoencoder and no policy', async () => {
    const { client, home } = openedEngine();
    const others = [
      adoptAutoencoder(home, TINY_AUTOENCODER).id,
      adoptDit(home, TINY_MIXTURE, { name: 'Policy', convention: 'flow-1000' }).id,
    ];
    for (const teacher of others) {
      expect(await refusal(client.call('runs.create', { config: studentOf(teacher) }))).toMatchObject({
        code: 'config/no-teacher',
      });
    }
  });
});
