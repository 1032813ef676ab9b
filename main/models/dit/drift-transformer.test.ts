import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import {
  type DriftTransformerShape,
  applyDriftTransformer,
  driftTransformerShapes,
  initDriftTransformer,
} from './drift-transformer.ts';

const SHAPE: DriftTransformerShape = {
  size: 4,
  channels: 2,
  patch: 2,
  width: 16,
  depth: 2,
  heads: 2,
  mlpRatio: 2,
  classes: 3,
  contextTokens: 3,
  styleTokens: 2,
  styleCodebook: 4,
  readsAlpha: true,
};
const BATCH = 3;
const SIZE = 32;

type Arrays = Record<string, Float32Array>;

/** Parameters away from the zeros at which every block is the identity. */
function woken(shape: DriftTransformerShape, seed: number): Arrays {
  const parameters = initDriftTransformer(shape, new Rng(seed, 'init'), 0.5);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => {
      const rng = new Rng(seed, name);
      return [name, values.map((value) => value + 0.2 * rng.normal())];
    }),
  );
}

const INPUTS: Readonly<Record<string, Float32Array>> = {
  noise: new Rng(5, 'noise').fillNormal(new Float32Array(BATCH * SIZE)),
  labels: Float32Array.of(2, 0, 1),
  styles: Float32Array.of(0, 3, 1, 1, 2, 0),
  alpha: Float32Array.of(1, 2.5, 4),
};

/** Output, and gradient of its mean square distance to 1 in every parameter. */
async function computed(
  shape: DriftTransformerShape,
  parameters: Arrays,
  inputs = INPUTS,
  executor: Executor = ortCpuExecutor(1),
): Promise<{ y: number[]; gradients: Record<string, number[]> }> {
  const shapes = driftTransformerShapes(shape);
  const names = Object.keys(shapes);
  const { classes, styleTokens, readsAlpha } = shape;
  const program = await compileProgram(executor, {
    inputs: {
      noise: { shape: [BATCH, shape.size, shape.size, shape.channels] },
      ...(classes > 0 ? { 'of/labels': { shape: [BATCH] } } : {}),
      ...(styleTokens > 0 ? { 'of/styles': { shape: [BATCH, styleTokens] } } : {}),
      ...(readsAlpha ? { 'of/alpha': { shape: [BATCH] } } : {}),
      ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
    },
    run: (_, given) => {
      const [labels, styles, alpha] = ['labels', 'styles', 'alpha'].map((name) => given[`of/${name}`]);
      const apply = (leaves: Record<string, Tensor>): Tensor =>
        applyDriftTransformer(shape, leaves, given['noise']!, labels ?? null, styles ?? null, alpha ?? null);
      const gradients = tf.grads((...leaves: Tensor[]) =>
        tf.mean(tf.square(tf.sub(apply(Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))), 1))),
      )(names.map((name) => given[name]!));
      const named = names.map((name, i) => [`d/${name}`, gradients[i]!] as const);
      return { outputs: { y: apply(given), ...Object.fromEntries(named) } };
    },
  });
  const { noise, ...asked } = inputs;
  const isRead: Record<string, boolean> = {
    labels: classes > 0,
    styles: styleTokens > 0,
    alpha: readsAlpha,
  };
  const read = Object.entries(asked).filter(([name]) => isRead[name]);
  const found = await program.run({
    ...parameters,
    noise: noise!,
    ...Object.fromEntries(read.map(([name, values]) => [`of/${name}`, values])),
  });
  await program.dispose();
  return {
    y: [...found['y']!],
    gradients: Object.fromEntries(names.map((name) => [name, [...found[`d/${name}`]!]])),
  };
}

const differing = (a: readonly number[], b: readonly number[]): boolean[] =>
  Array.from({ length: BATCH }, (_, i) =>
    a.slice(i * SIZE, (i + 1) * SIZE).some((value, j) => value !== b[i * SIZE + j]),
  );

describe('applyDriftTransformer', () => {
  it('starts as published: zero, with a gradient in the last layer alone', async () => {
    const { y, gradients } = await computed(SHAPE, initDriftTransformer(SHAPE, new Rng(6, 'init')));
    expect(y).toHaveLength(BATCH * SIZE);
    expect(y.every((value) => value === 0)).toBe(true);
    const moving = Object.keys(gradients).filter((name) => gradients[name]!.some((value) => value !== 0));
    expect(moving).toEqual(['final.linear.weight', 'final.linear.bias']);
  });

  it('is the identity in every block at the start: the condition and other patches go unseen', async () => {
    const parameters = initDriftTransformer(SHAPE, new Rng(6, 'init'), 0.5);
    const { y } = await computed(SHAPE, parameters);
    const other = await computed(SHAPE, parameters, { ...INPUTS, labels: Float32Array.of(0, 1, 2) });
    expect(other.y).toEqual(y);
    const shallow = await computed({ ...SHAPE, depth: 0 }, parameters);
    expect(y).toEqual(shallow.y);
    // The upper left patch of the first image alone: rows 0 and 1, columns 0 and 1.
    const noise = INPUTS['noise']!.map((value, i) => (i < SIZE && i % 8 < 4 && i < 16 ? value + 1 : value));
    const moved = await computed(SHAPE, parameters, { ...INPUTS, noise });
    moved.y.forEach((value, i) => {
      const isInside = i < 16 && i % 8 < 4;
      if (!isInside) expect(value).toBe(y[i]);
    });
    expect(differing(moved.y, y)).toEqual([true, false, false]);
  });

  it('spreads its first samples as it is told', async () => {
    const wide = { ...SHAPE, width: 128 };
    const { y } = await computed(wide, initDriftTransformer(wide, new Rng(7, 'init'), 0.5));
    const spread = Math.sqrt(y.reduce((sum, value) => sum + value ** 2, 0) / y.length);
    // 96 numbers of 8 rows of weights: within a third.
    expect(spread).toBeGreaterThan(0.33);
    expect(spread).toBeLessThan(0.67);
  });

  it('has a finite gradient in every parameter once it is awake', async () => {
    const { y, gradients } = await computed(SHAPE, woken(SHAPE, 7));
    expect(y.every(Number.isFinite)).toBe(true);
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(gradient.every(Number.isFinite), name).toBe(true);
      expect(
        gradient.some((value) => value !== 0),
        name,
      ).toBe(true);
    }
  });

  it('is computed by the compiled executor as by the reference', async () => {
    const parameters = woken(SHAPE, 7);
    const compiled = await computed(SHAPE, parameters);
    const reference = await computed(SHAPE, parameters, INPUTS, referenceExecutor());
    const scale = Math.max(...reference.y.map(Math.abs));
    reference.y.forEach((value, i) => expect(Math.abs(value - compiled.y[i]!)).toBeLessThan(1e-5 * scale));
    for (const [name, gradient] of Object.entries(reference.gradients)) {
      const largest = Math.max(...gradient.map(Math.abs));
      // A backward pass through two blocks in float32, in two orders of summation.
      gradient.forEach((value, i) => {
        expect(Math.abs(value - compiled.gradients[name]![i]!), name).toBeLessThan(1e-4 * largest);
      });
    }
  });

  it('reads class, styles and guidance of each sample, and nothing of another', async () => {
    const parameters = woken(SHAPE, 9);
    const base = await computed(SHAPE, parameters);
    const changes: Record<string, Float32Array> = {
      labels: Float32Array.of(2, 1, 1),
      styles: Float32Array.of(0, 3, 1, 2, 2, 0),
      alpha: Float32Array.of(1, 3, 4),
    };
    for (const [name, values] of Object.entries(changes)) {
      const changed = await computed(SHAPE, parameters, { ...INPUTS, [name]: values });
      expect(differing(changed.y, base.y), name).toEqual([false, true, false]);
    }
  });

  it('tells one codebook from another', async () => {
    const parameters = woken(SHAPE, 9);
    const one = await computed(SHAPE, parameters, { ...INPUTS, styles: Float32Array.of(1, 2, 1, 2, 1, 2) });
    const two = await computed(SHAPE, parameters, { ...INPUTS, styles: Float32Array.of(2, 1, 2, 1, 2, 1) });
    expect(differing(one.y, two.y)).toEqual([true, true, true]);
  });

  it('drops the context from what it answers, though patches have read it', async () => {
    const parameters = woken(SHAPE, 10);
    const louder = { ...parameters, 'context.tokens': parameters['context.tokens']!.map((x) => 3 * x) };
    const [one, other] = [await computed(SHAPE, parameters), await computed(SHAPE, louder)];
    expect(other.y).toHaveLength(BATCH * SIZE);
    expect(differing(one.y, other.y)).toEqual([true, true, true]);
    // Without blocks nobody has read it.
    const flat = { ...SHAPE, depth: 0 };
    expect((await computed(flat, louder)).y).toEqual((await computed(flat, parameters)).y);
  });

  it('does without classes, styles, guidance and context', async () => {
    const bare = { ...SHAPE, classes: 0, styleTokens: 0, contextTokens: 0, readsAlpha: false };
    expect(
      Object.keys(driftTransformerShapes(bare)).filter((name) => /class|style|alpha|context/.test(name)),
    ).toEqual([]);
    const { y } = await computed(bare, woken(bare, 11));
    expect(y).toHaveLength(BATCH * SIZE);
    expect(y.every(Number.isFinite)).toBe(true);
  });
});

describe('driftTransformerShapes', () => {
  const counted = (shape: DriftTransformerShape): number =>
    Object.values(driftTransformerShapes(shape)).reduce((sum, dims) => sum + sizeOf(dims), 0);
  const published: DriftTransformerShape = {
    size: 32,
    channels: 4,
    patch: 2,
    width: 768,
    depth: 12,
    heads: 12,
    mlpRatio: 4,
    classes: 1000,
    contextTokens: 16,
    styleTokens: 32,
    styleCodebook: 64,
    readsAlpha: true,
  };

  it('counts what the paper counts: 133 and 463 million', () => {
    expect(Math.round(counted(published) / 1e6)).toBe(133);
    const large = { ...published, width: 1024, depth: 24, heads: 16 };
    expect(Math.round(counted(large) / 1e6)).toBe(463);
  });

  it('counts by the formula', () => {
    const { width: w, depth, heads, contextTokens: n } = SHAPE;
    const hidden = 32;
    const block =
      (w + 1) * 6 * w +
      2 * w +
      (w + 1) * 3 * w +
      (2 * w) / heads +
      (w + 1) * w +
      (w + 1) * 2 * hidden +
      (hidden + 1) * w;
    const embeddings =
      (8 + 1) * w + 4 * w + 3 * w + 8 * w + (256 + 1) * w + (w + 1) * w + w + (w + 1) * w + n * w;
    expect(counted(SHAPE)).toBe(depth * block + embeddings + w + (w + 1) * 2 * w + (w + 1) * 8);
  });

  it('refuses sizes that do not divide', () => {
    expect(() => driftTransformerShapes({ ...SHAPE, size: 5 })).toThrow(
      'size: expected a multiple of patch (2), found 5',
    );
    expect(() => driftTransformerShapes({ ...SHAPE, heads: 3 })).toThrow(
      'width: expected a multiple of heads',
    );
    expect(() => driftTransformerShapes({ ...SHAPE, heads: 16 })).toThrow(
      'width: expected a multiple of heads',
    );
  });

  it('fills every parameter of the shape, the same for the same seed', () => {
    const parameters = initDriftTransformer(SHAPE, new Rng(10, 'init'), 1);
    const sizes = Object.entries(driftTransformerShapes(SHAPE)).map(([name, dims]) => [name, sizeOf(dims)]);
    expect(Object.entries(parameters).map(([name, values]) => [name, values.length])).toEqual(sizes);
    expect(initDriftTransformer(SHAPE, new Rng(10, 'init'), 1)).toEqual(parameters);
    expect(initDriftTransformer(SHAPE, new Rng(11, 'init'), 1)).not.toEqual(parameters);
  });
});
