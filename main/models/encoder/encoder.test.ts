import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type EncoderShape, encoderShapes, groupsOf, initEncoder, pooledWidth } from './encoder-shapes.ts';
import { classLogits, decodeImages, encodeImages, pooled } from './encoder.ts';

const SHAPE: EncoderShape = { channels: 2, width: 8, stages: [1, 2], classes: 3, hasDecoder: true };
const BATCH = 2;

/** Parameters away from the ones and zeros that norms start from. */
function woken(shape: EncoderShape, seed: number): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(initEncoder(shape, new Rng(seed, 'init'))).map(([name, values]) => {
      const rng = new Rng(seed, name);
      return [name, values.map((value) => value + 0.1 * rng.normal())];
    }),
  );
}

function images(size: readonly number[], channels: number, count = BATCH): Float32Array {
  return new Rng(3, 'images').fillNormal(new Float32Array(count * size[0]! * size[1]! * channels));
}

interface Found {
  readonly shapes: Record<string, number[]>;
  readonly values: Record<string, number[]>;
}

/** Everything that it makes of images, and the gradient of a loss of all of it. */
async function computed(
  shape: EncoderShape,
  parameters: Record<string, Float32Array>,
  size: readonly number[],
  x = images(size, shape.channels),
  executor: Executor = ortCpuExecutor(1),
): Promise<Found> {
  const dims = encoderShapes(shape);
  const names = Object.keys(dims);
  const shapes: Record<string, number[]> = {};
  const program = await compileProgram(executor, {
    inputs: {
      x: { shape: [BATCH, ...size, shape.channels] },
      ...Object.fromEntries(names.map((name) => [name, { shape: dims[name]! }])),
    },
    run: (_, given) => {
      const outputs = (leaves: Record<string, Tensor>): Record<string, Tensor> => {
        const encoded = encodeImages(shape, leaves, given['x']!);
        const vector = pooled(encoded);
        return {
          ...encoded.maps,
          vector,
          logits: classLogits(leaves, vector),
          decoded: decodeImages(shape, leaves, encoded),
        };
      };
      const gradients = tf.grads((...leaves: Tensor[]) => {
        const { logits, decoded } = outputs(Object.fromEntries(names.map((name, i) => [name, leaves[i]!])));
        return tf.add(tf.mean(tf.square(tf.sub(decoded!, 1))), tf.mean(tf.square(tf.sub(logits!, 1))));
      })(names.map((name) => given[name]!));
      const found = {
        ...outputs(given),
        ...Object.fromEntries(names.map((name, i) => [`d/${name}`, gradients[i]!])),
      };
      for (const [name, tensor] of Object.entries(found)) shapes[name] = tensor.shape;
      return { outputs: found };
    },
  });
  const values = await program.run({ ...parameters, x });
  const copies = Object.entries(values).map(([name, array]) => [name, [...array]] as [string, number[]]);
  await program.dispose();
  return { shapes, values: Object.fromEntries(copies) };
}

describe('encodeImages', () => {
  it('makes maps from fine to coarse of images of any size', async () => {
    const { shapes, values } = await computed(SHAPE, woken(SHAPE, 1), [5, 6]);
    expect(Object.entries(shapes).filter(([name]) => /^(conv|layer)/.test(name))).toEqual([
      ['conv1', [BATCH, 5, 6, 8]],
      ['layer1', [BATCH, 5, 6, 8]],
      ['layer2_blk2', [BATCH, 3, 3, 16]],
      ['layer2', [BATCH, 3, 3, 16]],
    ]);
    expect(shapes['vector']).toEqual([BATCH, pooledWidth(SHAPE)]);
    expect(shapes['logits']).toEqual([BATCH, 3]);
    expect(shapes['decoded']).toEqual([BATCH, 5, 6, 2]);
    expect(Object.values(values).flat().every(Number.isFinite)).toBe(true);
  });

  it('norms the end of every stage: each group of an image has mean 0 and variance 1 at the start', async () => {
    const { values } = await computed(SHAPE, initEncoder(SHAPE, new Rng(2, 'init')), [4, 4]);
    // layer2: 2 x 2 places of 16 channels in 4 groups.
    const group = Array.from({ length: 16 }, (_, i) => values['layer2']![Math.floor(i / 4) * 16 + (i % 4)]!);
    const mean = group.reduce((sum, value) => sum + value, 0) / 16;
    const variance = group.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 16;
    expect(mean).toBeCloseTo(0, 5);
    expect(variance).toBeCloseTo(1, 3);
  });

  it('pools the means of the last stage', async () => {
    const { values } = await computed(SHAPE, woken(SHAPE, 3), [4, 4]);
    const last = values['layer2']!;
    const mean = [0, 1, 2, 3].reduce((sum, place) => sum + last[place * 16 + 5]! / 4, 0);
    expect(values['vector']![5]).toBeCloseTo(mean, 5);
  });

  it('sees every image by itself', async () => {
    const size = [4, 4];
    const x = images(size, 2);
    const changed = x.map((value, i) => (i < x.length / 2 ? value : -value));
    const parameters = woken(SHAPE, 4);
    const [one, other] = [
      await computed(SHAPE, parameters, size, x),
      await computed(SHAPE, parameters, size, changed),
    ];
    for (const name of ['conv1', 'layer2', 'vector', 'logits', 'decoded']) {
      const half = one.values[name]!.length / 2;
      expect(other.values[name]!.slice(0, half)).toEqual(one.values[name]!.slice(0, half));
      expect(other.values[name]!.slice(half)).not.toEqual(one.values[name]!.slice(half));
    }
  });

  it('has a finite gradient in every parameter, on the compiled executor that of the reference', async () => {
    const parameters = woken(SHAPE, 5);
    const x = images([4, 4], 2);
    const compiled = await computed(SHAPE, parameters, [4, 4], x);
    const reference = await computed(SHAPE, parameters, [4, 4], x, referenceExecutor());
    for (const [name, values] of Object.entries(reference.values)) {
      const largest = Math.max(...values.map(Math.abs));
      expect(Number.isFinite(largest), name).toBe(true);
      expect(largest, name).toBeGreaterThan(0);
      // Float32 sums in another order, through a dozen norms and their derivatives.
      values.forEach((value, i) => {
        expect(Math.abs(value - compiled.values[name]![i]!), name).toBeLessThan(1e-4 * largest);
      });
    }
  });
});

describe('encoderShapes', () => {
  const published: EncoderShape = {
    channels: 4,
    width: 256,
    stages: [3, 4, 6, 3],
    classes: 0,
    hasDecoder: false,
  };

  it('has the convolutions of ResNet-34, four times as wide', () => {
    const convolutions = Object.entries(encoderShapes(published)).filter(([, dims]) => dims.length === 4);
    const numbers = convolutions.reduce((sum, [, dims]) => sum + sizeOf(dims), 0);
    // That of ResNet-34 on 3 channels: a 7x7 first layer, 36 convolutions and 3 shortcuts, 64 wide.
    const resnet = 21_267_648 - 7 * 7 * 3 * 64;
    expect(numbers).toBe(16 * resnet + 3 * 3 * 4 * 256);
  });

  it('needs no decoder and no head unless asked', () => {
    const names = Object.keys(encoderShapes(published));
    expect(names.filter((name) => /^(decoder|head)/.test(name))).toEqual([]);
    const all = Object.keys(encoderShapes({ ...published, classes: 10, hasDecoder: true }));
    expect(all.slice(0, names.length)).toEqual(names);
    expect(all).toContain('head.weight');
    expect(all).toContain('decoder.3.conv2.weight');
  });

  it.each([
    [256, 32],
    [640, 32],
    [32, 8],
    [48, 12],
    [8, 2],
    [4, 1],
    [44, 11],
  ])('divides %i channels into %i groups', (width, groups) => {
    expect(groupsOf(width)).toBe(groups);
  });

  it('starts norms at 1, biases at 0, and convolutions so that they keep the size of what they see', () => {
    const parameters = initEncoder({ ...SHAPE, width: 64 }, new Rng(1, 'init'));
    expect(parameters['conv1.norm.weight']!.every((value) => value === 1)).toBe(true);
    expect(parameters['conv1.norm.bias']!.every((value) => value === 0)).toBe(true);
    const weight = parameters['layer1.0.conv1.weight']!;
    const variance = weight.reduce((sum, value) => sum + value ** 2, 0) / weight.length;
    // 36,864 draws: a twentieth is seven deviations.
    expect(variance / (2 / (9 * 64))).toBeGreaterThan(0.95);
    expect(variance / (2 / (9 * 64))).toBeLessThan(1.05);
  });
});
