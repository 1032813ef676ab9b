/** Images from disk to samples, through the service and a reader's process. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageImport, ImageImportProgress } from '#contract/datasets.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { pngOf } from '../../datasets/testing/pictures.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { createGrantKey, sealGrant } from '../checkpoints/grants.ts';
import { TINY_AUTOENCODER, adoptAutoencoder } from '../testing/tiny-models.ts';
import { openedEngine } from '../testing/opened-engine.ts';

/** Two classes of 8 x 8 pictures, dark and light, and a broken one. */
function pets(): string {
  const folder = scratchFolder();
  const flat = (level: number): Uint8Array =>
    pngOf({ width: 8, height: 8, sample: (x, y, c) => level + x + y + c });
  for (let i = 0; i < 6; i++) {
    const name = path.join(folder, i < 3 ? 'dark' : 'light', `${i}.png`);
    fs.mkdirSync(path.dirname(name), { recursive: true });
    fs.writeFileSync(name, flat(i < 3 ? 10 * i : 150 + 10 * i));
  }
  fs.writeFileSync(path.join(folder, 'dark', 'broken.png'), flat(1).subarray(0, 60));
  return folder;
}

function imported(client: WorkbenchClient, input: ImageImport): Promise<ImageImportProgress[]> {
  return new Promise((resolve, reject) => {
    const heard: ImageImportProgress[] = [];
    client.listen(
      'datasets.importImages',
      input,
      (progress) => void heard.push(progress),
      (error) => (error === null ? resolve(heard) : reject(error)),
    );
  });
}

const from = (folder: string): ImageImport['sources'] => [{ source: { kind: 'path', path: folder } }];

describe('a folder of pictures', () => {
  it('becomes a data set that is offered, shown, trained on, removed and restored', async () => {
    const { client, home } = openedEngine({ allowsFolders: true });
    const heard = await imported(client, { sources: from(pets()), name: 'My pets' });
    const { result, done, of } = heard.at(-1)!;
    expect(done).toBe(of);
    expect(result).toMatchObject({
      id: 'my-pets',
      count: 6,
      shape: [8, 8, 3],
      classNames: ['dark', 'light'],
      skippedCount: 1,
      ignored: 0,
    });
    expect(result!.skipped[0]!.file).toMatch(/dark\/broken\.png$/);
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual(['my-pets.images']);

    const entryOf = async (): Promise<object | undefined> =>
      (await client.call('catalog.get', {})).datasets.find(({ id }) => id === 'my-pets');
    const facts = { title: 'My pets', shape: [8, 8, 3], classes: 2, classNames: ['dark', 'light'], size: 6 };
    expect(await entryOf()).toMatchObject({ ...facts, imported: true, dim: 192 });
    const { values, labels, shape } = await client.call('datasets.sample', {
      dataset: { id: 'my-pets' },
      count: 50,
    });
    expect([values.length, shape]).toEqual([50 * 192, [8, 8, 3]]);
    labels!.forEach((label, i) => expect(values[i * 192]! > 0).toBe(label === 1));

    const run = await client.call('runs.create', {
      config: {
        method: 'teacher',
        params: { ditWidth: 16, ditDepth: 1, heads: 2, batch: 4 },
        dataset: { id: 'my-pets' },
        steps: 2,
        evalEvery: 0,
        filmFrames: 0,
      },
    });
    expect(run).toMatchObject({ sampleShape: [8, 8, 3], classes: 2 });
    const statusOf = async (): Promise<string> => (await client.call('runs.get', { run: run.id })).status;
    await expect.poll(statusOf, { timeout: 50_000 }).toMatch(/finished|failed|diverged/);
    expect((await client.call('runs.get', { run: run.id })).error).toBeNull();

    const { trashed } = await client.call('datasets.remove', { id: 'my-pets' });
    expect(await entryOf()).toBeUndefined();
    expect(await client.call('datasets.restore', { trashed })).toEqual({ id: 'my-pets' });
    expect(await entryOf()).toMatchObject(facts);
  });

  it('of the same name gets a number, and so does one with the name of a data set that ships', async () => {
    const { client } = openedEngine({ allowsFolders: true });
    const folder = pets();
    const ids: (string | undefined)[] = [];
    for (const name of ['digits', 'My pets', 'My pets', '...']) {
      ids.push((await imported(client, { sources: from(folder), name })).at(-1)?.result?.id);
    }
    expect(ids).toEqual(['digits-2', 'my-pets', 'my-pets-2', 'images']);
  });

  it('leaves nothing behind when it is refused or cancelled', async () => {
    const { client, home } = openedEngine({ allowsFolders: true });
    const empty = scratchFolder();
    await expect(imported(client, { sources: from(empty), name: 'x' })).rejects.toMatchObject({
      code: 'dataset/no-images',
    });
    await expect(
      imported(client, { sources: from(path.join(empty, 'no')), name: 'x' }),
    ).rejects.toMatchObject({ code: 'dataset/no-file' });
    const folder = pets();
    for (let i = 0; i < 300; i++) {
      const sample = (x: number): number => (x * i) % 256;
      fs.writeFileSync(path.join(folder, 'dark', `more-${i}.png`), pngOf({ width: 64, height: 64, sample }));
    }
    const stop = client.listen('datasets.importImages', { sources: from(folder), name: 'x' }, () => {});
    const names = (): string[] => fs.readdirSync(path.join(home, 'datasets'));
    await expect.poll(names, { timeout: 20_000 }).not.toEqual([]);
    stop();
    await expect.poll(names, { timeout: 20_000 }).toEqual([]);
    expect((await client.call('catalog.get', {})).datasets.some(({ imported: own }) => own)).toBe(false);
  });

  it('comes by grants, file by file with the folders that they lay in, and never by path', async () => {
    const key = createGrantKey();
    const { client } = openedEngine({ grantKey: key });
    const folder = pets();
    const names = ['dark/0.png', 'dark/1.png', 'light/4.png'];
    const sources = names.map((name) => ({
      source: { kind: 'grant' as const, grant: sealGrant(path.join(folder, name), key) },
      name: `pets/${name}`,
    }));
    const { result } = (await imported(client, { sources, name: 'Sent' })).at(-1)!;
    expect(result).toMatchObject({ count: 3, classNames: ['dark', 'light'] });
    await expect(imported(client, { sources: from(folder), name: 'x' })).rejects.toMatchObject({
      code: 'checkpoint/path-not-allowed',
    });
  });
});

describe('latents', () => {
  it('are the means that an autoencoder makes of the images, mirrored too, and can be trained on', async () => {
    const home = scratchFolder();
    const { id } = adoptAutoencoder(home, TINY_AUTOENCODER);
    const { client } = openedEngine({ home, allowsFolders: true });
    const input = { sources: from(pets()), name: 'Latents', autoencoder: id };
    await expect(imported(client, { ...input, size: 7 })).rejects.toMatchObject({
      code: 'config/wrong-value',
    });
    const heard = await imported(client, { ...input, size: 16 });
    expect(heard.at(-1)!.result).toMatchObject({ count: 6, shape: [8, 8, 4], skippedCount: 1 });
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual(['latents.images']);
    const entry = (await client.call('catalog.get', {})).datasets.find((each) => each.id === 'latents');
    expect(entry).toMatchObject({ shape: [8, 8, 4], autoencoder: id, classes: 2, size: 6 });
    const { values } = await client.call('datasets.sample', { dataset: { id: 'latents' }, count: 40 });
    expect(values.every(Number.isFinite)).toBe(true);
    // Six images and their mirrored twins, which are none of their own.
    const drawn = new Set(Array.from({ length: 40 }, (_, i) => values.slice(i * 256, i * 256 + 256).join()));
    expect(drawn.size).toBeGreaterThan(6);
    expect(drawn.size).toBeLessThanOrEqual(12);
  });

  it('of a model that encodes nothing are refused', async () => {
    const { client } = openedEngine({ allowsFolders: true });
    await expect(
      imported(client, { sources: from(pets()), name: 'x', autoencoder: 'nobody', size: 16 }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^model\//) });
  });
});
