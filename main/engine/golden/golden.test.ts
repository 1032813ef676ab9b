import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../checkpoints/index.ts';
import { writeSafetensors } from '../../checkpoints/safetensors/index.ts';
import { executorById } from '../../tensor/device.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { scratchFolder } from '../testdata/checkpoint-files.ts';
import { autoencoderCases, netsCases } from './golden-networks.ts';
import { type GoldenReport, checkGoldenFolder } from './golden.ts';

/** A tiny DiT and its forward pass, by the authors' own code. */
const NETS = path.join(import.meta.dirname, '..', 'testdata', 'golden');
/** Every dtype and layout, saved by PyTorch. */
const FLAVOURS = path.join(import.meta.dirname, '..', '..', 'checkpoints', 'pytorch', 'testdata');

let executor: Executor;
beforeAll(async () => {
  executor = await executorById('ort-cpu');
});

async function check(folder: string): Promise<GoldenReport[]> {
  const heard: GoldenReport[] = [];
  const reports = await checkGoldenFolder(folder, executor, (report) => void heard.push(report));
  expect(reports).toEqual(heard);
  return reports;
}

function copied(from: string, ...names: string[]): string {
  const folder = scratchFolder();
  for (const name of names) fs.copyFileSync(path.join(from, name), path.join(folder, name));
  return folder;
}

describe('networks', () => {
  it('agree with the code of their authors', async () => {
    const reports = await check(NETS);
    expect(reports.map(({ file, status }) => [file, status])).toEqual([['nets-a.json', 'passed']]);
  });

  it('that say something else fail, and so do inputs they were not asked', async () => {
    const folder = copied(NETS, ...fs.readdirSync(NETS));
    const file = path.join(folder, 'dit-a.io.safetensors');
    const { tensors } = readSafetensors(fs.readFileSync(file), file);
    const t = tensors.get('t')!;
    tensors.set('t', { ...t, data: Float32Array.from(t.data as Float32Array, (k) => k + 1) });
    fs.writeFileSync(file, writeSafetensors(tensors));
    const [report] = await check(folder);
    expect(report).toMatchObject({ file: 'nets-a.json', status: 'failed' });
    expect(report!.worst).toBeGreaterThan(2e-4);
  });

  it('with another number of heads than theirs fail: it is taken from the description', async () => {
    const folder = copied(NETS, ...fs.readdirSync(NETS));
    const file = path.join(folder, 'nets-a.json');
    const nets = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<
      string,
      { config: { num_heads: number } }
    >;
    nets['dit-a']!.config.num_heads *= 2;
    fs.writeFileSync(file, JSON.stringify(nets));
    expect(await check(folder)).toMatchObject([{ status: 'failed' }]);
  });

  it('of which a file is missing fail and say so', async () => {
    expect(await check(copied(NETS, 'nets-a.json', 'dit-a.pt'))).toMatchObject([
      { file: 'dit-a.pt', status: 'skipped' },
      { file: 'nets-a.json', status: 'failed', note: expect.stringContaining('dit-a.io') as unknown },
    ]);
  });
});

describe('files of one network', () => {
  const json = { net: { kind: 'dit', config: { num_heads: 2 } } };

  it('are weights of any format, and both where there are two', () => {
    const cases = netsCases(json, [
      '/f/net.pt',
      '/f/net.safetensors',
      '/f/net.io.safetensors',
      '/f/net-b.pt',
    ]);
    expect(cases.map(({ weights, io }) => [weights, io])).toEqual([
      ['/f/net.pt', '/f/net.io.safetensors'],
      ['/f/net.safetensors', '/f/net.io.safetensors'],
    ]);
    expect(cases[0]!.options).toEqual({ kind: 'dit', heads: 2 });
  });

  it('are also those with older names, whose numbers are the same or their own', () => {
    const files = ['/f/vae-b.safetensors', '/f/vae-b-old-names.bin', '/f/vae-b.io.safetensors'];
    const of = (...more: string[]): string[][] =>
      autoencoderCases({ norm_num_groups: 8 }, [...files, ...more], 'vae-b.json').map(({ weights, io }) => [
        weights,
        io,
      ]);
    const plain = ['/f/vae-b.safetensors', '/f/vae-b.io.safetensors'];
    expect(of()).toEqual([plain, ['/f/vae-b-old-names.bin', '/f/vae-b.io.safetensors']]);
    expect(of('/f/vae-b-old-names.io.safetensors')).toEqual([
      plain,
      ['/f/vae-b-old-names.bin', '/f/vae-b-old-names.io.safetensors'],
    ]);
    // A description of their own speaks for them.
    expect(of('/f/vae-b-old-names.json')).toEqual([plain]);
    const own = autoencoderCases({ norm_num_groups: 8 }, files, 'vae-b-old-names.json');
    expect(own).toMatchObject([{ weights: '/f/vae-b-old-names.bin', io: '/f/vae-b.io.safetensors' }]);
  });
});

describe('flavours', () => {
  it('are right to the last bit', async () => {
    const folder = copied(FLAVOURS, 'flavours-zip.json', 'flavours-zip.pt');
    const reports = await check(folder);
    expect(reports).toMatchObject([{ file: 'flavours-zip.json', status: 'passed', worst: 0 }]);
  });

  it.each<[string, (flavours: Flavours) => void]>([
    ['a value', ({ f16 }) => (f16!.values[3] = f16!.values[3]! + 2 ** -12)],
    ['a dtype', ({ i32 }) => (i32!.dtype = 'int64')],
    ['a shape', ({ empty }) => (empty!.shape = [4, 0])],
    ['a name', (flavours) => (flavours['more'] = flavours['f32']!)],
    ['a tensor too many', (flavours) => delete flavours['bool']],
  ])('fail for %s that is another', async (_, change) => {
    const folder = copied(FLAVOURS, 'flavours-zip.json', 'flavours-zip.pt');
    const file = path.join(folder, 'flavours-zip.json');
    const flavours = JSON.parse(fs.readFileSync(file, 'utf8')) as Flavours;
    change(flavours);
    fs.writeFileSync(file, JSON.stringify(flavours));
    expect(await check(folder)).toMatchObject([{ status: 'failed' }]);
  });
});

type Flavours = Record<string, { dtype: string; shape: number[]; values: number[] }>;
