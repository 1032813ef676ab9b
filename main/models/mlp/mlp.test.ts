import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { type MlpShape, applyMlp, initMlp, mlpParameterShapes, timeEmbedding } from './mlp.ts';

const executor = ortCpuExecutor(1);
const PLAIN: MlpShape = { inputs: 3, outputs: 2, width: 5, depth: 2, timeChannels: 0 };
const TIMED: MlpShape = { ...PLAIN, timeChannels: 6 };

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** One row through the network, in float64 and written out. */
function byHand(shape: MlpShape, parameters: Record<string, Float32Array>, row: number[]): number[] {
  let h = row;
  for (let layer = 0; layer <= shape.depth; layer++) {
    const weight = parameters[`layers.${layer}.weight`]!;
    const bias = parameters[`layers.${layer}.bias`]!;
    h = [...bias].map((b, j) => b + h.reduce((total, x, i) => total + x * weight[i * bias.length + j]!, 0));
    if (layer < shape.depth) h = h.map((x) => x * sigmoid(x));
  }
  return h;
}

function embedding(t: number, channels: number): number[] {
  const half = channels / 2;
  const angles = Array.from({ length: half }, (_, i) => 1000 * t * 10000 ** (-i / half));
  return [...angles.map(Math.cos), ...angles.map(Math.sin)];
}

/** Output and gradient of its mean square in every parameter. */
async function computed(
  shape: MlpShape,
  parameters: Record<string, Float32Array>,
  x: Float32Array,
  t: Float32Array,
): Promise<{ y: number[]; gradients: Record<string, number[]> }> {
  const shapes = mlpParameterShapes(shape);
  const names = Object.keys(shapes);
  const program = await compileProgram(executor, {
    inputs: {
      x: { shape: [t.length, shape.inputs] },
      t: { shape: [t.length] },
      ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]! }])),
    },
    run: (_, inputs) => {
      const apply = (given: Record<string, Tensor>): Tensor =>
        applyMlp(shape, given, inputs['x']!, shape.timeChannels > 0 ? (inputs['t'] as Tensor1D) : undefined);
      const gradients = tf.grads((...leaves: Tensor[]) =>
        tf.mean(tf.square(apply(Object.fromEntries(names.map((name, i) => [name, leaves[i]!]))))),
      )(names.map((name) => inputs[name]!));
      return {
        outputs: {
          y: apply(inputs),
          ...Object.fromEntries(names.map((name, i) => [`d/${name}`, gradients[i]!])),
        },
      };
    },
  });
  const found = await program.run({ ...parameters, x, t });
  await program.dispose();
  return {
    y: [...found['y']!],
    gradients: Object.fromEntries(names.map((name) => [name, [...found[`d/${name}`]!]])),
  };
}

describe('applyMlp', () => {
  for (const [about, shape] of [
    ['without time', PLAIN],
    ['with time', TIMED],
  ] as const) {
    it(`computes hidden layers of SiLU and a linear one, ${about}`, async () => {
      const parameters = initMlp(shape, new Rng(1, 'init'));
      for (const [name, values] of Object.entries(parameters)) {
        if (name.endsWith('bias')) new Rng(1, name).fillNormal(values);
      }
      const x = new Rng(1, 'x').fillNormal(new Float32Array(4 * shape.inputs));
      const t = Float32Array.of(0, 0.25, 0.5, 1);
      const { y, gradients } = await computed(shape, parameters, x, t);
      const expected = [...t].flatMap((time, b) => {
        const row = [...x.subarray(b * shape.inputs, (b + 1) * shape.inputs)];
        return byHand(shape, parameters, [...row, ...embedding(time, shape.timeChannels)]);
      });
      expect(y).toHaveLength(4 * shape.outputs);
      // Angles of up to 1000 in float32 are known to 6e-5, and sines and cosines with them.
      y.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(5e-4));
      for (const [name, gradient] of Object.entries(gradients)) {
        expect(gradient.every(Number.isFinite), name).toBe(true);
        expect(
          gradient.some((value) => value !== 0),
          name,
        ).toBe(true);
      }
    });
  }

  it('is one linear layer at depth 0', async () => {
    const shape = { ...PLAIN, depth: 0 };
    expect(mlpParameterShapes(shape)).toEqual({ 'layers.0.weight': [3, 2], 'layers.0.bias': [2] });
    const parameters = {
      'layers.0.weight': Float32Array.of(1, 2, 3, 4, 5, 6),
      'layers.0.bias': Float32Array.of(7, 8),
    };
    const { y } = await computed(shape, parameters, Float32Array.of(1, 10, 100), Float32Array.of(0));
    expect(y).toEqual([1 + 30 + 500 + 7, 2 + 40 + 600 + 8]);
  });
});

describe('initMlp', () => {
  it('fills every parameter of the shape, the same for the same seed', () => {
    const parameters = initMlp(TIMED, new Rng(2, 'init'));
    const sizes = Object.entries(mlpParameterShapes(TIMED)).map(([name, dims]) => [name, sizeOf(dims)]);
    expect(Object.entries(parameters).map(([name, values]) => [name, values.length])).toEqual(sizes);
    expect(initMlp(TIMED, new Rng(2, 'init'))).toEqual(parameters);
    expect(initMlp(TIMED, new Rng(3, 'init'))).not.toEqual(parameters);
  });

  it('draws weights of variance gain / fan-in, the last layer by its own gain', () => {
    const shape: MlpShape = { inputs: 100, outputs: 100, width: 100, depth: 1, timeChannels: 0 };
    const parameters = initMlp(shape, new Rng(4, 'init'), { gain: 2, lastGain: 0.1 });
    const variance = (name: string): number =>
      parameters[name]!.reduce((total, value) => total + value ** 2, 0) / parameters[name]!.length;
    // 10,000 squares of normals: a relative standard error of 1.4%.
    expect(variance('layers.0.weight') / (2 / 100)).toBeCloseTo(1, 1);
    expect(variance('layers.1.weight') / (0.01 / 100)).toBeCloseTo(1, 1);
    for (const layer of [0, 1]) {
      expect(parameters[`layers.${layer}.bias`]!.every((value) => value === 0)).toBe(true);
    }
  });
});

describe('timeEmbedding', () => {
  it('is ones then zeros at t = 0, and cosines then sines elsewhere', async () => {
    const t = Float32Array.of(0, 0.001, 0.5, 1);
    const program = await compileProgram(executor, {
      inputs: { t: { shape: [t.length] } },
      run: (_, inputs) => ({ outputs: { y: timeEmbedding(inputs['t'] as Tensor1D, 8) } }),
    });
    const { y } = await program.run({ t });
    await program.dispose();
    expect([...y!.subarray(0, 8)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    const expected = [...t].flatMap((time) => embedding(time, 8));
    // As above: angles to 6e-5.
    y!.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(2e-4));
  });
});

describe('initMlp with an input scale', () => {
  const shape = { inputs: 2, outputs: 2, width: 4000, depth: 2, timeChannels: 6, classes: 3 };
  const std = (values: Float32Array): number => Math.hypot(...values) / Math.sqrt(values.length);

  it('spreads what the first layer makes of x, and its biases, and nothing else', () => {
    const usual = initMlp({ ...shape, width: 64 }, new Rng(1, 'init'));
    const scaled = initMlp({ ...shape, width: 64 }, new Rng(1, 'init'), { inputScale: 8 });
    for (const name of Object.keys(usual)) {
      const isFirst = name.startsWith('layers.0.');
      // Rows of x come first, then those of time, then those of classes.
      const rest = (values: Float32Array): Float32Array =>
        isFirst ? values.subarray(2 * 64, 8 * 64) : values;
      expect(rest(scaled[name]!), name).toEqual(rest(usual[name]!));
    }
    const wide = initMlp({ ...shape, depth: 1 }, new Rng(2, 'init'), { inputScale: 8 });
    const rows = wide['layers.0.weight']!.subarray(0, 2 * shape.width);
    // Of 8000 and 4000 normal numbers: the standard errors are 0.8 and 1.1 per cent.
    expect(std(rows) * Math.SQRT2).toBeCloseTo(8, 0);
    expect(std(wide['layers.0.bias']!)).toBeCloseTo(2, 1);
    expect(std(wide['layers.0.weight']!.subarray(8 * shape.width))).toBeCloseTo(2, 1);
  });
});

describe('a network of classes and guidance', () => {
  const shape: MlpShape = { ...TIMED, classes: 3, readsGuidance: true };

  it('reads both as rows of the first layer, and any class without guidance where nothing is asked', async () => {
    const parameters = initMlp(shape, new Rng(3, 'init'));
    const specs = Object.fromEntries(
      Object.entries(mlpParameterShapes(shape)).map(([name, dims]) => [name, { shape: dims }]),
    );
    const program = await compileProgram(executor, {
      inputs: { ...specs, x: { shape: [4, 3] }, t: { shape: [4] }, label: { shape: [4] }, w: { shape: [4] } },
      run: (_, { x, t, label, w, ...weights }) => ({
        outputs: {
          asked: applyMlp(shape, weights, x!, t as Tensor1D, {
            label: label as Tensor1D,
            guidance: w as Tensor1D,
          }),
          plain: applyMlp(shape, weights, x!, t as Tensor1D),
        },
      }),
    });
    const run = (label: number[], w: number[]) =>
      program.run({
        ...parameters,
        x: new Float32Array(12).fill(0.3),
        t: new Float32Array(4).fill(0.5),
        label: Float32Array.from(label),
        w: Float32Array.from(w),
      });
    const { asked, plain } = await run([3, 3, 0, 1], [1, 2, 1, 1]);
    const row = (values: ArrayLike<number>, i: number): number[] => [values[2 * i]!, values[2 * i + 1]!];
    const [a, p] = [Float32Array.from(asked as Float32Array), Float32Array.from(plain as Float32Array)];
    await program.dispose();
    expect(row(a, 0)).toEqual(row(p, 0));
    const rows = [0, 1, 2, 3].map((i) => row(a, i).join());
    expect(new Set(rows).size).toBe(4);
  });
});
