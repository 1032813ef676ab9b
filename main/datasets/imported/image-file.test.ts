import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Rng } from '../../tensor/rng.ts';
import { imageSet, imageSource } from '../images/image-set.ts';
import { parseDatasetParams } from '../parse-params.ts';
import { refusalOf } from '../testdata/refusal.ts';
import { ImageFileWriter, openImageFile } from './image-file.ts';
import { keptDataset } from './kept.ts';
import { PagedRows } from './paged-rows.ts';

fc.configureGlobal({ seed: 20261122, numRuns: 60 });

function scratchFile(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-images-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  return path.join(folder, 'x.images');
}

const SHAPE = [4, 5, 3] as const;
const DIM = 60;
const FACTS = { title: 'Mine', classNames: ['a', '"ö"', 'c'], peak: 255, views: 1 } as const;

/** As many images of noise, written one by one. */
function written(count: number, facts = FACTS): { file: string; values: Uint8Array; labels: Uint16Array } {
  const file = scratchFile();
  const rng = new Rng(3, 'test');
  const values = Uint8Array.from({ length: count * DIM }, () => rng.int(256));
  const labels = Uint16Array.from({ length: count }, (_, i) => i % 3);
  const writer = new ImageFileWriter(file, { kind: 'images', shape: SHAPE, mostRows: 3 * count, facts });
  for (let i = 0; i < count; i++) writer.add(values.subarray(i * DIM, (i + 1) * DIM));
  writer.finish(labels, facts);
  return { file, values, labels };
}

describe('rows of a file', () => {
  it('are those in memory, in any order, page and cache, and no more pages are held than may be', () => {
    const { file, values } = written(50);
    const start = fs.statSync(file).size - 50 * DIM - 100;
    fc.assert(
      fc.property(
        fc.array(fc.nat(49), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 2000 }),
        (order, pageBytes, cacheBytes) => {
          const layout = { start, rowBytes: DIM, count: 50 };
          const rows = new PagedRows(file, layout, { pageBytes, cacheBytes });
          const kept = order.map((i) => rows.row(i));
          order.forEach((i, at) => expect(kept[at]).toEqual(values.slice(i * DIM, (i + 1) * DIM)));
          const pageSize = Math.max(1, Math.floor(pageBytes / DIM)) * DIM;
          expect(rows.held).toBeLessThanOrEqual(Math.max(1, Math.floor(cacheBytes / pageSize)));
        },
      ),
    );
  });

  it('stay readable where the file is moved after the first', () => {
    const { file, values } = written(20);
    const { rows } = openImageFile(file);
    rows.row(0);
    fs.renameSync(file, `${file}.moved`);
    expect(rows.row(19)).toEqual(values.slice(19 * DIM));
  });

  it('that the file has lost are refused', () => {
    const { file } = written(20);
    const { rows } = openImageFile(file);
    fs.truncateSync(file, 100);
    expect(refusalOf(() => rows.row(7)).code).toBe('dataset/damaged');
  });
});

describe('a file of images', () => {
  it('makes the same samples as the images in memory', () => {
    const { file, values, labels } = written(40);
    const memory = imageSet({ count: 40, shape: SHAPE, values, labels, classes: 3 });
    const dataset = keptDataset('mine', file);
    expect(dataset).toMatchObject({ title: 'Mine', size: 40, classes: 3, classNames: ['a', '"ö"', 'c'] });
    for (const change of [{}, { mirrored: true }, { dequantised: true, holdout: 0.5 }]) {
      const params = parseDatasetParams(dataset, change);
      const options = { white: 255, holdout: 0.2, mirrored: false, dequantised: false, ...change };
      const [ours, theirs] = [dataset.create(params), imageSource(memory, options)];
      expect(ours.labelled!(new Rng(5, 'test'), 64)).toEqual(theirs.labelled!(new Rng(5, 'test'), 64));
      expect(ours.holdout!.items!(0, 5)).toEqual(theirs.holdout!.items!(0, 5));
    }
  });

  it('is safetensors whose tensors fill it', () => {
    const { file, values } = written(7);
    const bytes = fs.readFileSync(file);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, unknown>;
    expect(header['images']).toEqual({ dtype: 'U8', shape: [7, 4, 5, 3], data_offsets: [0, 420] });
    expect(header['labels']).toEqual({ dtype: 'U16', shape: [7], data_offsets: [420, 434] });
    expect(bytes.length).toBe(8 + length + 434);
    expect(Uint8Array.from(bytes.subarray(8 + length, 8 + length + 420))).toEqual(values);
  });

  it('cut or longer is refused, and with any byte of its header changed is read or refused', () => {
    const { file } = written(5);
    const bytes = fs.readFileSync(file);
    for (const changed of [bytes.subarray(0, bytes.length - 1), Buffer.concat([bytes, Buffer.alloc(1)])]) {
      fs.writeFileSync(file, changed);
      expect(refusalOf(() => openImageFile(file)).code).toBe('dataset/damaged');
    }
    fc.assert(
      fc.property(fc.nat(bytes.length - 311), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= change;
        fs.writeFileSync(file, changed);
        try {
          expect(openImageFile(file).count).toBeGreaterThan(0);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('dataset/damaged');
        }
      }),
    );
  });
});

describe('a file of latents', () => {
  it('gives those of mirrored images for half of the draws, and never in the holdout', () => {
    const file = scratchFile();
    const facts = { title: 'L', classNames: [], peak: 1, views: 2, autoencoder: 'vae' } as const;
    const shape = [1, 1, 4] as const;
    const writer = new ImageFileWriter(file, { kind: 'latents', shape, mostRows: 20, facts });
    for (let i = 0; i < 20; i++) {
      writer.add(new Uint8Array(Float32Array.of(i % 10, i < 10 ? 0 : 1, 0.25, -i).buffer));
    }
    writer.finish(null, facts);
    const dataset = keptDataset('l', file);
    expect(dataset).toMatchObject({ shape, dim: 4, size: 10, autoencoder: 'vae', imported: true });
    const draw = (change: object): number[] => {
      const values = dataset.create(parseDatasetParams(dataset, change)).sample(new Rng(2, 'test'), 400);
      return Array.from({ length: 400 }, (_, i) => values[4 * i + 1]!);
    };
    expect(draw({ mirrored: false }).every((view) => view === 0)).toBe(true);
    const share = draw({}).reduce((sum, view) => sum + view, 0) / 400;
    // Four standard deviations of a fair coin.
    expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
    const source = dataset.create(parseDatasetParams(dataset, { holdout: 0.5 }));
    const seconds = (values: Float32Array): number[] => [...values.filter((_, i) => i % 4 === 1)];
    expect(seconds(source.items!(0, 5).values)).toEqual([0, 0, 0, 0, 0]);
    expect(seconds(source.mirroredItems!(0, 5).values)).toEqual([1, 1, 1, 1, 1]);
    const held = source.holdout!.sample(new Rng(2, 'test'), 100);
    expect(held.filter((_, i) => i % 4 === 1).every((view) => view === 0)).toBe(true);
    const ids = (values: Float32Array): Set<number> => new Set(values.filter((_, i) => i % 4 === 0));
    const [ours, theirs] = [ids(source.sample(new Rng(1, 'test'), 200)), ids(held)];
    expect([...ours].filter((id) => theirs.has(id))).toEqual([]);
  });
});
