/** ONNX feature networks: what is read of a file, what is refused, and what a network is shown. */
import fs from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { ModelSummary, RecognitionOptions } from '#contract/checkpoints.ts';
import type { FeatureConfig } from '#contract/networks.ts';
import type { WorkbenchClient } from '#contract/workbench.ts';
import { openCheckpoint } from '../../checkpoints/index.ts';
import { recognise } from '../../checkpoints/name-maps/recognise.ts';
import { scratchFolder } from '../../store/testdata/scratch.ts';
import { writeOnnxFile } from '../../tensor/onnx/file.ts';
import { trace } from '../../tensor/trace.ts';
import { canSee, networkInput } from './feature-network.ts';
import { openedEngine } from '../testing/opened-engine.ts';

const SYMMETRIC: FeatureConfig = {
  network: 'features',
  input: 'image',
  layout: 'nhwc',
  channels: 1,
  height: 2,
  width: 2,
  batch: null,
  range: 'symmetric',
  output: 'vector',
};

/** Means of the rows and columns of [4, 8, 8, 1] images, as a file. */
function networkFile(folder: string): string {
  const file = path.join(folder, 'rows.onnx');
  const graph = trace({ image: { shape: [4, 8, 8, 1] } }, ({ image }) => ({
    vector: tf.reshape(tf.concat([tf.mean(image as Tensor4D, 1), tf.mean(image as Tensor4D, 2)], 1), [4, 16]),
  }));
  writeOnnxFile(file, graph, {});
  return file;
}

/** One field of the wire format, of bytes. */
const field = (number: number, ...parts: (string | Uint8Array)[]): Uint8Array => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  if (content.length > 127) throw new Error('longer than one byte says');
  const key = 8 * number + 2;
  const head = key < 128 ? [key] : [(key % 128) + 128, Math.floor(key / 128)];
  return Buffer.concat([Uint8Array.of(...head, content.length), content]);
};
const varint = (number: number, value: number): Uint8Array => Uint8Array.of(8 * number, value);
const port = (number: number, name: string, ...sizes: number[]): Uint8Array =>
  field(
    number,
    field(1, name),
    field(
      2,
      field(
        1,
        varint(1, 1),
        field(2, ...sizes.map((size) => field(1, size > 0 ? varint(1, size) : field(2, 'N')))),
      ),
    ),
  );
const model = (...graph: Uint8Array[]): Uint8Array =>
  Buffer.concat([varint(1, 8), field(2, 'test'), field(7, ...graph)]);

function written(bytes: Uint8Array): string {
  const file = path.join(scratchFolder(), 'net.onnx');
  fs.writeFileSync(file, bytes);
  return file;
}

function read(bytes: Uint8Array, options: RecognitionOptions = {}) {
  const checkpoint = openCheckpoint(written(bytes), 'inspect');
  try {
    return recognise({ ...checkpoint, fileName: 'net.onnx' }, options).recognition!;
  } finally {
    checkpoint.close();
  }
}

describe('an ONNX file', () => {
  it('is listed with its tensors, its inputs and its outputs, and its elements can be read', () => {
    const weights = Float32Array.of(1, -2, 3);
    const tensor = field(
      5,
      varint(1, 3),
      varint(2, 1),
      field(8, 'w'),
      field(9, new Uint8Array(weights.buffer)),
    );
    const file = written(model(tensor, port(11, 'x', 0, 3, 8, 8), port(11, 'w', 3), port(12, 'y', 0, 5)));
    const checkpoint = openCheckpoint(file, 'import');
    expect(checkpoint.format).toBe('onnx');
    expect(checkpoint.tensors).toEqual([{ name: 'w', dtype: 'F32', shape: [3] }]);
    expect(Object.fromEntries(checkpoint.facts)).toMatchObject({
      'input.x': 'F32[?, 3, 8, 8]',
      'output.y': 'F32[?, 5]',
      producer: 'test',
    });
    expect(checkpoint.facts.has('input.w')).toBe(false);
    const pieces = Buffer.concat([...checkpoint.pieces('w', 1)]);
    expect([...new Float32Array(Uint8Array.from(pieces).buffer)]).toEqual([-2, 3]);
    checkpoint.close();
  });

  it('is recognised by its one input of images', () => {
    expect(read(model(port(11, 'x', 0, 3, 8, 8), port(12, 'y', 0, 5)))).toMatchObject({
      kind: 'feature-network',
      use: 'features',
      config: {
        layout: 'nchw',
        channels: 3,
        height: 8,
        width: 8,
        batch: null,
        output: 'y',
        range: 'symmetric',
      },
    });
    expect(read(model(port(11, 'x', 2, 9, 8, 1), port(12, 'y', 2, 5)), { pixelRange: 'byte' })).toMatchObject(
      {
        use: 'features',
        config: { layout: 'nhwc', channels: 1, height: 9, width: 8, batch: 2, range: 'byte' },
      },
    );
    const open = model(port(11, 'x', 0, 3, 0, 0), port(12, 'a', 0, 5), port(12, 'b', 0, 6));
    expect(read(open)).toMatchObject({ use: null, why: expect.stringContaining('size') as string });
    expect(read(open, { size: 12, output: 'b' })).toMatchObject({
      use: 'features',
      config: { height: 12, width: 12, output: 'b' },
    });
  });

  it.each([
    [
      'two inputs',
      model(port(11, 'x', 0, 3, 8, 8), port(11, 'z', 0, 3, 8, 8), port(12, 'y', 0, 5)),
      /2 inputs/,
    ],
    ['an input of other sizes', model(port(11, 'x', 0, 8), port(12, 'y', 0, 5)), /four dimensions/],
    ['channels that no image has', model(port(11, 'x', 0, 7, 8, 8), port(12, 'y', 0, 5)), /7 channels/],
    ['no vectors', model(port(11, 'x', 0, 3, 8, 8), port(12, 'y', 0, 5, 5)), /no output/],
  ])('with %s can be looked at and not used', (_, bytes, why) => {
    const { use, why: said } = read(bytes);
    expect(use).toBeNull();
    expect(said).toMatch(why);
  });

  const outside = field(13, field(1, 'location'), field(2, '/etc/passwd'));
  const tensorOutside = (number: number) => field(number, field(8, 'w'), outside);
  it.each([
    ['an initialiser', model(field(5, field(8, 'w'), outside))],
    ['a place that is said to be outside', model(field(5, field(8, 'w'), varint(14, 1)))],
    ['a constant', model(field(1, field(5, field(1, 'value'), tensorOutside(5))))],
    ['the branch of a node', model(field(1, field(5, field(6, tensorOutside(5)))))],
    ['a sparse initialiser', model(field(15, tensorOutside(1)))],
    ['a function', Buffer.concat([model(), field(25, field(7, field(5, tensorOutside(5))))])],
  ])('whose weights lie in another file is refused: %s', (_, bytes) => {
    expect(() => openCheckpoint(written(bytes), 'inspect')).toThrow(
      expect.objectContaining({ code: 'checkpoint/onnx-external' }),
    );
  });

  it('that is cut or wrong anywhere is refused or read, and never more', () => {
    const whole = model(
      field(5, varint(1, 1), varint(2, 1), field(8, 'w'), field(9, '\0\0\0\0')),
      port(11, 'x', 0, 3, 8, 8),
    );
    for (let at = 13; at < whole.length; at++) {
      const cut = whole.slice(0, at);
      expect(() => openCheckpoint(written(cut), 'inspect')).toThrow(/checkpoint|expected/);
      const wrong = Uint8Array.from(whole);
      wrong[at] = 0xff;
      try {
        openCheckpoint(written(wrong), 'inspect').close();
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^checkpoint\//);
      }
    }
  });
});

describe('a network is shown images', () => {
  const image = Float32Array.of(-1, 0, 0.5, 1);

  it('as they are where they have its size, in its range and layout', () => {
    const shown = (change: Partial<FeatureConfig>) => [
      ...networkInput(image, [2, 2, 1], { ...SYMMETRIC, ...change }),
    ];
    expect(shown({})).toEqual([-1, 0, 0.5, 1]);
    expect(shown({ range: 'unit' })).toEqual([0, 0.5, 0.75, 1]);
    expect(shown({ range: 'byte' })).toEqual([0, 127.5, 191.25, 255]);
    expect(shown({ channels: 3 })).toEqual([-1, -1, -1, 0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1]);
    expect(shown({ channels: 3, layout: 'nchw' })).toEqual([-1, 0, 0.5, 1, -1, 0, 0.5, 1, -1, 0, 0.5, 1]);
    const [red] = shown({ channels: 3, range: 'imagenet' });
    expect(red).toBeCloseTo(-0.485 / 0.229, 5);
  });

  it('resized bilinearly: a ramp stays a ramp between the middles of its pixels', () => {
    const ramp = Float32Array.of(0, 1, 2, 3);
    const wide = [...networkInput(ramp, [1, 4, 1], { ...SYMMETRIC, height: 1, width: 8 })];
    expect(wide).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
    expect([...networkInput(ramp, [1, 4, 1], { ...SYMMETRIC, height: 1, width: 2 })]).toEqual([0.5, 2.5]);
  });

  it('that it has the channels for', () => {
    expect(canSee(SYMMETRIC, [8, 8, 1])).toBe(true);
    expect(canSee(SYMMETRIC, [8, 8, 3])).toBe(false);
    expect(canSee({ ...SYMMETRIC, channels: 3 }, [8, 8, 1])).toBe(true);
    expect(canSee({ ...SYMMETRIC, channels: 3 }, [8, 8, 4])).toBe(false);
  });
});

describe('an imported feature network', () => {
  const imported = (client: WorkbenchClient, file: string) =>
    new Promise<ModelSummary>((resolve, reject) => {
      client.listen(
        'checkpoints.import',
        { source: { kind: 'path', path: file }, name: 'Rows' },
        ({ model: found }) => {
          if (found !== null) resolve(found);
        },
        (error) => {
          if (error !== null) reject(error);
        },
      );
    });

  it('is a space in which runs are measured, and no run itself', async () => {
    const { client, home } = openedEngine({ allowsFolders: true });
    const found = await imported(client, networkFile(home));
    expect(found).toMatchObject({
      id: 'rows',
      kind: 'feature-network',
      use: 'features',
      sampleShape: [8, 8, 1],
    });
    expect(fs.existsSync(path.join(found.folder, 'network.onnx'))).toBe(true);
    const { id: run } = await client.call('runs.create', {
      config: {
        method: 'teacher',
        dataset: { id: 'digits' },
        params: { batch: 8, width: 16, depth: 1, heads: 2, patch: 4 },
        steps: 1,
        evalEvery: 0,
        filmFrames: 0,
        executor: 'ort-cpu',
      },
    });
    await expect
      .poll(async () => (await client.call('runs.get', { run })).status, { timeout: 30_000 })
      .toBe('finished');
    expect(await client.call('runs.spaces', { run })).toContainEqual({ id: 'onnx:rows', title: 'Rows' });
    const { results, about } = await client.call('runs.evaluate', { run, count: 50, space: 'onnx:rows' });
    expect(about!.space).toEqual({ id: 'onnx:rows', title: 'Rows', width: 16 });
    expect(results[0]!.metrics['frechetDistance']).toBeGreaterThan(0);
    await expect(client.call('runs.evaluate', { run: 'rows' })).rejects.toThrow();
    await expect(client.call('models.export', { run: 'rows', format: 'safetensors' })).rejects.toMatchObject({
      code: 'export/no-weights',
    });
  });
});
