/**
 * The parity test of kernels: many small calls are traced into one graph and the compiled executor
 * is held against the reference, forward, backward and forward-mode. Starting a session is what such
 * a test costs, so a family of kernels shares one.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../executors/ort.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import type { Executor, HostArrays } from '../executors/executor.ts';
import { type DType, Graph, typedArrayOf } from '../graph.ts';
import { jvp } from '../jvp.ts';
import { kernelTable } from '../kernels/index.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { Rng } from '../rng.ts';
import { sizeOf } from '../shape.ts';
import { type TensorSpec, activate, currentGraph, trace } from '../trace.ts';

type Tensors = Record<string, tf.Tensor>;

export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface ParityCase {
  /** The table entry under test; the case fails if `compute` does not call it. */
  readonly kernel: string;
  /** What is awkward about it. */
  readonly about: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly compute: (inputs: Tensors) => tf.Tensor | tf.Tensor[];
  /**
   * `tape`: the reference gradient is right, compare (the default where TensorFlow.js has one).
   * `adjoint`: the reference gradient is known to be wrong; ours must be the transpose of the forward
   * derivative. `none`: TensorFlow.js has no gradient for this.
   */
  readonly reverse?: 'tape' | 'adjoint' | 'none' | undefined;
  /** `none`: not differentiable at these inputs (NaN, ties, jumps) or no forward rule on purpose. */
  readonly forward?: 'central' | 'none';
}

/** The kernels of one file of the table and their cases. */
export interface ParityFamily {
  readonly name: string;
  readonly kernels: readonly string[];
  readonly cases: readonly ParityCase[];
}

/** Uniform draws in [low, high], `gap` away from whole numbers. */
export function floats(
  shape: readonly number[],
  {
    low = -2,
    high = 2,
    gap = 0,
    seed = 0,
  }: { low?: number; high?: number; gap?: number; seed?: number } = {},
): HostTensor {
  const rng = new Rng(seed, `parity ${shape.join()} ${low} ${high}`);
  const draw = (): number => {
    for (;;) {
      const x = low + (high - low) * rng.uniform();
      // Kinks lie at whole numbers: 0, and the bounds of clips.
      if (Math.abs(x - Math.round(x)) >= gap) return x;
    }
  };
  return { dtype: 'float32', shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
}

/** Distinct numbers at least 0.05 apart in random order, so that no two tie. */
export function distinct(shape: readonly number[], seed = 0): HostTensor {
  const n = sizeOf(shape);
  const order = new Rng(seed, `distinct ${shape.join()}`).permutation(n);
  return { dtype: 'float32', shape, data: Float32Array.from(order, (i) => (i - n / 2) * 0.05 + 0.013) };
}

export function ints(shape: readonly number[], low = -5, high = 5, seed = 0): HostTensor {
  const rng = new Rng(seed, `ints ${shape.join()} ${low} ${high}`);
  const draw = () => low + rng.int(high - low + 1);
  return { dtype: 'int32', shape, data: Int32Array.from({ length: sizeOf(shape) }, draw) };
}

export function bools(shape: readonly number[], seed = 0): HostTensor {
  const rng = new Rng(seed, `bools ${shape.join()}`);
  return {
    dtype: 'bool',
    shape,
    data: Uint8Array.from({ length: sizeOf(shape) }, () => rng.int(2)),
  };
}

export function given(
  shape: readonly number[],
  values: readonly number[],
  dtype: DType = 'float32',
): HostTensor {
  const data = typedArrayOf(dtype, sizeOf(shape));
  data.set(values);
  return { dtype, shape, data };
}

/** Ranks 0 to 5, size-1 axes and an empty tensor. */
export const SHAPES: readonly (readonly number[])[] = [
  [],
  [4],
  [2, 1, 3],
  [1, 2, 1, 2],
  [1, 2, 1, 2, 2],
  [2, 0, 3],
];

/** Pairs that broadcast in every way there is. */
export const SHAPE_PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[3], []],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[1], [2, 2]],
  [
    [1, 2, 1, 2, 1],
    [2, 1, 2, 1, 2],
  ],
  [
    [2, 0],
    [2, 1],
  ],
  [[0], []],
];

/** The reference gradient cannot sum over a size-1 axis that was broadcast to nothing. */
export function reverseOfPair(a: readonly number[], b: readonly number[]): 'none' | undefined {
  return a.includes(0) && b.length === a.length && !b.includes(0) ? 'none' : undefined;
}

const asList = (result: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(result) ? result : [result]);
const floatNames = ({ inputs }: ParityCase): string[] =>
  Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'float32');

/** What a case is checked for, once its outputs are known. */
interface Plan {
  readonly outputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
  readonly reverse: 'tape' | 'adjoint' | 'none';
  readonly forward: 'central' | 'none';
}

function planOf(parityCase: ParityCase, outputs: Plan['outputs']): Plan {
  const { kernel } = parityCase;
  const differentiable =
    floatNames(parityCase).length > 0 && outputs.some(({ dtype }) => dtype === 'float32');
  const hasGradient = tf.getGradient(kernel) !== undefined;
  return {
    outputs,
    reverse: differentiable ? (parityCase.reverse ?? (hasGradient ? 'tape' : 'none')) : 'none',
    forward: differentiable ? (parityCase.forward ?? 'central') : 'none',
  };
}

function specsOf(cases: readonly ParityCase[]): Record<string, TensorSpec> {
  return Object.fromEntries(
    cases.flatMap(({ inputs }, i) =>
      Object.entries(inputs).map(([name, { dtype, shape }]) => [`${i}.x.${name}`, { dtype, shape }]),
    ),
  );
}

function inputsOf(parityCase: ParityCase, all: Tensors, i: number): Tensors {
  return Object.fromEntries(Object.keys(parityCase.inputs).map((name) => [name, all[`${i}.x.${name}`]!]));
}

/** Names the case in whatever tracing it throws. */
function forEachCase(cases: readonly ParityCase[], visit: (parityCase: ParityCase, i: number) => void): void {
  cases.forEach((parityCase, i) => {
    try {
      visit(parityCase, i);
    } catch (cause) {
      throw new Error(`${parityCase.kernel} (${parityCase.about}): ${String(cause)}`, { cause });
    }
  });
}

/** All cases forward, in one graph; each must call its kernel. */
function tracedForward(cases: readonly ParityCase[]): { graph: Graph; plans: Plan[] } {
  const plans: Plan[] = [];
  const graph = trace(specsOf(cases), (all) => {
    const outputs: Tensors = {};
    forEachCase(cases, (parityCase, i) => {
      const start = currentGraph().nodes.length;
      const results = asList(parityCase.compute(inputsOf(parityCase, all, i)));
      const called = currentGraph()
        .nodes.slice(start)
        .map((node) => node.kernel);
      if (!called.includes(parityCase.kernel)) {
        throw new Error(`case ${parityCase.kernel} (${parityCase.about}) called only ${called.join(', ')}`);
      }
      results.forEach((tensor, j) => (outputs[`${i}.y.${j}`] = tensor));
      plans.push(
        planOf(
          parityCase,
          results.map(({ dtype, shape }) => ({ dtype: dtype as DType, shape })),
        ),
      );
    });
    return outputs;
  });
  return { graph, plans };
}

/** Adds cotangents and tangents as inputs; gradients and Jacobian-vector products as outputs. */
function tracedDerivatives(cases: readonly ParityCase[], plans: readonly Plan[]): Graph {
  const specs = specsOf(cases);
  cases.forEach((parityCase, i) => {
    plans[i]!.outputs.forEach(({ shape }, j) => (specs[`${i}.dy.${j}`] = { shape }));
    for (const name of floatNames(parityCase)) {
      specs[`${i}.dx.${name}`] = { shape: parityCase.inputs[name]!.shape };
    }
  });
  return trace(specs, (all) => {
    const outputs: Tensors = {};
    forEachCase(cases, (parityCase, i) => {
      const plan = plans[i]!;
      const inputs = inputsOf(parityCase, all, i);
      const names = floatNames(parityCase);
      const floatInputs = names.map((name) => inputs[name]!);
      const compute = (...tensors: tf.Tensor[]): tf.Tensor[] =>
        asList(
          parityCase.compute({
            ...inputs,
            ...Object.fromEntries(names.map((name, at) => [name, tensors[at]!])),
          }),
        );
      const results = compute(...floatInputs);
      results.forEach((tensor, j) => (outputs[`${i}.y.${j}`] = tensor));
      if (plan.reverse !== 'none') {
        const weighted = (...tensors: tf.Tensor[]): tf.Tensor =>
          compute(...tensors)
            .map((y, j) => (y.dtype === 'float32' ? tf.sum(tf.mul(y, all[`${i}.dy.${j}`]!)) : null))
            .filter((term) => term !== null)
            .reduce((sum, term) => tf.add(sum, term));
        tf.grads(weighted)(floatInputs).forEach((grad, at) => (outputs[`${i}.g.${names[at]}`] = grad));
      }
      if (plan.forward !== 'none') {
        const directions = names.map((name) => all[`${i}.dx.${name}`]!);
        jvp(compute, floatInputs, directions).tangents.forEach((tangent, j) => {
          if (plan.outputs[j]!.dtype === 'float32') outputs[`${i}.t.${j}`] = tangent;
        });
      }
    });
    return outputs;
  });
}

function hostInputs(cases: readonly ParityCase[], plans: readonly Plan[]): HostArrays {
  const arrays: HostArrays = {};
  cases.forEach((parityCase, i) => {
    for (const [name, { data }] of Object.entries(parityCase.inputs)) arrays[`${i}.x.${name}`] = data;
    plans[i]!.outputs.forEach(({ shape }, j) => {
      arrays[`${i}.dy.${j}`] = floats(shape, { seed: 1000 + i }).data;
    });
    for (const name of floatNames(parityCase)) {
      const { shape } = parityCase.inputs[name]!;
      arrays[`${i}.dx.${name}`] = floats(shape, { low: -1, high: 1, seed: 2000 + i }).data;
    }
  });
  return arrays;
}

/**
 * Step of the central differences. The reference computes in double precision and stores single: the
 * round-off is eps/h = 1.5e-5 of the values, the truncation h^2/6 = 2.5e-6 of the third derivative.
 */
const STEP = 2 ** -8;
/** Third derivatives of the cases stay below 100, by the choice of their inputs. */
const CENTRAL_TOLERANCE = 5e-4;
/** Single precision sums in another order; every case is small and of order one. */
const PARITY_TOLERANCE = 1e-5;

interface Results {
  /** Shaders may do as if there were no NaN, and do: the maximum of 0 and NaN is 0. */
  readonly keepsNaN: boolean;
  readonly plans: readonly Plan[];
  readonly slow: HostArrays;
  readonly fast: HostArrays;
  /** The graph compiled for the CPU without any pass, so that each lowering is met as it is written. */
  readonly plain: HostArrays;
  readonly ahead: HostArrays;
  readonly behind: HostArrays;
  readonly inputs: HostArrays;
}

async function computed(cases: readonly ParityCase[], executor: Executor): Promise<Results> {
  const { graph, plans } = tracedForward(cases);
  const whole = tracedDerivatives(cases, plans);
  const inputs = hostInputs(cases, plans);
  const reference = await referenceExecutor().compile(graph);
  const shifted = (h: number): HostArrays =>
    Object.fromEntries(
      Object.entries(inputs).map(([name, data]) => {
        const direction = inputs[name.replace('.x.', '.dx.')];
        const isMoved = name.includes('.x.') && direction !== undefined;
        return [name, isMoved ? Float32Array.from(data, (x, k) => x + h * direction[k]!) : data];
      }),
    );
  const executable = await executor.compile(whole);
  const results = {
    keepsNaN: executor.id !== 'ort-webgpu',
    plans,
    inputs,
    slow: await (await referenceExecutor().compile(whole)).run(inputs),
    fast: await executable.run(inputs),
    plain: executor.id === 'ort-cpu' ? await runWithoutPasses(whole, inputs) : {},
    ahead: await reference.run(shifted(STEP)),
    behind: await reference.run(shifted(-STEP)),
  };
  await executable.dispose();
  return results;
}

/** Values that hold no elements are left to the passes: providers disagree on computing them. */
function withoutEmptyOutputs(graph: Graph): Graph {
  const unknown = new Set(
    graph.nodes
      .filter((node) => [...node.inputs, ...node.outputs].some(({ shape }) => sizeOf(shape) === 0))
      .flatMap((node) => node.outputs),
  );
  const live = graph.nodes.filter((node) => {
    const reached = node.inputs.some((value) => unknown.has(value)) || unknown.has(node.outputs[0]!);
    if (reached) for (const value of node.outputs) unknown.add(value);
    return !reached && node.outputs.length > 0;
  });
  const kept = Graph.continuing(graph);
  kept.nodes = live;
  kept.inputs.push(...graph.inputs.filter(({ value }) => sizeOf(value.shape) > 0));
  kept.outputs.push(...graph.outputs.filter(({ value }) => sizeOf(value.shape) > 0 && !unknown.has(value)));
  return kept;
}

async function runWithoutPasses(graph: Graph, inputs: HostArrays): Promise<HostArrays> {
  const full = withoutEmptyOutputs(graph);
  const session = await ort.InferenceSession.create(onnxFromGraph(full), {
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
  });
  const feeds = Object.fromEntries(
    full.inputs.map(({ name, value }) => [
      name,
      new ort.Tensor(value.dtype, inputs[name] as Float32Array, value.shape),
    ]),
  );
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

/** Runs the case as TensorFlow.js itself would, to hold the traced shapes and dtypes against. */
function eagerSpecs({ inputs, compute }: ParityCase): { dtype: string; shape: readonly number[] }[] {
  activate('cpu');
  return tf.tidy(() => {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, shape, data }]) => [
        name,
        tf.tensor(data.slice(), [...shape], dtype),
      ]),
    );
    return asList(compute(tensors)).map(({ dtype, shape }) => ({ dtype, shape }));
  });
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number, what: string) {
  expect(found.length, `${what}: size`).toBe(wanted.length);
  for (let k = 0; k < wanted.length; k++) {
    const [a, b] = [found[k]!, wanted[k]!];
    const isSame = a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (isSame || (Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b)))) continue;
    expect.fail(
      `${what}[${k}]: found ${a}, wanted ${b} within ${tolerance} of ${Math.max(1, Math.abs(b))}; ` +
        `all found ${Array.from(found).join(' ')}; all wanted ${Array.from(wanted).join(' ')}`,
    );
  }
}

/** The sum of a.b over pairs of arrays and the sum of |a.b|, which its round-off follows. */
function innerProduct(pairs: readonly (readonly [ArrayLike<number>, ArrayLike<number>])[]) {
  let sum = 0;
  let size = 0;
  for (const [a, b] of pairs) {
    for (let k = 0; k < a.length; k++) {
      sum += a[k]! * b[k]!;
      size += Math.abs(a[k]! * b[k]!);
    }
  }
  return { sum, size };
}

function checkCase(parityCase: ParityCase, i: number, results: Results): void {
  const { slow, fast, plain, inputs, ahead, behind } = results;
  const plan = results.plans[i]!;
  const title = `${parityCase.kernel} (${parityCase.about})`;
  expect(plan.outputs, `${title}: dtypes and shapes`).toEqual(eagerSpecs(parityCase));

  const outputNames = Object.keys(slow).filter((name) => name.startsWith(`${i}.`));
  for (const name of outputNames) {
    if (plan.reverse === 'adjoint' && name.startsWith(`${i}.g.`)) continue;
    const wanted = results.keepsNaN
      ? slow[name]!
      : slow[name]!.map((x, k) => (Number.isNaN(x) ? fast[name]![k]! : x));
    expectClose(fast[name]!, wanted, PARITY_TOLERANCE, `${title} ${name}`);
  }
  for (const name of outputNames.filter((known) => known in plain)) {
    expectClose(plain[name]!, fast[name]!, PARITY_TOLERANCE, `${title} without passes ${name}`);
  }
  if (plan.forward === 'none') return;

  const floatOutputs = plan.outputs.flatMap(({ dtype }, j) => (dtype === 'float32' ? [j] : []));
  for (const j of floatOutputs) {
    const quotient = Float64Array.from(
      ahead[`${i}.y.${j}`]!,
      (y, k) => (y - behind[`${i}.y.${j}`]![k]!) / (2 * STEP),
    );
    expectClose(slow[`${i}.t.${j}`]!, quotient, CENTRAL_TOLERANCE, `${title} central difference ${j}`);
  }
  if (plan.reverse === 'none') return;

  // <dy, J dx> = <J^T dy, dx>: forward and reverse derivative are transposes of each other.
  const from = plan.reverse === 'adjoint' ? fast : slow;
  const left = innerProduct(
    floatOutputs.map((j) => [inputs[`${i}.dy.${j}`]!, from[`${i}.t.${j}`]!] as const),
  );
  const right = innerProduct(
    floatNames(parityCase).map((name) => [from[`${i}.g.${name}`]!, inputs[`${i}.dx.${name}`]!] as const),
  );
  const slack = PARITY_TOLERANCE * Math.max(1, left.size, right.size);
  expect(
    Math.abs(left.sum - right.sum),
    `${title}: <dy, J dx> = ${left.sum}, <J^T dy, dx> = ${right.sum}`,
  ).toBeLessThan(slack);
}

/**
 * Declares the tests of a family of kernels: one per kernel, and one that none is forgotten.
 *
 * @param make  the executor that is held against the reference
 */
export function describeParity(
  { name, kernels, cases }: ParityFamily,
  make: () => Executor | Promise<Executor> = () => ortCpuExecutor(1),
): void {
  describe(`parity of ${name} kernels`, () => {
    let results: Results;
    beforeAll(async () => {
      results = await computed(cases, await make());
    });

    it('has a case for every table entry of the family', () => {
      const tested = new Set(cases.map(({ kernel }) => kernel));
      expect(kernels.filter((kernel) => !tested.has(kernel))).toEqual([]);
      expect([...tested].filter((kernel) => !kernelTable.has(kernel))).toEqual([]);
    });

    it.each(kernels.filter((kernel) => cases.some((parityCase) => parityCase.kernel === kernel)))(
      '%s agrees with the reference, forward, backward and forward-mode',
      (kernel) => {
        cases.forEach((parityCase, i) => {
          if (parityCase.kernel === kernel) checkCase(parityCase, i, results);
        });
      },
    );
  });
}
