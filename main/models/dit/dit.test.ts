import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { referenceExecutor } from '../../tensor/executors/tfjs.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type DitShape, applyDit, ditParameterShapes, initDit } from './dit.ts';

const SHAPE: DitShape = {
  tokens: 4,
  channels: 3,
  width: 8,
  depth: 2,
  heads: 2,
  mlpRatio: 2,
  classes: 3,
  timeChannels: 6,
};
const BATCH = 3;
const SIZE = SHAPE.tokens * SHAPE.channels;

/** Parameters away from the zeros at which every block is the identity. */
function woken(seed: number): Record<string, Float32Array> {
  const parameters = initDit(SHAPE, new Rng(seed, 'init'));
  for (const [name, values] of Object.entries(parameters)) {
    const rng = new Rng(seed, name);
    values.forEach((value, i) => (values[i] = value + 0.2 * rng.normal()));
  }
  return parameters;
}

interface Inputs {
  readonly x: Float32Array;
  readonly t: Float32Array;
  readonly labels: Int32Array;
  readonly positions: Float32Array;
}
const INPUTS: Inputs = {
  x: new Rng(5, 'x').fillNormal(new Float32Array(BATCH * SIZE)),
  t: Float32Array.of(0, 0.3, 1),
  labels: Int32Array.of(2, 0, 1),
  positions: new Rng(5, 'positions').fillNormal(new Float32Array(SHAPE.tokens * SHAPE.width)),
};

/** Output, and gradient of its mean square distance to 1 in every parameter. */
async function computed(
  parameters: Record<string, Float32Array>,
  inputs: Inputs,
  executor = ortCpuExecutor(1),
): Promise<{ y: number[]; gradients: Record<string, number[]> }> {
  const shapes = ditParameterShapes(SHAPE);
  const names = Object.keys(shapes);
  const program = await compileProgram(executor, {
    inputs: {
      x: { shape: [BATCH, SHAPE.tokens, SHAPE.channels] },
      t: { shape: [BATCH] },
      labels: { shape: [BATCH], dtype: 'int32' },
      positions: { shape: [1, SHAPE.tokens, SHAPE.width] },
      ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
    },
    run: (_, given) => {
      const apply = (leaves: Record<string, Tensor>): Tensor =>
        applyDit(
          SHAPE,
          leaves,
          given['x'] as Tensor3D,
          given['t'] as Tensor1D,
          given['labels'] as Tensor1D,
          given['positions'] as Tensor3D,
        );
      const gradients = tf.grads((...leaves: Tensor[]) =>
        tf.mean(tf.square(tf.sub(apply(Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))), 1))),
      )(names.map((name) => given[name]!));
      return {
        outputs: {
          y: apply(given),
          ...Object.fromEntries(names.map((name, i) => [`d/${name}`, gradients[i]!])),
        },
      };
    },
  });
  const found = await program.run({ ...parameters, ...inputs });
  await program.dispose();
  return {
    y: [...found['y']!],
    gradients: Object.fromEntries(names.map((name) => [name, [...found[`d/${name}`]!]])),
  };
}

describe('applyDit', () => {
  it('is zero at the start, and only its last layer has a gradient', async () => {
    const { y, gradients } = await computed(initDit(SHAPE, new Rng(6, 'init')), INPUTS);
    expect(y).toHaveLength(BATCH * SIZE);
    expect(y.every((value) => value === 0)).toBe(true);
    const moving = Object.keys(gradients).filter((name) => gradients[name]!.some((value) => value !== 0));
    expect(moving).toEqual(['final.linear.weight', 'final.linear.bias']);
  });

  it('has a finite gradient in every parameter once it is awake', async () => {
    const { y, gradients } = await computed(woken(7), INPUTS);
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
    const compiled = await computed(woken(7), INPUTS);
    const reference = await computed(woken(7), INPUTS, referenceExecutor());
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

  it('moves its tokens with the tokens and positions that it is given', async () => {
    const order = [2, 0, 3, 1];
    const permuted = (values: Float32Array, size: number): Float32Array =>
      values.map((_, i) => {
        const [row, c] = [Math.floor(i / size), i % size];
        const token = row % SHAPE.tokens;
        return values[(row - token + order[token]!) * size + c]!;
      });
    const one = await computed(woken(8), INPUTS);
    const other = await computed(woken(8), {
      ...INPUTS,
      x: permuted(INPUTS.x, SHAPE.channels),
      positions: permuted(INPUTS.positions, SHAPE.width),
    });
    const expected = permuted(Float32Array.from(one.y), SHAPE.channels);
    // Attention sums over tokens in another order.
    other.y.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
    // Positions matter: without theirs, tokens would move alike.
    const unplaced = await computed(woken(8), { ...INPUTS, x: permuted(INPUTS.x, SHAPE.channels) });
    expect(Math.max(...unplaced.y.map((value, i) => Math.abs(value - expected[i]!)))).toBeGreaterThan(1e-3);
  });

  it('depends on time and class of each image, and on no other image', async () => {
    const base = await computed(woken(9), INPUTS);
    const changed = await computed(woken(9), {
      ...INPUTS,
      t: Float32Array.of(0, 0.4, 1),
      labels: Int32Array.of(2, 0, 0),
    });
    const differs = [0, 1, 2].map((b) =>
      base.y.slice(b * SIZE, (b + 1) * SIZE).some((value, i) => value !== changed.y[b * SIZE + i]),
    );
    expect(differs).toEqual([false, true, true]);
  });
});

describe('initDit', () => {
  it('fills every parameter of the shape, the same for the same seed', () => {
    const parameters = initDit(SHAPE, new Rng(10, 'init'));
    const sizes = Object.entries(ditParameterShapes(SHAPE)).map(([name, dims]) => [name, sizeOf(dims)]);
    expect(Object.entries(parameters).map(([name, values]) => [name, values.length])).toEqual(sizes);
    expect(initDit(SHAPE, new Rng(10, 'init'))).toEqual(parameters);
    expect(initDit(SHAPE, new Rng(11, 'init'))).not.toEqual(parameters);
  });

  it('starts modulation, last layer and biases at zero and nothing else', () => {
    const parameters = initDit(SHAPE, new Rng(10, 'init'));
    const zero = Object.keys(parameters).filter((name) => parameters[name]!.every((value) => value === 0));
    expect(zero.sort()).toEqual(
      Object.keys(parameters)
        .filter((name) => name.endsWith('.bias') || /adaLN|final\.linear/.test(name))
        .sort(),
    );
  });
});
