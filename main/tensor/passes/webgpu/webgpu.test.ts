/** What is put in the place of kernels for WebGPU computes the same, on the reference executor. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { HostArrays } from '../../executors/executor.ts';
import { ortCpuExecutor } from '../../executors/ort.ts';
import { referenceExecutor } from '../../executors/tfjs.ts';
import type { Graph } from '../../graph.ts';
import { repeat } from '../../repeat.ts';
import { Rng } from '../../rng.ts';
import { parityFamilies } from '../../testing/cases/index.ts';
import { trace } from '../../trace.ts';
import { optimized } from '../index.ts';
import { forWebGpu } from './index.ts';
import { narrowSplits } from './splits.ts';
import { unrolled } from './unroll.ts';

const kernelsOf = (graph: Graph): string[] => graph.nodes.map(({ kernel }) => kernel);
const normals = (size: number) => new Rng(1, 'webgpu').fillNormal(new Float32Array(size));

/** As it is compiled here, which applies the usual passes once more. */
async function run(graph: Graph, inputs: HostArrays): Promise<HostArrays> {
  const executable = await ortCpuExecutor(1).compile(graph);
  const outputs = await executable.run(inputs);
  await executable.dispose();
  return outputs;
}

describe('loops for WebGPU', () => {
  const invariants = { a: { shape: [3] }, x: { shape: [3] } };
  const inputs = { a: Float32Array.of(1, 2, 3), x: Float32Array.of(0.5, 0.25, 0.125) };

  it('are written out, the number of the round and what is around them included', async () => {
    const graph = trace(invariants, ({ a, x }) => ({
      y: repeat(5, x!, { a: a! }, (now, { a: inner }, round) =>
        tf.add(tf.mul(now, tf.add(inner!, tf.tensor1d([0.1, 0.2, 0.3]))), round),
      ),
    }));
    const flat = unrolled(graph);
    expect(kernelsOf(graph)).toContain('Repeat');
    expect(kernelsOf(flat)).not.toContain('Repeat');
    expect((await run(flat, inputs))['y']).toEqual((await run(graph, inputs))['y']);
    expect(new Set(flat.nodes.flatMap((node) => node.outputs.map(({ id }) => id))).size).toBe(
      flat.nodes.flatMap((node) => node.outputs).length,
    );
  });

  it('inside loops are written out too', async () => {
    const graph = trace(invariants, ({ a, x }) => ({
      y: repeat(3, x!, { a: a! }, (outer, { a: inner }) =>
        repeat(2, outer, { inner: inner! }, (now, { inner: most }) => tf.sub(tf.mul(now, 0.5), most!)),
      ),
    }));
    const flat = unrolled(graph);
    expect(kernelsOf(flat)).not.toContain('Repeat');
    expect((await run(flat, inputs))['y']).toEqual((await run(graph, inputs))['y']);
  });

  it('that would be too long stay', () => {
    const graph = trace({ x: { shape: [2] } }, ({ x }) => ({
      y: repeat(100, x!, {}, (now) => tf.add(tf.mul(now, 0.5), 1)),
    }));
    expect(kernelsOf(unrolled(graph, 150))).toEqual(['Repeat']);
    expect(kernelsOf(unrolled(graph, 200))).toHaveLength(200);
  });
});

describe('splits for WebGPU', () => {
  it.each([2, 7, 8, 9, 49, 50, 63, 100, 400])('into %i parts bind at most eight buffers', async (parts) => {
    const sizes = Array.from({ length: parts }, (_, i) => 1 + (i % 3));
    const size = sizes.reduce((sum, n) => sum + n, 0);
    const graph = trace({ x: { shape: [2, size] } }, ({ x }) =>
      Object.fromEntries(tf.split(x!, sizes, 1).map((part, i) => [`y${i}`, part])),
    );
    const narrow = narrowSplits(graph);
    for (const { outputs } of narrow.nodes) expect(outputs.length).toBeLessThanOrEqual(7);
    const x = normals(2 * size);
    expect(await run(narrow, { x })).toEqual(await run(graph, { x }));
  });

  it('of unstacked rows keep their shapes', async () => {
    const graph = trace({ x: { shape: [3, 20, 2] } }, ({ x }) =>
      Object.fromEntries(tf.unstack(x!, 1).map((part, i) => [`y${i}`, part])),
    );
    const narrow = narrowSplits(graph);
    for (const { outputs } of narrow.nodes) expect(outputs.length).toBeLessThanOrEqual(7);
    expect(kernelsOf(narrow)).not.toContain('Unpack');
    const x = normals(120);
    expect(await run(narrow, { x })).toEqual(await run(graph, { x }));
  });
});

describe('substitutes for WebGPU', () => {
  const SUBSTITUTED = [
    ...['Sin', 'Cos', 'Tan', 'Acos', 'Sign', 'Round', 'LogicalOr', 'ArgMax', 'ArgMin'],
    ...['UnsortedSegmentSum', 'MaxPoolGrad', 'DepthwiseConv2dNativeBackpropInput'],
  ];
  const cases = parityFamilies
    .flatMap((family) => family.cases)
    .filter(({ kernel, inputs }) => SUBSTITUTED.includes(kernel) && Object.keys(inputs).length > 0);

  it.each(SUBSTITUTED)(
    'of %s give what the reference gives, in all cases of its parity test',
    async (kernel) => {
      const own = cases.filter((each) => each.kernel === kernel);
      expect(own.length).toBeGreaterThan(0);
      for (const { about, inputs, compute } of own) {
        const graph = trace(
          Object.fromEntries(
            Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
          ),
          (tensors) => {
            const result = compute(tensors);
            const list = Array.isArray(result) ? result : [result];
            return Object.fromEntries(list.map((tensor, i) => [`y${i}`, tensor]));
          },
        );
        const arrays = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]));
        const wanted = await (await referenceExecutor().compile(graph)).run(arrays);
        const found = await run(forWebGpu(optimized(graph)), arrays);
        for (const [name, values] of Object.entries(wanted)) {
          values.forEach((value, i) => {
            if (Number.isNaN(value)) return;
            const tolerance = 1e-5 * Math.max(1, Math.abs(value));
            expect(
              Math.abs(found[name]![i]! - value),
              `${kernel} ${about} ${name}[${i}]`,
            ).toBeLessThanOrEqual(tolerance);
          });
        }
      }
    },
  );

  it('of sine and cosine stay right for large angles, and exact where they are zero', async () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) * 1.37);
    const graph = trace({ x: { shape: [x.length] } }, ({ x: angle }) => ({
      sin: tf.sin(angle!),
      cos: tf.cos(angle!),
    }));
    const lowered = forWebGpu(optimized(graph));
    expect(kernelsOf(lowered)).not.toContain('Sin');
    const { sin, cos } = await run(lowered, { x });
    x.forEach((angle, i) => {
      // Three parts of pi leave 2^-24 of an angle below 2^12: some 1e-7 of rounding, 5e-9 of the series.
      expect(Math.abs(sin![i]! - Math.sin(angle))).toBeLessThan(4e-7);
      expect(Math.abs(cos![i]! - Math.cos(angle))).toBeLessThan(4e-7);
    });
    expect([sin![2000], cos![2000]]).toEqual([0, 1]);
  });
});
