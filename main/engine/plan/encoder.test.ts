/** Encoders through the engine: what their runs record, and what may be learnt in their features. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ViewRequest } from '#contract/frames.ts';
import { type RunConfigInput, type RunSummary, runConfig } from '#contract/runs.ts';
import { RunFolder } from '../../store/index.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { runOnnxFile } from '../../tensor/onnx/file.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { encoderOf } from './encoder.ts';
import { type LearntFrom, planOf } from './plan.ts';
import { engineOn, openedEngine, trainedRun } from '../testing/opened-engine.ts';

const ENCODER: RunConfigInput = {
  method: 'encoder',
  params: { width: 4, stages: [1, 1], batch: 8, classShare: 1 },
  dataset: { id: 'digits' },
  steps: 6,
  checkpointEvery: 3,
  evalEvery: 3,
  executor: 'ort-cpu',
};
const STUDENT: RunConfigInput = {
  method: 'drifting',
  params: { batch: 20, width: 8, depth: 1, network: 'mlp' },
  dataset: { id: 'digits' },
  steps: 2,
  evalEvery: 0,
  filmFrames: 0,
  executor: 'ort-cpu',
};

/** A data folder with one encoder that has been trained. */
let made: { home: string; encoder: RunSummary };

beforeAll(async () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'fewstep-encoder-'));
  const { engine, client } = engineOn({ home });
  const encoder = await trainedRun(client, ENCODER);
  await engine.close();
  made = { home, encoder };
});
afterAll(() => fs.rmSync(made.home, { recursive: true }));

/** A copy of that folder's encoder. */
function folderOfEncoder(): RunFolder {
  return RunFolder.open(made.encoder.folder);
}

describe('a run of an encoder', () => {
  it('records how well it does on images that it never saw, and keeps no film', () => {
    const { encoder } = made;
    expect(encoder).toMatchObject({ status: 'finished', step: 6, classes: 10, sampleShape: [8, 8, 1] });
    const measured = folderOfEncoder().metrics(() => undefined);
    const seriesOf = (name: string) => measured.find((series) => series.name === name);
    for (const name of ['heldOutReconstructionLoss', 'heldOutClassLoss', 'heldOutAccuracy']) {
      expect([...seriesOf(name)!.steps], name).toEqual([3, 6]);
      expect([...seriesOf(name)!.values].every((value) => value > 0)).toBe(true);
    }
    expect(encoder.latest['heldOutAccuracy']).toBeLessThanOrEqual(1);
    expect(measured.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['loss', 'gradNorm', 'reconstructionLoss', 'classLoss', 'trainingAccuracy']),
    );
    expect(folderOfEncoder().filmIndex().steps).toHaveLength(0);
  });

  it('is exported as a network from images to vectors and logits', async () => {
    const { client } = openedEngine({ home: made.home });
    const { file, verified } = await client.call('models.export', {
      run: made.encoder.id,
      format: 'onnx',
      batch: 2,
    });
    expect(verified).toBeLessThan(1e-5);
    const x = new Rng(1, 'x').fillNormal(new Float32Array(128));
    const found = await runOnnxFile(file, { x: { values: x, shape: [2, 8, 8, 1] } });
    expect(found['vector']).toHaveLength(2 * 8);
    expect(found['logits']).toHaveLength(2 * 10);
  });

  it.each(['samples', 'trajectories', 'closeup'] as const)('has no samples to show: %s', async (kind) => {
    const { client } = openedEngine({ home: made.home });
    const asked = kind === 'closeup' ? { kind, start: { seed: 1, index: 0 } } : { kind, count: 2, nfe: 1 };
    await expect(
      client.call('views.compute', { run: made.encoder.id, view: asked as ViewRequest }),
    ).rejects.toMatchObject({
      code: 'view/not-available',
      message: `view.kind: Feature encoder has none, found ${kind}`,
    });
  });

  it('is refused for points', async () => {
    const { client } = openedEngine();
    await expect(trainedRun(client, { ...ENCODER, dataset: { id: 'bimodal' } })).rejects.toMatchObject({
      code: 'config/wrong-value',
      message: expect.stringContaining('dataset: expected images') as string,
    });
    expect(await client.call('runs.list', {})).toEqual([]);
  });
});

describe('encoderOf', () => {
  async function seen(folder: RunFolder, executor: Executor): Promise<Record<string, number[]>> {
    const encoder = encoderOf(folder, () => undefined);
    const program = await compileProgram(executor, {
      inputs: { x: { shape: [2, ...encoder.shape] } },
      run: (_, { x }) => {
        const features = encoder.features();
        const outputs: Record<string, Tensor> = { ...features.maps(x!), vector: features.vector(x!) };
        return { outputs: { ...outputs, logits: features.logits!(x!) } };
      },
    });
    const found = await program.run({ x: new Rng(1, 'x').fillNormal(new Float32Array(128)) });
    const copies = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]));
    await program.dispose();
    return copies;
  }

  it('gives the features of the newest checkpoint, alike on both executors', async () => {
    const encoder = encoderOf(folderOfEncoder(), () => undefined);
    expect(encoder).toMatchObject({ id: made.encoder.id, shape: [8, 8, 1], classes: 10 });
    const newest = folderOfEncoder()
      .checkpoints.entries(() => undefined)
      .at(-1)!;
    expect(encoder.sha256).toBe(newest.sha256);
    const compiled = await seen(folderOfEncoder(), ortCpuExecutor(1));
    const reference = await seen(folderOfEncoder(), referenceExecutor());
    expect(Object.keys(reference)).toEqual(['conv1', 'layer1', 'layer2', 'vector', 'logits']);
    for (const [name, values] of Object.entries(reference)) {
      const largest = Math.max(...values.map(Math.abs));
      // Float32 sums in another order, through the norms.
      values.forEach((value, i) =>
        expect(Math.abs(value - compiled[name]![i]!), name).toBeLessThan(1e-4 * largest),
      );
    }
  });

  it('refuses a run that is no encoder, and one without a checkpoint', () => {
    const make = (config: RunConfigInput): RunFolder =>
      RunFolder.create(fs.mkdtempSync(path.join(scratchFolder(), 'runs-')), runConfig.parse(config), {
        versions: {},
        sampleShape: [8, 8, 1],
      });
    const student = make(STUDENT);
    expect(() => encoderOf(student, () => undefined)).toThrow(
      expect.objectContaining({
        code: 'config/no-encoder',
        message: `encoder: expected a run that learns features, found ${student.id}, a Drifting model`,
      }),
    );
    expect(() => encoderOf(make(ENCODER), () => undefined)).toThrow(
      expect.objectContaining({ code: 'run/no-checkpoint' }),
    );
  });
});

describe('a run that learns in features', () => {
  const learntFrom = (encoder: RunFolder): LearntFrom => ({
    teacher: () => {
      throw new Error('there is no teacher');
    },
    encoder: () => encoder,
  });
  const planned = (config: RunConfigInput) =>
    planOf(
      runConfig.parse({ encoder: made.encoder.id, ...config }),
      [],
      learntFrom(folderOfEncoder()),
      () => undefined,
    );

  it('is refused where its method uses none, naming the run', () => {
    expect(() => planned({ ...STUDENT, method: 'teacher', params: {} })).toThrow(
      expect.objectContaining({
        code: 'config/no-encoder',
        message: `encoder: expected none, for Flow-matching teacher learns without features, found "${made.encoder.id}"`,
      }),
    );
  });

  it('is refused where the encoder sees other images', () => {
    expect(() => planned({ ...STUDENT, dataset: { id: 'shapes', params: { size: 16 } } })).toThrow(
      expect.objectContaining({
        code: 'config/no-encoder',
        message: expect.stringContaining(
          'encoder: expected one of images [16, 16, 1], as this run learns, found ',
        ) as string,
      }),
    );
  });

  it('keeps the encoder, and learns the same without the run that it came from', async () => {
    const { client } = openedEngine();
    const encoder = await trainedRun(client, ENCODER);
    const student = await trainedRun(client, { ...STUDENT, encoder: encoder.id });
    expect(student.status).toBe('finished');
    const plain = await trainedRun(client, STUDENT);
    expect(plain.latest['loss']).not.toBe(student.latest['loss']);
    await client.call('runs.delete', { run: encoder.id });
    expect(encoderOf(RunFolder.open(student.folder).encoder(), () => undefined).classes).toBe(10);
    // Whoever draws from it plans it again.
    const frame = await client.call('views.compute', {
      run: student.id,
      view: { kind: 'samples', count: 2, nfe: 1 },
    });
    expect(frame.kind).toBe('samples');
  });
});
