import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostArrays } from '../executors/executor.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import { type Graph, constantElements } from '../graph.ts';
import { stopGradient } from '../ops.ts';
import { Rng } from '../rng.ts';
import { broadcastShapes, sizeOf } from '../shape.ts';
import { type Traceable, trace } from '../trace.ts';
import { optimized } from './index.ts';

const SPECS = { x: { shape: [2, 3] }, y: { shape: [3] }, s: { shape: [] }, z: { shape: [2, 1, 3] } };

const INPUTS: HostArrays = Object.fromEntries(
  Object.entries(SPECS).map(([name, { shape }]) => [
    name,
    new Rng(7, name).fillNormal(new Float32Array(sizeOf(shape))),
  ]),
);

async function evaluate(graph: Graph): Promise<HostArrays> {
  return (await referenceExecutor().compile(graph)).run(INPUTS);
}

const kernelsOf = (graph: Graph): string[] => graph.nodes.map((node) => node.kernel);

/** The kernels left of a function of x [2, 3] and y [3]. */
function leftOf(fn: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): string[] {
  return kernelsOf(optimized(trace(SPECS, ({ x, y }) => ({ out: fn(x!, y!) }))));
}

interface Step {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly n: number;
}

const fits = (a: tf.Tensor, b: tf.Tensor): boolean => {
  try {
    return sizeOf(broadcastShapes(a.shape, b.shape)) <= 64;
  } catch {
    return false;
  }
};

const CONSTANTS = [0, 1, -1, 2, 0.5];
type Build = (a: tf.Tensor, b: tf.Tensor, n: number) => tf.Tensor;

/** Everything the passes have rules for, and what surrounds it in a tape. */
const BUILDERS: readonly Build[] = [
  (a, b) => (fits(a, b) ? tf.add(a, b) : a),
  (a, b) => (fits(a, b) ? tf.sub(a, b) : a),
  (a, b) => (fits(a, b) ? tf.mul(a, b) : a),
  (a, b) => (fits(a, b) ? tf.maximum(a, b) : a),
  (a, b) => (fits(a, b) ? tf.squaredDifference(a, b) : a),
  (a, b) => (fits(a, b) ? tf.where(tf.greater(a, b), a, b) : a),
  (a, b) => (fits(a, b) ? tf.div(a, tf.add(tf.square(b), 1)) : a),
  (a) => tf.neg(a),
  (a) => tf.tanh(a),
  (a) => tf.relu(a),
  (a) => tf.square(a),
  (a) => tf.pow(a, 2),
  (a) => tf.clone(a),
  (a) => stopGradient(a),
  (a, _, n) => tf.mul(a, CONSTANTS[n % 5]!),
  (a, _, n) => tf.mul(CONSTANTS[n % 5]!, a),
  (a, _, n) => tf.add(a, CONSTANTS[n % 5]!),
  (a, _, n) => tf.sub(CONSTANTS[n % 5]!, a),
  (a, _, n) => tf.div(a, CONSTANTS[1 + (n % 4)]!),
  (a, _, n) => tf.mul(a, tf.fill(a.shape, CONSTANTS[n % 5]!)),
  (a) => tf.mul(a, tf.onesLike(a)),
  (a) => tf.add(a, tf.zerosLike(a)),
  (a) => tf.reshape(a, [-1]),
  (a) => tf.reshape(a, [1, a.size]),
  (a, _, n) => (a.rank < 4 ? tf.expandDims(a, n % (a.rank + 1)) : a),
  (a) => tf.transpose(a),
  (a, _, n) =>
    a.rank === 3
      ? tf.transpose(
          a,
          [
            [0, 2, 1],
            [1, 0, 2],
            [2, 0, 1],
          ][n % 3],
        )
      : a,
  (a, _, n) => (a.rank > 0 ? tf.sum(a, n % a.rank, n > 4) : a),
  (a, _, n) => (a.rank > 0 ? tf.mean(a, n % a.rank, n < 4) : a),
  (a, _, n) =>
    a.rank > 0 && a.size < 20
      ? tf.tile(
          a,
          a.shape.map((_size, i) => (i === n % a.rank ? 2 : 1)),
        )
      : a,
  (a) => (a.rank > 0 && a.size < 20 ? tf.concat([a, a], 0) : a),
  (a) => (a.rank > 0 ? tf.concat([a], 0) : a),
  (a) => (a.rank > 0 ? tf.reverse(a, []) : a),
  (a) => (a.rank > 0 && a.shape[0]! > 1 ? tf.slice(a, [1], [1]) : a),
  (a) => (a.rank === 1 && a.size < 20 ? tf.pad(a, [[0, 1]]) : a),
  (a, b) =>
    a.rank === 2 && b.rank === 2 && a.shape[1] === b.shape[1]
      ? tf.matMul(a as tf.Tensor2D, tf.transpose(b) as tf.Tensor2D)
      : a,
  (a, b) =>
    a.rank === 2 && b.rank === 2 && a.shape[0] === b.shape[0]
      ? tf.matMul(tf.transpose(a) as tf.Tensor2D, b as tf.Tensor2D)
      : a,
  (a) => tf.cast(tf.cast(a, 'float32'), 'float32'),
  (a) => tf.add(a, tf.exp(tf.tensor1d([0.1]))),
];

/**
 * A program drawn from the builders. Values whose size could leave the finite numbers are passed
 * through tanh: by design 0 x is 0 after the passes even for an infinite x.
 */
function program(steps: readonly Step[]): Traceable {
  return (inputs) => {
    const run = (start: tf.Tensor): tf.Tensor[] => {
      const values = [start, ...Object.values(inputs).slice(1)];
      const bounds = values.map(() => 4);
      for (const { op, a, b, n } of steps) {
        const [i, j] = [a % values.length, b % values.length];
        const bound = (bounds[i]! + bounds[j]! + 2) ** 2 * 8;
        const made = BUILDERS[op % BUILDERS.length]!(values[i]!, values[j]!, n);
        values.push(bound > 1e4 ? tf.tanh(made) : made);
        bounds.push(bound > 1e4 ? 1 : bound);
      }
      return values;
    };
    const grad = tf.grad((x: tf.Tensor) =>
      run(x).reduce<tf.Tensor>((sum, v) => tf.add(sum, tf.sum(v)), tf.scalar(0)),
    );
    const values = run(inputs['x']!);
    return { last: values.at(-1)!, middle: values[values.length >> 1]!, grad: grad(inputs['x']!) };
  };
}

const steps = fc.array(
  fc.record({ op: fc.nat(BUILDERS.length - 1), a: fc.nat(31), b: fc.nat(31), n: fc.nat(9) }),
  { minLength: 1, maxLength: 14 },
);

const RUNS = { seed: 20240229, numRuns: 300 };

describe('the passes on random programs', () => {
  it('change no value but for rounding', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const graph = trace(SPECS, program(drawn));
        const before = await evaluate(graph);
        const after = await evaluate(optimized(graph));
        for (const name of Object.keys(before)) {
          const wanted = before[name]!;
          // The reference rounds every kernel to single precision; a dozen roundings of merged factors
          // and reordered sums stay below 1e-5 of the largest element.
          const scale = Math.max(1, ...Array.from(wanted, (v) => Math.abs(v)));
          expect(after[name]!.length).toBe(wanted.length);
          wanted.forEach((v, i) => expect(Math.abs(after[name]![i]! - v)).toBeLessThanOrEqual(1e-5 * scale));
        }
      }),
      RUNS,
    );
  });

  it('are idempotent, never add nodes, and keep the interface', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const graph = trace(SPECS, program(drawn));
        const once = optimized(graph);
        expect(once.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
        expect(kernelsOf(optimized(once))).toEqual(kernelsOf(once));
        expect(once.inputs).toEqual(graph.inputs);
        const interfaceOf = ({ outputs }: Graph) =>
          outputs.map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape }));
        expect(interfaceOf(once)).toEqual(interfaceOf(graph));
      }),
      { ...RUNS, numRuns: 150 },
    );
  });

  it('leave no dead node, no two equal nodes and nothing that is known', () => {
    fc.assert(
      fc.property(steps, (drawn) => {
        const { nodes, outputs } = optimized(trace(SPECS, program(drawn)));
        const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs.map(({ value }) => value)]);
        for (const node of nodes) {
          expect(node.outputs.some((value) => read.has(value))).toBe(true);
          expect(node.inputs.every((value) => value.constant !== null)).toBe(false);
        }
        const named = (ids: readonly { id: number; constant: unknown }[]) =>
          ids.map((value) => (value.constant === null ? `#${value.id}` : JSON.stringify(value))).join();
        const keys = nodes.map(
          (node) => `${node.kernel} ${named(node.inputs)} ${JSON.stringify(node.attrs)}`,
        );
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { ...RUNS, numRuns: 150 },
    );
  });
});

describe('single rules', () => {
  it.each<[string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor]>([
    ['x', (x) => tf.clone(tf.clone(x))],
    ['x 1', (x) => tf.mul(x, 1)],
    ['1 x', (x) => tf.mul(tf.ones([2, 3]), x)],
    ['x + 0', (x) => tf.add(x, 0)],
    ['0 + x', (x) => tf.add(tf.zeros([3]), x)],
    ['x - 0', (x) => tf.sub(x, 0)],
    ['x / 1', (x) => tf.div(x, 1)],
    ['x^1', (x) => tf.pow(x, 1)],
    ['-(-x)', (x) => tf.neg(tf.neg(x))],
    ['cast to its own type', (x) => tf.cast(x, 'float32')],
    ['(x^T)^T', (x) => tf.transpose(tf.transpose(x))],
    ['a reshape and back', (x) => tf.reshape(tf.reshape(x, [6]), [2, 3])],
    ['an axis added and dropped', (x) => tf.squeeze(tf.expandDims(x, 1), [1])],
    ['a sum over a size-1 axis', (x) => tf.sum(tf.expandDims(x, 0), 0)],
    ['a concat of one', (x) => tf.concat([x], 0)],
    ['a tile of ones', (x) => tf.tile(x, [1, 1])],
    ['a slice of all', (x) => tf.slice(x, [0, 0], [2, 3])],
    [
      'a pad of nothing',
      (x) =>
        tf.pad(x, [
          [0, 0],
          [0, 0],
        ]),
    ],
  ])('%s is x', (_, fn) => {
    const graph = optimized(trace(SPECS, ({ x, y }) => ({ out: fn(x!, y!) })));
    expect(graph.nodes).toEqual([]);
    expect(graph.outputs[0]!.value).toBe(graph.inputs[0]!.value);
  });

  it.each<[string, string[], (x: tf.Tensor, y: tf.Tensor) => tf.Tensor]>([
    ['0 - x', ['Neg'], (x) => tf.sub(0, x)],
    ['-1 x', ['Neg'], (x) => tf.mul(x, -1)],
    ['x + (-y)', ['Sub'], (x, y) => tf.add(x, tf.neg(y))],
    ['(-y) + x', ['Sub'], (x, y) => tf.add(tf.neg(y), x)],
    ['x - (-y)', ['Add'], (x, y) => tf.sub(x, tf.neg(y))],
    ['-(x - y)', ['Sub'], (x, y) => tf.neg(tf.sub(x, y))],
    ['x^2', ['Square'], (x) => tf.pow(x, 2)],
    ['x^0.5', ['Sqrt'], (x) => tf.pow(x, 0.5)],
    ['(x 2) 3', ['Multiply'], (x) => tf.mul(tf.mul(x, 2), 3)],
    ['reshape of reshape', ['Reshape'], (x) => tf.reshape(tf.reshape(x, [3, 2]), [6])],
    ['transpose of a row', ['Reshape'], (_, y) => tf.transpose(tf.reshape(y, [1, 3]))],
    ['x x^T', ['BatchMatMul'], (x) => tf.matMul(x, tf.transpose(x))],
    ['x^T x', ['BatchMatMul'], (x) => tf.matMul(tf.transpose(x), x)],
    ['x + y spread by tile', ['Reshape', 'Add'], (x, y) => tf.add(x, tf.tile(tf.reshape(y, [1, 3]), [2, 1]))],
    ['e^x + e^x', ['Exp', 'Add'], (x) => tf.add(tf.exp(x), tf.exp(x))],
    ['x + 2 as a full array', ['Add'], (x) => tf.add(x, tf.fill([2, 3], 2))],
  ])('%s becomes %j', (_, kernels, fn) => {
    expect(leftOf(fn)).toEqual(kernels);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor, number]>([
    ['0 x', (x) => tf.mul(x, 0), 0],
    ['0 / (1 + x^2)', (x) => tf.div(0, tf.add(tf.square(x), 1)), 0],
    ['x times the zero matrix', (x) => tf.matMul(x, tf.zeros([3, 2])), 0],
    ['zerosLike', (x) => tf.zerosLike(x), 0],
    ['onesLike', (x) => tf.onesLike(x), 1],
    ['sum of ones', (x) => tf.sum(tf.onesLike(x)), 6],
    ['exp(0)', (x) => tf.exp(tf.zerosLike(x)), 1],
    ['a stopped gradient', (x) => tf.grad((v: tf.Tensor) => tf.sum(tf.square(stopGradient(v))))(x), 0],
  ])('%s is a constant', (_, fn, number) => {
    const graph = optimized(trace(SPECS, ({ x }) => ({ out: fn(x!) })));
    expect(graph.nodes).toEqual([]);
    const { value } = graph.outputs[0]!;
    expect([...constantElements(value)!]).toEqual(Array.from({ length: sizeOf(value.shape) }, () => number));
  });

  it('folds what is known at trace time, to the same numbers', () => {
    const graph = optimized(
      trace(SPECS, ({ x }) => ({
        out: tf.add(
          x!,
          tf.sum(
            tf.square(
              tf.tensor2d([
                [1, 2, 3],
                [4, 5, 6],
              ]),
            ),
            0,
          ),
        ),
      })),
    );
    expect(kernelsOf(graph)).toEqual(['Add']);
    expect([...constantElements(graph.nodes[0]!.inputs[1]!)!]).toEqual([17, 29, 45]);
  });

  it('leaves what is large to the executor', () => {
    const graph = optimized(trace(SPECS, ({ s }) => ({ out: tf.mul(s!, tf.range(0, 1 << 17)) })));
    expect(kernelsOf(graph)).toEqual(['Range', 'Multiply']);
  });

  it('drops what no output needs', () => {
    const graph = trace(SPECS, ({ x, y }) => {
      tf.exp(tf.matMul(x!, tf.transpose(x!)));
      return { out: tf.sin(y!) };
    });
    expect(kernelsOf(graph)).toEqual(['Transpose', 'BatchMatMul', 'Exp', 'Sin']);
    expect(kernelsOf(optimized(graph))).toEqual(['Sin']);
  });

  it.each<[string, (y: tf.Tensor) => tf.Tensor]>([
    ['1 y', (y) => tf.mul(y, tf.ones([2, 3]))],
    ['y + 0', (y) => tf.add(y, tf.zeros([2, 3]))],
    ['0 + y', (y) => tf.add(tf.zeros([2, 3]), y)],
    ['y - 0', (y) => tf.sub(y, tf.zeros([2, 3]))],
    ['0 - y', (y) => tf.sub(tf.zeros([2, 3]), y)],
    ['y / 1', (y) => tf.div(y, tf.ones([2, 3]))],
    ['y^2', (y) => tf.pow(y, tf.fill([2, 3], 2))],
    ['max(y, -9)', (y) => tf.maximum(y, tf.fill([2, 3], -9))],
  ])('%s keeps the shape to which it spreads y', async (_, fn) => {
    const graph = trace(SPECS, ({ y }) => ({ out: fn(y!) }));
    const after = optimized(graph);
    expect(after.outputs[0]!.value.shape).toEqual([2, 3]);
    // Every kernel that is left must itself give the shape that is claimed.
    expect((await evaluate(after))['out']).toEqual((await evaluate(graph))['out']);
  });

  it('composes transposes in the right order', async () => {
    const perms = [
      [1, 2, 0],
      [0, 2, 1],
      [2, 0, 1],
      [1, 0, 2],
    ];
    const graph = trace(SPECS, ({ x }) => {
      const cube = tf.concat([tf.reshape(x!, [1, 2, 3]), tf.reshape(x!, [1, 2, 3]), tf.zeros([2, 2, 3])], 0);
      return Object.fromEntries(
        perms.flatMap((p) =>
          perms.map((q) => [`${p.join()} ${q.join()}`, tf.transpose(tf.transpose(cube, p), q)]),
        ),
      );
    });
    const after = optimized(graph);
    expect(kernelsOf(after).filter((kernel) => kernel === 'Transpose').length).toBeLessThanOrEqual(5);
    expect(await evaluate(after)).toEqual(await evaluate(graph));
  });

  it('tells calls apart that differ only in an infinite attribute', async () => {
    const graph = trace(SPECS, ({ y }) => ({
      high: tf.pad(y!, [[1, 0]], Infinity),
      low: tf.pad(y!, [[1, 0]], -Infinity),
      nan: tf.pad(y!, [[1, 0]], NaN),
      zero: tf.pad(y!, [[1, 0]], 0),
    }));
    const out = await evaluate(optimized(graph));
    const first = ['high', 'low', 'nan', 'zero'].map((name) => out[name]![0]);
    expect(first).toEqual([Infinity, -Infinity, NaN, 0]);
  });

  it('does not merge factors whose product leaves the range of floats', async () => {
    const graph = trace(SPECS, ({ x }) => ({
      large: tf.mul(tf.mul(tf.exp(tf.sub(x!, 60)), 1e30), 1e30),
      small: tf.mul(tf.mul(tf.exp(tf.add(x!, 60)), 1e-30), 1e-30),
    }));
    const [before, after] = [await evaluate(graph), await evaluate(optimized(graph))];
    for (const name of Object.keys(before)) {
      before[name]!.forEach((v, i) => expect(after[name]![i]! / v).toBeCloseTo(1, 5));
    }
  });

  it('removes every trace of a tensor without elements', () => {
    const graph = optimized(
      trace(SPECS, ({ x }) => ({
        out: tf.sum(tf.exp(tf.slice(x!, [0, 0], [2, 0])), 1),
        same: tf.slice(x!, [0, 0], [0, 3]),
      })),
    );
    expect(graph.nodes).toEqual([]);
    expect([...constantElements(graph.outputs[0]!.value)!]).toEqual([0, 0]);
  });
});
