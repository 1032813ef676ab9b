/** Images measured in a feature space: what is drawn, embedded, kept and found. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunConfigInput, RunSummary } from '#contract/runs.ts';
import type { CallInput, WorkbenchClient } from '#contract/workbench.ts';
import { type DataSource, datasetById, parseDatasetParams } from '../../datasets/index.ts';
import { frechetDistance } from '../../metrics/frechet.ts';
import { MomentAccumulator } from '../../metrics/moments.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import type { Engine } from '../service.ts';
import { type FeatureSpace, inBatches, pixelSpace } from './features.ts';
import { labelsLike } from './reference-labels.ts';
import { ReferenceShelf } from './reference.ts';
import { engineOn, trainedRun } from '../testing/opened-engine.ts';

const never = () => {
  throw new Error('nothing to warn of');
};

function sourceOf(id: string, params: Record<string, unknown> = {}): DataSource {
  const dataset = datasetById(id);
  return dataset.create(parseDatasetParams(dataset, params));
}

/** Pixels that count the images that pass. */
function counting(dim: number): { space: FeatureSpace; embedded: () => number } {
  let images = 0;
  const pixels = pixelSpace(dim);
  return {
    space: {
      ...pixels,
      embed: (values) => {
        images += values.length / dim;
        return pixels.embed(values);
      },
    },
    embedded: () => images,
  };
}

describe('reference statistics', () => {
  const digits = sourceOf('digits');
  const request = (space: FeatureSpace) => ({
    dataset: { id: 'digits', params: {} },
    source: digits,
    space,
    kind: 'holdout' as const,
  });

  it('are of every held-out image, and of each once', async () => {
    const { space, embedded } = counting(64);
    const set = await new ReferenceShelf(null, never).get(request(space));
    const { holdout } = digits;
    expect(set.count).toBe(holdout!.size);
    expect(embedded()).toBe(holdout!.size);
    const { values, labels } = holdout!.items!(0, set.count);
    const { mean, covariance } = new MomentAccumulator(64).add(values).moments();
    set.moments!.mean.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, 12));
    set.moments!.covariance.forEach((value, i) => expect(value).toBeCloseTo(covariance[i]!, 12));
    // The rows are the images in another order, each with its label.
    const keys = (rows: Float32Array, of: Int32Array) =>
      Array.from(of, (label, i) => `${label} ${rows.slice(64 * i, 64 * (i + 1)).join()}`);
    expect(keys(set.rows, set.labels!).sort()).toEqual(keys(values, labels).sort());
    expect(keys(set.rows, set.labels!)).not.toEqual(keys(values, labels));
    expect([...set.perClass!]).toEqual(
      Array.from({ length: 10 }, (_, c) => labels.filter((l) => l === c).length),
    );
  });

  it('are of mirror images too where training draws them and copies are looked for', async () => {
    const { space } = counting(64);
    const shelf = new ReferenceShelf(null, never);
    const mirrored = sourceOf('digits', { mirrored: true });
    const dataset = { id: 'digits', params: { mirrored: true } };
    const [plain, both] = await Promise.all(
      (['training', 'mirrored-training'] as const).map((kind) =>
        shelf.get({ space, source: mirrored, dataset, kind }),
      ),
    );
    expect([plain!.count, both!.count]).toEqual([mirrored.size, 2 * mirrored.size!]);
    // Mirroring keeps the mean of every row of pixels.
    const meanOf = ({ moments }: NonNullable<typeof both>, row: number) =>
      moments!.mean.slice(8 * row, 8 * row + 8).reduce((sum, value) => sum + value, 0);
    for (let row = 0; row < 8; row++) expect(meanOf(both!, row)).toBeCloseTo(meanOf(plain!, row), 10);
    expect([...both!.moments!.mean]).not.toEqual([...plain!.moments!.mean]);
  });

  it('are embedded once: the second time they come from memory, in another engine from disk', async () => {
    const folder = path.join(scratchFolder(), 'cache');
    const { space, embedded } = counting(64);
    const shelf = new ReferenceShelf(folder, never);
    const first = await shelf.get(request(space));
    const once = embedded();
    expect(once).toBeGreaterThan(0);
    expect(await shelf.get(request(space))).toBe(first);
    expect(await new ReferenceShelf(folder, never).get(request(space))).toEqual(first);
    expect(embedded()).toBe(once);
    expect(fs.readdirSync(folder)).toEqual([`${first.key}.safetensors`]);
  });

  it('are made again for other weights, another part, other data, and a damaged file', async () => {
    const folder = path.join(scratchFolder(), 'cache');
    const { space, embedded } = counting(64);
    const first = await new ReferenceShelf(folder, never).get(request(space));
    const others = [
      { ...request({ ...space, key: 'other weights' }) },
      { ...request(space), kind: 'training' as const },
      { ...request(space), label: 3 },
      { ...request(space), source: sourceOf('digits', { holdout: 0.3 }) },
    ];
    for (const other of others) {
      const before = embedded();
      const set = await new ReferenceShelf(folder, never).get(other);
      expect(set.key).not.toBe(first.key);
      expect(embedded()).toBe(before + set.count);
    }
    const file = path.join(folder, `${first.key}.safetensors`);
    fs.truncateSync(file, 1000);
    const warnings: string[] = [];
    const again = await new ReferenceShelf(folder, ({ code }) => warnings.push(code)).get(request(space));
    expect(again).toEqual(first);
    expect(warnings).toHaveLength(1);
    expect(await new ReferenceShelf(folder, never).get(request(space))).toEqual(first);
  });

  it('of one class hold that class alone', async () => {
    const { space } = counting(64);
    const set = await new ReferenceShelf(null, never).get({ ...request(space), label: 7 });
    expect(new Set(set.labels)).toEqual(new Set([7]));
    expect(set.count).toBe(set.labels!.length);
  });

  it('of data that are drawn anew are of ten thousand draws, other ones for training and holdout', async () => {
    const source = sourceOf('shapes', { size: 8 });
    const { space } = counting(64);
    const shelf = new ReferenceShelf(null, never);
    const get = (kind: 'holdout' | 'training') =>
      shelf.get({ dataset: { id: 'shapes', params: {} }, source, space, kind });
    const [held, trained] = [await get('holdout'), await get('training')];
    expect([held.count, trained.count]).toEqual([10_000, 10_000]);
    expect(held.rows).not.toEqual(trained.rows);
    // One law: means of 10,000 numbers of spread below 1 differ by less than five hundredths of it.
    held.moments!.mean.forEach((value, i) =>
      expect(Math.abs(value - trained.moments!.mean[i]!)).toBeLessThan(0.05),
    );
  });

  it('are refused where nothing was held out', async () => {
    const { space } = counting(64);
    const source = sourceOf('digits', { holdout: 0 });
    await expect(new ReferenceShelf(null, never).get({ ...request(space), source })).rejects.toMatchObject({
      code: 'config/wrong-value',
    });
  });
});

describe('labels', () => {
  const asked = { count: 100, seed: 1, classes: 'reference' } as const;

  it('come in the shares of the reference, in random order', () => {
    const labels = labelsLike({ perClass: Float64Array.of(1, 0, 3) }, 3, asked)!;
    const tally = [0, 1, 2].map((each) => labels.filter((label) => label === each).length);
    expect(tally).toEqual([25, 0, 75]);
    expect([...labels]).not.toEqual([...labels].sort());
    expect(labelsLike({ perClass: Float64Array.of(1, 0, 3) }, 3, asked)).toEqual(labels);
    const uneven = labelsLike({ perClass: Float64Array.of(1, 1, 1) }, 3, { ...asked, count: 7 })!;
    expect(uneven).toHaveLength(7);
  });

  it('are left to whoever asks for one, and are the null class where any is asked for', () => {
    const shares = { perClass: Float64Array.of(1, 1) };
    expect(labelsLike(shares, 2, { ...asked, label: 1 })).toBeNull();
    expect(labelsLike(shares, 0, asked)).toBeNull();
    expect(new Set(labelsLike(shares, 2, { ...asked, classes: 'any' }))).toEqual(new Set([2]));
  });
});

it('a last batch that is not full is filled up and cut off again', async () => {
  const sizes: number[] = [];
  const found = await inBatches(
    Float32Array.of(1, 2, 3, 4, 5),
    { dim: 1, width: 2, batch: 2 },
    undefined,
    (x) => {
      sizes.push(x.length);
      return Promise.resolve(Float32Array.from([...x].flatMap((value) => [value, -value])));
    },
  );
  expect([...found]).toEqual([1, -1, 2, -2, 3, -3, 4, -4, 5, -5]);
  expect(sizes).toEqual([2, 2, 2]);
});

describe('a run on images', () => {
  const TINY = { conditional: true, batch: 8, width: 16, depth: 1, heads: 2, patch: 4 };
  let home: string;
  let engine: Engine;
  let client: WorkbenchClient;
  let run: string;

  const trained = (change: Partial<RunConfigInput>): Promise<RunSummary> =>
    trainedRun(client, {
      method: 'teacher',
      dataset: { id: 'digits' },
      steps: 3,
      checkpointEvery: 3,
      evalEvery: 3,
      filmFrames: 0,
      executor: 'ort-cpu',
      ...change,
    });

  beforeAll(async () => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-evaluate-'));
    ({ engine, client } = engineOn({ home }));
    const summary = await trained({ params: TINY });
    run = summary.id;
    expect(summary.latest['frechetDistance']).toBeGreaterThan(0);
  });
  afterAll(async () => {
    await engine.close();
    fs.rmSync(home, { recursive: true, force: true });
  });

  const evaluate = (asked: Partial<CallInput<'runs.evaluate'>> = {}) =>
    client.call('runs.evaluate', { run, count: 120, nfe: [2], ...asked });

  it('is measured in pixels against held-out images, with errors and counts', async () => {
    const { results, about } = await evaluate({ nfe: [1, 2] });
    expect(about).toMatchObject({
      space: { id: 'pixels', width: 64 },
      reference: 'holdout',
      counts: { samples: 120, pairs: 120 },
    });
    const [one, two] = results;
    expect([one!.nfe, two!.nfe]).toEqual([1, 2]);
    const names = [
      'frechetDistance',
      'kid',
      'precision',
      'recall',
      'density',
      'coverage',
      'classAccuracy',
      'memorised',
      'nearestRatio',
    ];
    for (const name of names) {
      expect(Number.isFinite(two!.metrics[name]), name).toBe(true);
      expect(Number.isFinite(two!.errors![name]), name).toBe(true);
    }
    expect(one!.metrics).not.toEqual(two!.metrics);
    expect((await evaluate()).results[0]).toEqual(two);
    expect(two!.errors!['frechetDistance']).toBeGreaterThan(0);
  });

  it('is of the samples that a view shows, although they are made in pieces', async () => {
    const asked = { count: 2100, label: 3 };
    const { results, about } = await evaluate({ ...asked, nfe: [1] });
    expect(about!.counts.samples).toBe(2100);
    const frame = await client.call('views.compute', { run, view: { kind: 'samples', nfe: 1, ...asked } });
    const { values, labels } = sourceOf('digits').holdout!.items!(0, 10_000);
    const threes = values.filter((_, at) => labels[Math.floor(at / 64)] === 3);
    const expected = frechetDistance(threes, frame.arrays['points']!, 64);
    // Both are sums in float64; roots of eigenvalues that are zero but for rounding are some 1e-8 each.
    expect(results[0]!.metrics['frechetDistance']).toBeCloseTo(expected, 5);
  });

  it('answers differently to the null class, to one class and to the training images', async () => {
    const found = await Promise.all(
      ([{}, { classes: 'any' }, { label: 3 }, { reference: 'training' }] as const).map((asked) =>
        evaluate(asked),
      ),
    );
    const distances = found.map(({ results }) => results[0]!.metrics['frechetDistance']);
    // Three steps teach nothing of classes: the null class is told apart by what is asked for alone.
    expect(new Set(distances).size).toBeGreaterThanOrEqual(3);
    expect(found[2]!.about!.counts.real).toBeLessThan(found[0]!.about!.counts.real);
    expect(found[3]!.about!.reference).toBe('training');
    expect(found[1]!.results[0]!.metrics).not.toHaveProperty('classAccuracy');
  });

  it('is measured in the features of an encoder, which its spaces name', async () => {
    const encoder = await trained({
      method: 'encoder',
      params: { width: 8, stages: [1], batch: 8 },
      evalEvery: 0,
    });
    expect(await client.call('runs.spaces', { run })).toEqual([
      { id: 'pixels', title: 'Pixels' },
      { id: `encoder:${encoder.id}`, title: encoder.name },
    ]);
    const { results, about } = await evaluate({ space: `encoder:${encoder.id}` });
    expect(about!.space).toMatchObject({ id: `encoder:${encoder.id}`, title: encoder.name });
    expect(about!.space.width).not.toBe(64);
    expect(results[0]!.metrics['frechetDistance']).toBeGreaterThan(0);
    await expect(client.call('runs.evaluate', { run: encoder.id })).rejects.toMatchObject({
      code: 'model/makes-no-samples',
    });
    await expect(evaluate({ space: `encoder:${run}` })).rejects.toMatchObject({ code: 'config/no-encoder' });
    await expect(evaluate({ space: 'inception' })).rejects.toMatchObject({ code: 'config/wrong-value' });
  });

  it('refuses a choice of space for points', async () => {
    const points = await trained({ dataset: { id: 'bimodal' }, params: { width: 8, depth: 1, batch: 8 } });
    expect(await client.call('runs.spaces', { run: points.id })).toEqual([]);
    await expect(
      client.call('runs.evaluate', { run: points.id, reference: 'training' }),
    ).rejects.toMatchObject({ code: 'config/wrong-value' });
  });
});
