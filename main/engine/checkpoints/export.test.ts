/** Networks as files: what another program finds in them. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunConfigInput } from '#contract/runs.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { readSafetensors } from '../../checkpoints/index.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { runOnnxFile } from '../../tensor/onnx/file.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { readWeights } from '../plan/weights.ts';
import { noiseFor } from '../sampling/noise.ts';
import {
  TINY_AUTOENCODER,
  TINY_DIT,
  TINY_MIXTURE,
  adoptAutoencoder,
  adoptDit,
} from '../testing/tiny-models.ts';
import { openedEngine, trainedRun } from '../testing/opened-engine.ts';

/** A run of a few steps. */
async function trained(client: WorkbenchClient, change: Partial<RunConfigInput>): Promise<string> {
  const config: RunConfigInput = {
    method: 'drifting',
    params: { batch: 8, width: 8, depth: 1 },
    dataset: { id: 'eight-gaussians' },
    steps: 3,
    checkpointEvery: 3,
    evalEvery: 0,
    filmFrames: 0,
    ...change,
  };
  return (await trainedRun(client, config)).id;
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
}

const SMALL = { batch: 8, width: 8, depth: 1 };

describe('an ONNX file', () => {
  it.each<[string, Partial<RunConfigInput>, number]>([
    ['a generator', { params: { ...SMALL, noiseDim: 5 } }, 5],
    ['a flow map', { method: 'freeflow', teacher: 'analytic', params: SMALL }, 2],
    [
      'a policy',
      { method: 'piflow', teacher: 'analytic', params: { ...SMALL, components: 3, substeps: 4 } },
      2,
    ],
  ])('of %s turns noise into the samples that the run makes', async (_, change, noiseDim) => {
    const { client, home } = openedEngine();
    const run = await trained(client, change);
    const made = await client.call('models.export', { run, format: 'onnx', batch: 3 });
    expect(made).toMatchObject({ file: path.join(home, 'exports', `${run}.onnx`), format: 'onnx' });
    expect(made.verified).toBeLessThanOrEqual(1e-5);
    expect(fs.statSync(made.file).size).toBe(made.bytes);
    const noise = noiseFor(7, 3 * noiseDim);
    const { sample } = await runOnnxFile(made.file, { noise: { values: noise, shape: [3, noiseDim] } });
    const view = { kind: 'samples', count: 3, seed: 7, nfe: 1 } as const;
    const frame = await client.call('views.compute', { run, view });
    // Samples are rolled out in pieces of time on the way to a picture, in one here.
    frame.arrays['points']!.forEach((x, i) => expect(sample![i]).toBeCloseTo(x, 3));
  });

  it('of an imported teacher is its velocity, by class', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const { file, verified } = await client.call('models.export', { run: id, format: 'onnx', batch: 2 });
    expect(verified).toBeLessThanOrEqual(1e-5);
    const x = noiseFor(1, 2 * 256);
    const ask = async (label: number[]) =>
      (
        await runOnnxFile(file, {
          x: { values: x, shape: [2, 8, 8, 4] },
          t: { values: Float32Array.of(0.3, 0.8), shape: [2] },
          label: { values: Int32Array.from(label), shape: [2] },
        })
      )['velocity']!;
    const [first, second] = [await ask([0, 3]), await ask([2, 3])];
    const half = first.length / 2;
    expect(first.subarray(half)).toEqual(second.subarray(half));
    expect(first.subarray(0, half)).not.toEqual(second.subarray(0, half));
  });

  it('of an imported policy is rolled out in the calls that were asked for', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_MIXTURE, { convention: 'flow-1000' });
    const files: string[] = [];
    for (const nfe of [1, 2])
      files.push((await client.call('models.export', { run: id, format: 'onnx', nfe })).file);
    expect(files.map((file) => path.basename(file))).toEqual([`${id}.onnx`, `${id}-2.onnx`]);
    const inputs = {
      noise: { values: noiseFor(1, 256), shape: [1, 8, 8, 4] },
      label: { values: Int32Array.of(3), shape: [1] },
    };
    const [one, two] = await Promise.all(files.map((file) => runOnnxFile(file, inputs)));
    expect(one!['sample']).toHaveLength(256);
    expect(one!['sample']).not.toEqual(two!['sample']);
  });

  it('is not made of what makes no samples, and leaves nothing behind', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptAutoencoder(home, TINY_AUTOENCODER);
    const work = client.call('models.export', { run: id, format: 'onnx' });
    expect(await refusal(work)).toBe('model/makes-no-samples');
    expect(fs.readdirSync(path.join(home, 'exports'))).toEqual([]);
  });
});

describe('a safetensors file', () => {
  it.each([
    ['dit', (home: string) => adoptDit(home, TINY_DIT)],
    ['autoencoder', (home: string) => adoptAutoencoder(home, TINY_AUTOENCODER)],
  ])('of an imported %s holds its weights as they are', async (_, adopt) => {
    const { client, home } = openedEngine();
    const { id, folder, config } = adopt(home);
    const made = await client.call('models.export', { run: id, format: 'safetensors' });
    expect(made.verified).toBe(0);
    expect(readWeights(made.file)).toEqual(readWeights(path.join(folder, 'weights.safetensors')));
    const { metadata } = readSafetensors(fs.readFileSync(made.file));
    expect(JSON.parse(metadata.get('fewstep.network')!)).toEqual(config);
  });

  it('has the original names where the network is theirs, and says why not where it is not', async () => {
    const { client, home } = openedEngine();
    const { id } = adoptDit(home, TINY_DIT);
    const made = await client.call('models.export', { run: id, format: 'safetensors', names: 'original' });
    const names = [...readSafetensors(fs.readFileSync(made.file)).tensors.keys()];
    expect(names).toEqual(expect.arrayContaining(['x_embedder.proj.weight', 'blocks.1.attn.qkv.weight']));
    const mixture = adoptDit(home, TINY_MIXTURE, { name: 'Policy', convention: 'flow-1000' }).id;
    for (const run of [mixture, adoptAutoencoder(home, TINY_AUTOENCODER).id]) {
      const work = client.call('models.export', { run, format: 'safetensors', names: 'original' });
      expect(await refusal(work)).toBe('export/no-original-names');
    }
  });

  it('of a run holds the parameters that it samples with, by name', async () => {
    const { client } = openedEngine();
    const run = await trained(client, {});
    const made = await client.call('models.export', { run, format: 'safetensors' });
    const { tensors, metadata } = readSafetensors(fs.readFileSync(made.file));
    expect(JSON.parse(metadata.get('fewstep.network')!)).toEqual({
      network: 'run',
      method: 'drifting',
      dataset: 'eight-gaussians',
    });
    const { folder } = await client.call('runs.get', { run });
    const checkpoint = fs.readFileSync(path.join(folder, 'checkpoints', 'step-3.safetensors'));
    const saved = readSafetensors(checkpoint).tensors;
    expect(tensors.size).toBeGreaterThan(2);
    for (const [name, { shape, data }] of tensors) {
      expect(saved.get(`ema/${name}`)).toMatchObject({ shape });
      expect(saved.get(`ema/${name}`)!.data).toEqual(data);
      expect(data).toHaveLength(sizeOf(shape));
    }
    expect(
      await refusal(client.call('models.export', { run, format: 'safetensors', names: 'original' })),
    ).toBe('export/no-original-names');
  });
});

describe('the place of an export', () => {
  it('is for a command of the person at this machine to name', async () => {
    const out = path.join(scratchFolder(), 'here.safetensors');
    const closed = openedEngine();
    const { id } = adoptDit(closed.home, TINY_DIT);
    const work = closed.client.call('models.export', { run: id, format: 'safetensors', out });
    expect(await refusal(work)).toBe('export/place-not-allowed');
    expect(fs.existsSync(out)).toBe(false);
    const open = openedEngine({ allowsFolders: true });
    const model = adoptDit(open.home, TINY_DIT);
    fs.writeFileSync(out, 'an older export');
    const made = await open.client.call('models.export', { run: model.id, format: 'safetensors', out });
    expect(made.file).toBe(out);
    expect(fs.readdirSync(path.dirname(out))).toEqual(['here.safetensors']);
    expect(fs.statSync(out).size).toBe(made.bytes);
  });
});
