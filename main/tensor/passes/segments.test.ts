import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { stateOutputName } from '../executors/names.ts';
import { ortCpuExecutor } from '../executors/ort.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import type { HostArrays } from '../executors/executor.ts';
import type { Graph } from '../graph.ts';
import { adamStep, clipByGlobalNorm, globalNorm } from '../optim/adam.ts';
import { emaStep } from '../optim/ema.ts';
import { Rng } from '../rng.ts';
import { sizeOf } from '../shape.ts';
import { type Traceable, trace } from '../trace.ts';
import { packedValueAndGrad, packingOf } from '../tree.ts';
import { optimized } from './index.ts';
import { segmentedState } from './segments.ts';

const STATE = ['params', 'first', 'second', 'ema'];

/** A training step of two layers with everything that a method does to packed vectors. */
function stepGraph(width: number): { graph: Graph; size: number } {
  const packing = packingOf({
    a: [4, width],
    'a.bias': [width],
    b: [width, width],
    c: [width],
    d: [width, 2],
  });
  const vector = { shape: [packing.size] };
  const step: Traceable = ({ params, first, second, ema, x }) => {
    const { loss, grad } = packedValueAndGrad(params as Tensor1D, packing, ({ a, b, c, d, ...rest }) => {
      const h = tf.tanh(tf.add(tf.matMul(x as Tensor2D, a as Tensor2D), rest['a.bias']!));
      const y = tf.matMul(
        tf.tanh(tf.add(tf.matMul(h as Tensor2D, b as Tensor2D), c!)) as Tensor2D,
        d as Tensor2D,
      );
      return { loss: tf.mean(tf.square(tf.sub(y, 1))) as Scalar, kept: {} };
    });
    const norm = globalNorm(grad);
    const next = adamStep(
      params as Tensor1D,
      clipByGlobalNorm(grad, norm, 0.1),
      { first: first as Tensor1D, second: second as Tensor1D },
      tf.scalar(3),
      tf.scalar(0.01),
      { weightDecay: 0.1 },
    );
    const average = emaStep(ema as Tensor1D, next.params, tf.scalar(0.9));
    return {
      loss,
      norm,
      "params'": next.params,
      "first'": next.moments.first,
      "second'": next.moments.second,
      "ema'": average,
    };
  };
  const specs = { params: vector, first: vector, second: vector, ema: vector, x: { shape: [3, 4] } };
  return { graph: trace(specs, step), size: packing.size };
}

/** Evaluates a cut graph on whole vectors, by the reference. */
async function runCut(
  { graph, segments }: ReturnType<typeof segmentedState>,
  inputs: HostArrays,
): Promise<HostArrays> {
  const given = Object.fromEntries(
    Object.entries(inputs).flatMap(([name, data]) =>
      (segments.get(name) ?? [{ name, begin: 0, end: data.length }]).map((part) => [
        part.name,
        data.slice(part.begin, part.end),
      ]),
    ),
  );
  const found = await (await referenceExecutor().compile(graph)).run(given);
  for (const [state, parts] of segments) {
    const whole = new Float32Array(inputs[state]!.length);
    for (const { name, begin } of parts) whole.set(found[stateOutputName(name)]!, begin);
    found[stateOutputName(state)] = whole;
  }
  return found;
}

function inputsOf(graph: Graph): HostArrays {
  return Object.fromEntries(
    graph.inputs.map(({ name, value }) => {
      const normals = new Rng(1, name).fillNormal(new Float32Array(sizeOf(value.shape)));
      // Second moments are no less than zero; the rest keeps sums over a layer of order one.
      return [name, normals.map((v) => (name === 'second' ? v * v : v / 16))];
    }),
  );
}

describe('segmented state', () => {
  const { graph, size } = stepGraph(16);
  const whole = optimized(graph);
  const cut = segmentedState(whole, STATE, 64, 100);

  it('leaves no kernel that sees a whole vector', () => {
    const shapes = cut.graph.nodes.flatMap(({ inputs, outputs }) =>
      [...inputs, ...outputs].map((v) => v.shape),
    );
    expect(shapes.filter((shape) => shape.length === 1 && shape[0] === size)).toEqual([]);
    expect(whole.nodes.some(({ outputs: [y] }) => y!.shape.join() === String(size))).toBe(true);
  });

  it('covers each vector once, at ends of layers', () => {
    expect([...cut.segments.keys()]).toEqual(STATE);
    for (const parts of cut.segments.values()) {
      expect(parts.map(({ begin }) => begin)).toEqual([0, ...parts.slice(0, -1).map(({ end }) => end)]);
      expect(parts.at(-1)!.end).toBe(size);
      // 64 + 16, 256 and 16 + 32 elements
      expect(parts.map(({ end }) => end)).toEqual([80, 336, 384]);
    }
  });

  it('computes what the whole vectors did', async () => {
    const inputs = inputsOf(graph);
    const wanted = await (await referenceExecutor().compile(whole)).run(inputs);
    const found = await runCut(cut, inputs);
    for (const [name, values] of Object.entries(wanted)) {
      // The norm is added up in another order, and everything after it follows in the last place.
      values.forEach((value, i) => expect(Math.abs(found[name]![i]! - value)).toBeLessThan(1e-6));
    }
  });

  it('leaves small vectors and other states alone', () => {
    expect(segmentedState(whole, STATE, size + 1, 100)).toEqual({ graph: whole, segments: new Map() });
    expect(segmentedState(whole, STATE, 64, size).graph).toBe(whole);
    expect([...segmentedState(whole, ['first', 'ema'], 64, 100).segments.keys()]).toEqual(['first', 'ema']);
  });

  it('puts a vector together for what cannot be cut, and cuts what comes whole', async () => {
    const specs = { v: { shape: [6] }, w: { shape: [6] }, x: { shape: [6] } };
    const odd = trace(specs, ({ v, w, x }) => {
      const [head, tail] = tf.split(v as Tensor1D, [2, 4]) as [Tensor, Tensor];
      return {
        "v'": tf.concat1d([tf.mul(head, 2) as Tensor1D, tail as Tensor1D]),
        "w'": tf.reverse1d(tf.add(w!, tf.mul(v!, tf.tensor1d([1, 2, 3, 4, 5, 6]))) as Tensor1D),
        both: tf.add(tf.cumsum(v as Tensor1D), x!),
        sum: tf.sum(tf.square(v!)),
        same: v!,
      };
    });
    const split = segmentedState(odd, ['v', 'w'], 2, 2);
    expect(split.segments.get('w')!.map(({ end }) => end)).toEqual([2, 6]);
    const inputs = inputsOf(odd);
    const wanted = await (await referenceExecutor().compile(odd)).run(inputs);
    const found = await runCut(split, inputs);
    for (const [name, values] of Object.entries(wanted)) {
      values.forEach((value, i) => expect(found[name]![i], `${name}[${i}]`).toBeCloseTo(value, 5));
    }
  });
});

describe('the compiled executor on large state', () => {
  it('reads, writes, undoes and steps as the reference does', async () => {
    // 2^18 elements and more, so that it is cut.
    const { graph, size } = stepGraph(520);
    expect(size).toBeGreaterThan(2 ** 18);
    expect([...segmentedState(optimized(graph), STATE).segments.keys()]).toEqual(STATE);
    const fast = await ortCpuExecutor(1).compile(graph, { state: STATE });
    const slow = await referenceExecutor().compile(graph, { state: STATE });
    const { x, ...state } = inputsOf(graph);
    for (const executable of [fast, slow]) await executable.writeState(state);
    expect((await fast.readState())['first']).toEqual(state['first']);
    for (let k = 0; k < 2; k++) {
      const [found, wanted] = [await fast.run({ x: x! }), await slow.run({ x: x! })];
      expect(found['loss']![0]).toBeCloseTo(wanted['loss']![0]!, 4);
    }
    const [found, wanted] = [await fast.readState(), await slow.readState()];
    for (const name of STATE) {
      // Two steps of 0.01 whose sizes hang on quotients of single precision.
      let off = 0;
      wanted[name]!.forEach((v, i) => (off = Math.max(off, Math.abs(found[name]![i]! - v))));
      expect(off, name).toBeLessThan(1e-4);
    }
    const after = found['params']!.slice();
    fast.undo();
    expect((await fast.readState())['params']).not.toEqual(after);
    await fast.run({ x: x! });
    expect((await fast.readState())['params']).toEqual(after);
    await fast.dispose();
  });
});
