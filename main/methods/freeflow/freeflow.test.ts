/** The method as it is bound: what it is asked for, when it looks, and that both reach what it learns. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import type { Condition, FlowMap, VelocityField } from '../../maths/sampleable.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { conditionerOf } from '../conditioning.ts';
import type { BoundMethod } from '../method.ts';
import { freeflow } from './index.ts';
import { params } from './params.ts';
import { durationsOf, noisingTimesOf } from './times.ts';

const executor = ortCpuExecutor(1);

/** Two components of a mixture as classes. */
const mixtureTeacher = () =>
  mixtureVelocityField(
    new GaussianMixture({
      means: [
        [1, 0],
        [-1, 0.5],
      ],
      stds: [0.3, 0.3],
    }),
  );

const SHIFTS = [1, -2];
/** Each class moves by its shift at unit speed, and the null class not at all: all maps are known. */
const movingTeacher = (): VelocityField => ({
  kind: 'velocity',
  shape: [1],
  nfePerCall: 1,
  classes: SHIFTS.length,
  velocity(x, _t, condition) {
    if (condition === undefined) return tf.zerosLike(x);
    const shifts = tf.tensor1d([...SHIFTS, 0]);
    const of = tf.gather(shifts, tf.cast(condition.label, 'int32'));
    return tf.neg(tf.reshape(of, x.shape));
  },
});

const SMALL = { batch: 64, width: 16, depth: 2, timeChannels: 8 };

function bound(
  params: Record<string, unknown>,
  teacher = mixtureTeacher,
  sampleShape = [2],
  totalSteps = 10,
): BoundMethod {
  const options = freeflow.params.parse({ ...SMALL, ...params });
  return freeflow.bind(options, { sampleShape, totalSteps, teacher, classes: teacher().classes ?? 0 });
}

async function trained(method: BoundMethod, steps: number, seed = 1): Promise<Record<string, Float32Array>> {
  const shapes = Object.entries(method.draws).map(([name, draw]) => {
    if (draw.kind !== 'normal' && draw.kind !== 'uniform') throw new Error(`a draw of kind ${draw.kind}`);
    return { name, kind: draw.kind, shape: [...draw.shape] };
  });
  const program = await compileProgram(executor, {
    state: Object.fromEntries(
      Object.entries(method.layout).map(([name, { size }]) => [name, { shape: [size] }]),
    ),
    inputs: {
      ...Object.fromEntries(shapes.map(({ name, shape }) => [name, { shape }])),
      step: { shape: [] },
    },
    run: (state, { step, ...inputs }) => {
      const result = method.step(state, inputs, step as Scalar);
      return { state: result.state, outputs: result.scalars };
    },
  });
  await program.writeState(method.init(new Rng(seed, 'init')));
  for (let step = 1; step <= steps; step++) {
    const drawn = shapes.map(({ name, kind, shape }): [string, Float32Array] => {
      const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
      const rng = new Rng(seed, name, step);
      return [name, kind === 'normal' ? rng.fillNormal(values) : rng.fillUniform(values)];
    });
    await program.run({ ...Object.fromEntries(drawn), step: Float32Array.of(step) });
  }
  const state = Object.entries(await program.readState()).map(([name, values]): [string, Float32Array] => [
    name,
    Float32Array.from(values),
  ]);
  await program.dispose();
  return Object.fromEntries(state);
}

/** Outputs of one traced call of a flow map. */
async function mapped(
  method: BoundMethod,
  state: Record<string, Float32Array>,
  size: number,
  fn: (map: FlowMap) => Record<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const program = await compileProgram(executor, {
    inputs: { ema: { shape: [method.layout['ema']!.size] }, unused: { shape: [size] } },
    run: (_, inputs) => ({ outputs: fn(method.sampleable({ ema: inputs['ema']! }) as FlowMap) }),
  });
  const outputs = await program.run({ ema: state['ema']!, unused: new Float32Array(size) });
  const copies = Object.entries(outputs).map(([name, values]): [string, Float32Array] => [
    name,
    Float32Array.from(values),
  ]);
  await program.dispose();
  return Object.fromEntries(copies);
}

const asked = (label: number, count: number, guidance?: number): Condition => ({
  label: tf.fill([count], label) as Tensor1D,
  ...(guidance === undefined ? {} : { guidance: tf.fill([count], guidance) as Tensor1D }),
});

const worst = (values: ArrayLike<number>): number => Math.max(...Array.from(values, Math.abs));
const gap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  worst(Array.from(a, (value, i) => value - b[i]!));

describe('the times at which the losses look', () => {
  const count = 20_000;
  const uniform = new Rng(1, 'u').fillUniform(new Float32Array(count));
  const normal = new Rng(1, 'n').fillNormal(new Float32Array(count));
  const evaluated = async (fn: (drawn: Tensor) => Tensor, drawn: Float32Array): Promise<Float32Array> => {
    const program = await compileProgram(executor, {
      inputs: { drawn: { shape: [count] } },
      run: (_, inputs) => ({ outputs: { out: tf.add(fn(inputs['drawn']!), 0) } }),
    });
    const { out } = await program.run({ drawn });
    const copy = Float32Array.from(out!);
    await program.dispose();
    return copy;
  };
  const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

  it.each([0.5, 1, 3])('durations have mean p / (p + 1) at p = %d, beside the share at 1', async (power) => {
    const full = 5000;
    const d = await evaluated((u) => durationsOf(u, { count, full, power }), uniform);
    expect(d.subarray(0, full).every((value) => value === 1)).toBe(true);
    const rest = d.subarray(full);
    expect(rest.every((value) => value > 0 && value <= 1)).toBe(true);
    // Five standard errors of 15,000 numbers of std below 0.3.
    expect(Math.abs(mean(rest) - power / (power + 1))).toBeLessThan(0.0125);
  });

  it('durations may all be 1', async () => {
    const d = await evaluated((u) => durationsOf(u, { count, full: count, power: 1 }), uniform);
    expect(d.every((value) => value === 1)).toBe(true);
  });

  it('noising times have the logit asked for, or are uniform', async () => {
    const options = { noiseUniform: false, noiseLogitMean: 0.8, noiseLogitStd: 0.5 };
    const r = await evaluated((xi) => noisingTimesOf(xi, options), normal);
    const logits = r.map((value) => Math.log(value / (1 - value)));
    const middle = mean(logits);
    // Five standard errors: 0.5 / sqrt(n) and 0.5 / sqrt(2 n).
    expect(Math.abs(middle - 0.8)).toBeLessThan(0.018);
    expect(Math.abs(Math.sqrt(mean(logits.map((x) => (x - middle) ** 2))) - 0.5)).toBeLessThan(0.0125);
    const same = await evaluated((u) => noisingTimesOf(u, { ...options, noiseUniform: true }), uniform);
    expect(same).toEqual(uniform);
  });
});

describe('what samples are asked for', () => {
  const context = { teacher: mixtureTeacher, classes: 2 };

  it('is drawn over all classes, any class and scales of the range', async () => {
    const batch = 20_000;
    const options = params.parse({ conditional: true, guidanceMax: 3 });
    const conditioner = conditionerOf(options, context, batch);
    expect(Object.keys(conditioner.draws)).toEqual(['asked', 'scale']);
    const program = await compileProgram(executor, {
      inputs: { asked: { shape: [batch] }, scale: { shape: [batch] } },
      run: (_, inputs) => {
        const { label, guidance } = conditioner.condition(inputs['asked'], inputs['scale'])!;
        return { outputs: { label, guidance: guidance! } };
      },
    });
    const uniforms = ['asked', 'scale'].map((name) => new Rng(1, name).fillUniform(new Float32Array(batch)));
    const found = await program.run({ asked: uniforms[0]!, scale: uniforms[1]! });
    const [label, guidance] = [Float32Array.from(found['label']!), Float32Array.from(found['guidance']!)];
    const shareOf = (wanted: number) => label.filter((value) => value === wanted).length / batch;
    // Five standard errors of a share are below 0.018.
    expect(Math.abs(shareOf(0) - 0.45)).toBeLessThan(0.018);
    expect(Math.abs(shareOf(1) - 0.45)).toBeLessThan(0.018);
    expect(Math.abs(shareOf(2) - 0.1)).toBeLessThan(0.011);
    expect(guidance.every((w) => w >= 1 && w < 3)).toBe(true);
    expect(Math.abs(guidance.reduce((a, b) => a + b, 0) / batch - 2)).toBeLessThan(5 * 0.58 * batch ** -0.5);
    await program.dispose();
  });

  it.each([
    ['conditional', { conditional: true }, 0],
    ['guidance', { guidance: 2 }, 2],
    ['guidanceMax', { guidanceMax: 2 }, 2],
    ['guidance', { conditional: true, guidance: 4, guidanceMax: 3 }, 2],
    ['guidance', { conditional: true, guidance: 0.5, guidanceMax: 3 }, 2],
  ])('refuses %s of %o where the teacher has %d classes', (field, params, classes) => {
    const options = freeflow.params.parse(params);
    expect(() =>
      freeflow.bind(options, { sampleShape: [2], totalSteps: 10, teacher: mixtureTeacher, classes }),
    ).toThrow(
      expect.objectContaining({
        code: 'config/wrong-value',
        message: expect.stringContaining(`params.${field}: expected`) as string,
      }),
    );
  });

  it('has a guidance scale only where one can be asked for: off at 0 and 1', () => {
    const sizeWith = (guidanceMax: number) =>
      bound({ conditional: true, guidanceMax }).layout['params']!.size;
    expect(sizeWith(0)).toBe(sizeWith(1));
    expect(sizeWith(2)).toBe(sizeWith(1) + SMALL.width);
    expect(bound({ conditional: true }).classes).toBe(2);
    expect(bound({}).classes).toBe(0);
  });

  it('of a student that reads guidance is the scale `guidance` unless said, and any class', async () => {
    const method = bound({ conditional: true, guidance: 2, guidanceMax: 3 });
    const state = { ema: method.init(new Rng(4, 'init'))['ema']! };
    const found = await mapped(method, state, 5, (map) => {
      const z = tf.tensor2d(new Rng(2, 'z').fillNormal(new Float32Array(10)), [5, 2]);
      const d = tf.ones([5]) as Tensor1D;
      return {
        unsaid: map.map(z, d, asked(1, 5)),
        said: map.map(z, d, asked(1, 5, 2)),
        other: map.map(z, d, asked(1, 5, 3)),
        anyUnsaid: map.map(z, d),
        any: map.map(z, d, asked(2, 5, 2)),
      };
    });
    expect(found['unsaid']).toEqual(found['said']);
    expect(found['anyUnsaid']).toEqual(found['any']);
    expect(gap(found['unsaid']!, found['other']!)).toBeGreaterThan(1e-3);
    expect(gap(found['unsaid']!, found['any']!)).toBeGreaterThan(1e-3);
  });
});

describe('the guided teacher', () => {
  it('is learnt for every class and scale, within its interval of times', async () => {
    // Guided by g below t = 1/2 alone, a class moves by its shift s times 1/2 + g/2, and the null class stays.
    const options = { conditional: true, guidanceMax: 3, guidanceHigh: 0.5, batch: 128, width: 32 };
    const method = bound({ ...options, learningRate: 5e-3, emaDecay: 0.9 }, movingTeacher, [1], 1000);
    const state = await trained(method, 1000);
    const count = 16;
    const found = await mapped(method, state, count, (map) => {
      const z = tf.tensor2d(new Rng(2, 'z').fillNormal(new Float32Array(count)), [count, 1]);
      const moved = (condition: Condition, duration: number): Tensor =>
        tf.sub(map.map(z, tf.fill([count], duration) as Tensor1D, condition), z);
      return {
        plain: moved(asked(1, count, 1), 1),
        strong: moved(asked(1, count, 3), 1),
        other: moved(asked(0, count, 2), 1),
        early: moved(asked(1, count, 3), 0.25),
        any: moved(asked(2, count, 3), 1),
      };
    });
    const [, s] = SHIFTS as [number, number];
    const expected = { plain: s, strong: 2 * s, other: 1.5 * SHIFTS[0]!, early: 0.25 * s, any: 0 };
    for (const [name, value] of Object.entries(expected)) {
      // A small network after a second of training, where the velocity jumps at t = 1/2, comes within 0.2; a
      // scale, a class or the interval mistaken is off by 0.5 and more.
      expect(gap(found[name]!, new Float32Array(count).fill(value)), name).toBeLessThan(0.35);
    }
  });

  it('guides the correction between its own times, and never where the prediction is not guided', async () => {
    const correction = { loss: 'correction', auxiliaryWarmUp: 0, conditional: true, guidance: 3 };
    const after = async (params: object) =>
      (await trained(bound({ ...correction, ...params }), 2))['params']!;
    const none = await after({ correctionGuidanceLow: 1, correctionGuidanceHigh: 0 });
    const some = await after({ correctionGuidanceHigh: 0.7 });
    const all = await after({ correctionGuidanceHigh: 1 });
    expect(gap(none, some)).toBeGreaterThan(0);
    expect(gap(some, all)).toBeGreaterThan(0);
    const early = await after({ correctionGuidanceLow: 0.5, correctionGuidanceHigh: 1 });
    expect(gap(early, all)).toBeGreaterThan(0);
    // The prediction's interval bounds it: [0.9, 0.1] leaves nothing.
    const off = { guidanceLow: 0.9, guidanceHigh: 0.1 };
    expect(await after({ ...off, correctionGuidanceHigh: 0.7 })).toEqual(none);
    // Unguided altogether but for the rounding of null + 1 (cond - null).
    expect(gap(await after({ guidance: 1, correctionGuidanceHigh: 1 }), none)).toBeLessThan(1e-5);
  });
});

describe('choices that are numbers or switches', () => {
  it.each([
    ['durationPower', 2, {}],
    ['noiseLogitStd', 0.5, { loss: 'joint', auxiliaryWarmUp: 0 }],
    ['noiseUniform', true, { loss: 'joint', auxiliaryWarmUp: 0 }],
    ['fullShare', 1, {}],
    ['conditional', true, { loss: 'joint', auxiliaryWarmUp: 0 }],
    ['guidanceMax', 4, { loss: 'joint', auxiliaryWarmUp: 0, conditional: true }],
  ])('%s %s changes what is learnt and stays finite', async (name, value, others) => {
    const usual = (await trained(bound(others), 3))['params']!;
    const other = (await trained(bound({ ...others, [name]: value }), 3))['params']!;
    expect(other.every(Number.isFinite)).toBe(true);
    expect(other).not.toEqual(usual);
  });
});
