import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../executors/executor.ts';
import { ortCpuExecutor } from '../executors/ort.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import { Rng } from '../rng.ts';
import { trace } from '../trace.ts';
import { type AdamOptions, adamStep, clipByGlobalNorm, globalNorm } from './adam.ts';

const SIZE = 7;
const STEPS = 50;
const RATE = 0.01;

/** Gradients of very different sizes, some exactly zero, as real ones are. */
function gradAt(step: number): Float32Array {
  const rng = new Rng(11, 'adam').at(step);
  return Float32Array.from({ length: SIZE }, (_, i) =>
    i === 3 && step % 2 ? 0 : rng.normal() * 10 ** (i - 4),
  );
}
const START = new Rng(11, 'params').fillNormal(new Float32Array(SIZE));

interface AdamState {
  params: number[];
  first: number[];
  second: number[];
}

/** Kingma & Ba 2015, Alg. 1, and Loshchilov & Hutter 2019, Alg. 2, as printed, in double precision. */
function adamInNumbers({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamOptions): AdamState[] {
  const states: AdamState[] = [];
  const zeros = Array.from(START, () => 0);
  let state: AdamState = { params: [...START], first: zeros, second: zeros };
  for (let k = 1; k <= STEPS; k++) {
    const grad = gradAt(k);
    const next: AdamState = { params: [], first: [], second: [] };
    grad.forEach((g, i) => {
      const m = beta1 * state.first[i]! + (1 - beta1) * g;
      const v = beta2 * state.second[i]! + (1 - beta2) * g * g;
      const corrected = m / (1 - beta1 ** k) / (Math.sqrt(v / (1 - beta2 ** k)) + epsilon);
      const p = state.params[i]!;
      next.params.push(p - RATE * corrected - RATE * weightDecay * p);
      next.first.push(m);
      next.second.push(v);
    });
    state = next;
    states.push(state);
  }
  return states;
}

/** The traced step, run with its state kept by the executor. */
async function adamInTensors(executor: Executor, options: AdamOptions): Promise<AdamState[]> {
  const vector = { shape: [SIZE] };
  const graph = trace(
    { params: vector, first: vector, second: vector, grad: vector, step: { shape: [] } },
    ({ params, first, second, grad, step }) => {
      const next = adamStep(
        params as tf.Tensor1D,
        grad as tf.Tensor1D,
        { first: first as tf.Tensor1D, second: second as tf.Tensor1D },
        step as tf.Scalar,
        tf.scalar(RATE),
        options,
      );
      return { "params'": next.params, "first'": next.moments.first, "second'": next.moments.second };
    },
  );
  const executable = await executor.compile(graph, { state: ['params', 'first', 'second'] });
  await executable.writeState({
    params: START,
    first: new Float32Array(SIZE),
    second: new Float32Array(SIZE),
  });
  const states: AdamState[] = [];
  for (let k = 1; k <= STEPS; k++) {
    await executable.run({ grad: gradAt(k), step: Float32Array.of(k) });
    const { params, first, second } = await executable.readState();
    states.push({ params: [...params!], first: [...first!], second: [...second!] });
  }
  await executable.dispose();
  return states;
}

describe('adamStep', () => {
  it.each<[string, AdamOptions]>([
    ['Adam', {}],
    ['Adam with other constants', { beta1: 0.5, beta2: 0.95, epsilon: 1e-3 }],
    ['AdamW', { weightDecay: 0.1 }],
  ])('%s follows the published algorithm over 50 steps', async (_, options) => {
    const wanted = adamInNumbers(options);
    for (const executor of [ortCpuExecutor(1), referenceExecutor()]) {
      const found = await adamInTensors(executor, options);
      wanted.forEach((state, k) => {
        // 1 - b2^k loses up to 1.3e-5 of itself in single precision, which a step passes on to at most
        // 0.01 of a parameter; 50 roundings of parameters of order one add to 3e-6.
        state.params.forEach((p, i) => expect(Math.abs(found[k]!.params[i]! - p)).toBeLessThan(1e-5));
        state.first.forEach((m, i) =>
          expect(Math.abs(found[k]!.first[i]! - m)).toBeLessThanOrEqual(
            1e-5 * Math.max(Math.abs(m), 10 ** (i - 4)),
          ),
        );
        state.second.forEach((v, i) =>
          expect(Math.abs(found[k]!.second[i]! - v)).toBeLessThanOrEqual(1e-5 * v),
        );
      });
    }
  });

  it('moves every parameter by the learning rate at the first step, whatever the gradient scale', async () => {
    const [first] = await adamInTensors(ortCpuExecutor(1), {});
    const grad = gradAt(1);
    first!.params.forEach((p, i) => {
      // g / (|g| + eps), so 1 but for eps / |g|; nothing where the gradient is zero.
      const wanted = grad[i] === 0 ? 0 : RATE * Math.sign(grad[i]!);
      expect(Math.abs(START[i]! - p - wanted)).toBeLessThan(1e-5);
    });
  });

  it('keeps weight decay out of the moments', async () => {
    const plain = await adamInTensors(ortCpuExecutor(1), {});
    const decayed = await adamInTensors(ortCpuExecutor(1), { weightDecay: 0.5 });
    plain.forEach((state, k) => {
      expect(decayed[k]!.first).toEqual(state.first);
      expect(decayed[k]!.second).toEqual(state.second);
    });
    expect(decayed.at(-1)!.params).not.toEqual(plain.at(-1)!.params);
  });

  it('decays by 1 - rate x decay where the gradient is zero', async () => {
    const vector = { shape: [2] };
    const graph = trace({ p: vector }, ({ p }) => {
      const zeros = tf.zeros([2]) as tf.Tensor1D;
      const next = adamStep(
        p as tf.Tensor1D,
        zeros,
        { first: zeros, second: zeros },
        tf.scalar(1),
        tf.scalar(0.25),
        {
          weightDecay: 0.5,
        },
      );
      return { p2: next.params };
    });
    const { p2 } = await (await ortCpuExecutor(1).compile(graph)).run({ p: Float32Array.of(8, -16) });
    // 1 - 0.25 0.5 is exact in binary.
    expect([...p2!]).toEqual([7, -14]);
  });
});

describe('clipByGlobalNorm', () => {
  const LIMIT = 2;
  const graph = trace({ g: { shape: [5] } }, ({ g }) => {
    const norm = globalNorm(g as tf.Tensor1D);
    const clipped = clipByGlobalNorm(g as tf.Tensor1D, norm, LIMIT);
    return { norm, clipped, after: globalNorm(clipped) };
  });
  const vectors = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 5, maxLength: 5 });

  it('keeps the direction, holds the limit, and touches nothing below it', async () => {
    const executable = await ortCpuExecutor(1).compile(graph);
    await fc.assert(
      fc.asyncProperty(vectors, fc.integer({ min: -12, max: 3 }), async (values, exponent) => {
        const g = Float32Array.from(values, (v) => v * 10 ** exponent);
        const { norm, clipped, after } = await executable.run({ g });
        const exact = Math.hypot(...g);
        // Squares below 1e-38 vanish: a norm under 1e-18 may read as 0, which is below the limit anyway.
        expect(Math.abs(norm![0]! - exact)).toBeLessThanOrEqual(1e-6 * exact + 1e-18);
        expect(after![0]).toBeLessThanOrEqual(LIMIT * (1 + 1e-6));
        if (exact <= LIMIT * (1 - 1e-6)) expect(clipped).toEqual(g);
        else {
          g.forEach((v, i) =>
            expect(Math.abs(clipped![i]! - (v * LIMIT) / exact)).toBeLessThanOrEqual(1e-6 * LIMIT),
          );
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('leaves a zero gradient zero and lets a NaN be seen', async () => {
    const executable = await ortCpuExecutor(1).compile(graph);
    expect([...(await executable.run({ g: new Float32Array(5) }))['clipped']!]).toEqual([0, 0, 0, 0, 0]);
    const { norm } = await executable.run({ g: Float32Array.of(1, NaN, 0, 0, 0) });
    expect(norm![0]).toBeNaN();
  });
});
