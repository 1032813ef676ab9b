import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { fedConstants } from '../onnx/large-constants.ts';
import { onnxFromGraph } from '../onnx/lower.ts';
import { optimized } from '../passes/index.ts';
import { repeat } from '../repeat.ts';
import { Rng } from '../rng.ts';
import { type TensorSpec, type Traceable, trace } from '../trace.ts';
import type { CompileOptions, Executable } from './executor.ts';
import { ortCpuExecutor } from './ort.ts';
import { referenceExecutor } from './tfjs.ts';
import { runInto } from './written-outputs.ts';

const open: Executable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((executable) => executable.dispose()));
});

async function compiled(
  specs: Record<string, TensorSpec>,
  fn: Traceable,
  { threads = 1, ...options }: CompileOptions & { threads?: number } = {},
): Promise<Executable> {
  const executable = await ortCpuExecutor(threads).compile(trace(specs, fn), options);
  open.push(executable);
  return executable;
}

/** w <- w / 2 + x, with the number of runs beside it. All values are exact in single precision. */
const RECURRENCE_SPECS: Record<string, TensorSpec> = {
  w: { shape: [3] },
  runs: { shape: [], dtype: 'int32' },
  x: { shape: [3] },
};
const recurrence: Traceable = ({ w, runs, x }) => {
  const next = tf.add(tf.mul(w!, 0.5), x!);
  return { "w'": next, "runs'": tf.add(runs!, tf.scalar(1, 'int32')), sum: tf.sum(next) };
};
const STATE = { state: ['w', 'runs'] };

/** A training step small enough for a test and wide enough to be split between threads. */
const STEP_SPECS: Record<string, TensorSpec> = { w: { shape: [64, 64] }, x: { shape: [256, 64] } };
const step: Traceable = ({ w, x }) => {
  const loss = (weights: tf.Tensor) =>
    tf.mean(tf.square(tf.tanh(tf.matMul(x as tf.Tensor2D, weights as tf.Tensor2D))));
  const { value, grad } = tf.valueAndGrad(loss)(w!);
  return { "w'": tf.sub(w!, tf.mul(grad, 0.1)), loss: value };
};
const randomOf = (name: string, size: number) => new Rng(3, name).fillNormal(new Float32Array(size));

async function trained(steps: number, threads: number): Promise<Float32Array> {
  const executable = await compiled(STEP_SPECS, step, { state: ['w'], threads });
  await executable.writeState({ w: randomOf('w', 64 * 64) });
  const x = randomOf('x', 256 * 64);
  for (let k = 0; k < steps; k++) await executable.run({ x });
  return (await executable.readState())['w']!.slice() as Float32Array;
}

describe('state of the ort executor', () => {
  it('starts at zero and follows the recurrence exactly', async () => {
    const executable = await compiled(RECURRENCE_SPECS, recurrence, STATE);
    let wanted = [0, 0, 0];
    for (let k = 1; k <= 9; k++) {
      const x = Float32Array.of(k, -k, 0.25);
      const { sum } = await executable.run({ x });
      wanted = wanted.map((w, i) => w / 2 + x[i]!);
      const state = await executable.readState();
      expect([...state['w']!]).toEqual(wanted);
      expect([...state['runs']!]).toEqual([k]);
      expect(sum![0]).toBe(wanted[0]! + wanted[1]! + wanted[2]!);
    }
  });

  it('agrees with the reference, run by run', async () => {
    const fast = await compiled(RECURRENCE_SPECS, recurrence, STATE);
    const slow = await referenceExecutor().compile(trace(RECURRENCE_SPECS, recurrence), STATE);
    for (let k = 0; k < 4; k++) {
      const x = Float32Array.of(k, 2, -k);
      expect(await fast.run({ x })).toEqual(await slow.run({ x }));
      expect(await fast.readState()).toEqual(await slow.readState());
    }
  });

  it.each([0, 1, 2])('round-trips through writeState after %d runs and goes on from there', async (runs) => {
    const executable = await compiled(RECURRENCE_SPECS, recurrence, STATE);
    const x = Float32Array.of(1, 1, 1);
    for (let k = 0; k < runs; k++) await executable.run({ x });
    const given = { w: Float32Array.of(8, -4, 2), runs: Int32Array.of(40) };
    await executable.writeState(given);
    expect(await executable.readState()).toEqual(given);
    await executable.run({ x });
    expect(await executable.readState()).toEqual({ w: Float32Array.of(5, -1, 2), runs: Int32Array.of(41) });
    // What was written is copied: the caller's arrays stay as they were.
    expect(given).toEqual({ w: Float32Array.of(8, -4, 2), runs: Int32Array.of(40) });
  });

  it('is taken back by undo', async () => {
    const executable = await compiled(RECURRENCE_SPECS, recurrence, STATE);
    const x = Float32Array.of(1, 2, 3);
    await executable.run({ x });
    const before = { w: Float32Array.of(1, 2, 3), runs: Int32Array.of(1) };
    await executable.run({ x: Float32Array.of(NaN, NaN, NaN) });
    executable.undo();
    expect(await executable.readState()).toEqual(before);
    await executable.run({ x });
    expect(await executable.readState()).toEqual({ w: Float32Array.of(1.5, 3, 4.5), runs: Int32Array.of(2) });
  });

  it('may pass through unchanged, and two states may swap', async () => {
    const specs = { a: { shape: [2] }, b: { shape: [2] }, fixed: { shape: [1] } };
    const executable = await compiled(
      specs,
      ({ a, b, fixed }) => ({ "a'": b!, "b'": a!, "fixed'": fixed! }),
      {
        state: ['a', 'b', 'fixed'],
      },
    );
    await executable.writeState({
      a: Float32Array.of(1, 2),
      b: Float32Array.of(3, 4),
      fixed: Float32Array.of(9),
    });
    for (let k = 0; k < 3; k++) await executable.run({});
    expect(await executable.readState()).toEqual({
      a: Float32Array.of(3, 4),
      b: Float32Array.of(1, 2),
      fixed: Float32Array.of(9),
    });
  });
});

describe('inputs and outputs of the ort executor', () => {
  const specs = { x: { shape: [2, 2] } };
  const double: Traceable = ({ x }) => ({ y: tf.mul(x!, 2) });

  it('hands out two sets of arrays in turn', async () => {
    const executable = await compiled(specs, double);
    const first = (await executable.run({ x: Float32Array.of(1, 2, 3, 4) }))['y']!;
    const second = (await executable.run({ x: Float32Array.of(5, 6, 7, 8) }))['y']!;
    // The last two results are both readable, the third run writes over the first.
    expect([...first]).toEqual([2, 4, 6, 8]);
    expect([...second]).toEqual([10, 12, 14, 16]);
    const third = (await executable.run({ x: Float32Array.of(0, 0, 0, 1) }))['y']!;
    expect(third).toBe(first);
    expect([...first]).toEqual([0, 0, 0, 2]);
    expect((await executable.run({ x: new Float32Array(4) }))['y']).toBe(second);
  });

  it('reads an input array anew at every run, also when it was changed in place', async () => {
    const executable = await compiled(specs, double);
    const x = new Float32Array(4);
    for (let k = 1; k <= 4; k++) {
      x.fill(k);
      expect([...(await executable.run({ x }))['y']!]).toEqual([2 * k, 2 * k, 2 * k, 2 * k]);
    }
    expect([...(await executable.run({ x: Float32Array.of(1, 2, 3, 4) }))['y']!]).toEqual([2, 4, 6, 8]);
  });

  it('names the input, its shape and what it found when a size is wrong', async () => {
    const executable = await compiled(specs, double);
    await expect(executable.run({ x: new Float32Array(3) })).rejects.toThrow(
      'program input x: expected 4 elements of shape [2, 2], found 3',
    );
    await expect(executable.run({})).rejects.toThrow(
      'program input x: expected 4 elements of shape [2, 2], found nothing',
    );
    // and the program still runs
    expect([...(await executable.run({ x: new Float32Array(4).fill(1) }))['y']!]).toEqual([2, 2, 2, 2]);
  });

  it('names the state when its size is wrong', async () => {
    const executable = await compiled(RECURRENCE_SPECS, recurrence, STATE);
    await expect(executable.writeState({ w: new Float32Array(2), runs: new Int32Array(1) })).rejects.toThrow(
      'program input w: expected 3 elements of shape [3], found 2',
    );
  });

  it('takes and gives int32, bool, scalars and tensors without elements', async () => {
    const executable = await compiled(
      {
        i: { shape: [2], dtype: 'int32' },
        m: { shape: [2], dtype: 'bool' },
        s: { shape: [] },
        none: { shape: [0, 2] },
      },
      ({ i, m, s, none }) => ({
        i2: tf.add(i!, i!),
        notM: tf.logicalNot(m!),
        s2: tf.square(s!),
        none2: tf.exp(none!),
        sum: tf.sum(none!, 0),
      }),
    );
    const out = await executable.run({
      i: Int32Array.of(3, -4),
      m: Uint8Array.of(1, 0),
      s: Float32Array.of(3),
      none: new Float32Array(0),
    });
    expect(out).toEqual({
      i2: Int32Array.of(6, -8),
      notM: Uint8Array.of(0, 1),
      s2: Float32Array.of(9),
      none2: new Float32Array(0),
      sum: new Float32Array(2),
    });
  });
});

describe('reproducibility of the ort executor', () => {
  it('gives the same bits at every run and in another session', async () => {
    const first = await trained(20, 1);
    expect(await trained(20, 1)).toEqual(first);
    const executable = await compiled({ x: { shape: [256, 64] }, w: { shape: [64, 64] } }, ({ x, w }) => ({
      y: tf.softmax(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)),
    }));
    const inputs = { x: randomOf('x', 256 * 64), w: randomOf('w', 64 * 64) };
    const once = (await executable.run(inputs))['y']!.slice();
    for (let k = 0; k < 5; k++) expect((await executable.run(inputs))['y']).toEqual(once);
  });

  it('gives the same bits with two threads every time, and one thread agrees', async () => {
    const [two, again, one] = [await trained(20, 2), await trained(20, 2), await trained(20, 1)];
    expect(again).toEqual(two);
    // Sums over 256 rows are split between threads: another order of addition, 20 times.
    one.forEach((v, i) => expect(Math.abs(two[i]! - v)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(v))));
  });
});

describe('memory of the ort executor', () => {
  it('stays flat over 3,000 runs', async () => {
    const size = 1 << 14;
    const executable = await compiled(
      { w: { shape: [size] }, x: { shape: [size] } },
      ({ w, x }) => ({ "w'": tf.tanh(tf.add(w!, x!)), y: tf.exp(tf.neg(w!)) }),
      { state: ['w'] },
    );
    const x = new Float32Array(size).fill(0.1);
    const seen = new Set<unknown>();
    const run = async (count: number) => {
      for (let k = 0; k < count; k++) {
        seen.add((await executable.run({ x }))['y']);
        seen.add((await executable.readState())['w']);
      }
    };
    await run(500); // lets arenas, pools and the compiler settle
    const before = process.memoryUsage().rss;
    await run(3000);
    const grown = process.memoryUsage().rss - before;
    // Two buffers of the output and two of the state, whatever the number of runs.
    expect(seen.size).toBe(4);
    // A leak of one 64 KiB array a run would be 188 MiB; the young generation alone may come to 32 MiB.
    expect(grown).toBeLessThan(64 * 2 ** 20);
  });
});

describe('what runs of the ort executor return', () => {
  it('is in the memory that they were given, and nowhere else', async () => {
    const size = 1 << 20;
    const executable = await compiled(
      { w: { shape: [size] }, x: { shape: [] } },
      ({ w, x }) => ({ "w'": tf.add(w!, x!), first: tf.slice(w!, 0, 1) }),
      { state: ['w'] },
    );
    await executable.run({ x: Float32Array.of(1) });
    const before = process.memoryUsage().arrayBuffers;
    for (let k = 1; k <= 4; k++) {
      const { first } = await executable.run({ x: Float32Array.of(1) });
      expect(first![0]).toBe(k);
      // A copy of the state would be four times as much.
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size);
    }
  });

  it('is an error where a kernel fails', async () => {
    const failing = { run: () => Promise.reject(new Error('Non-zero status code')) };
    await expect(runInto(failing as never, {}, {})).rejects.toThrow('Non-zero status code');
  });
});

describe('compile errors of the ort executor', () => {
  it('carry a code', async () => {
    const graph = trace({ x: { shape: [2] } }, ({ x }) => ({ y: tf.neg(x!) }));
    graph.outputs.push(graph.outputs[0]!); // the same name twice is not a program
    await expect(ortCpuExecutor(1).compile(graph)).rejects.toMatchObject({ code: 'engine/compile-failed' });
  });
});

describe('constants above the size that is baked', () => {
  const weights = randomOf('weights', 64 * 64);
  const specs: Record<string, TensorSpec> = { x: { shape: [4, 64] } };
  /** A weight used twice from the same memory, once in another shape, once inside a loop, beside a small one. */
  const fn: Traceable = ({ x }) => {
    const weight = (): tf.Tensor2D => tf.tensor2d(weights, [64, 64]);
    const once = tf.matMul(x as tf.Tensor2D, weight());
    const looped = repeat(3, once, {}, (at) => tf.tanh(tf.matMul(at, weight())));
    const flat = tf.mul(tf.tensor1d(weights), 2);
    return {
      y: tf.add(looped, tf.scalar(0.25)),
      z: tf.add(tf.matMul(x as tf.Tensor2D, weight()), tf.sum(flat)),
      w: tf.tensor2d(weights, [64, 64]),
    };
  };

  it('are fed with the same numbers', async () => {
    const graph = trace(specs, fn);
    const baked = await ortCpuExecutor(1, 2 ** 30).compile(graph);
    const fed = await ortCpuExecutor(1, 1000).compile(graph);
    open.push(baked, fed);
    const inputs = { x: randomOf('x', 4 * 64) };
    const [wanted, found] = [await baked.run(inputs), await fed.run(inputs)];
    expect(Object.keys(found)).toEqual(['y', 'z', 'w']);
    // The sums of 64 products may be added in another order where the weights are packed.
    for (const name of ['y', 'z']) {
      wanted[name]!.forEach((value, i) => expect(found[name]![i]).toBeCloseTo(value, 4));
    }
    expect(found['w']).toEqual(weights);
  });

  it('leave the model small, once for each memory and shape', () => {
    const graph = optimized(trace(specs, fn));
    const fed = fedConstants(graph, 1000);
    const inputs = [...new Set(fed.values())];
    expect(inputs.map(({ shape }) => shape.join())).toEqual(expect.arrayContaining(['64,64']));
    expect(new Set(inputs.map(({ shape, data }) => `${shape.join()} ${data === weights}`)).size).toBe(
      inputs.length,
    );
    expect(onnxFromGraph(graph, { fed }).length).toBeLessThan(weights.byteLength);
    expect(onnxFromGraph(graph).length).toBeGreaterThan(weights.byteLength);
  });

  it('are fed only where there are more bytes than that', () => {
    const graph = trace({ x: { shape: [64] } }, ({ x }) => ({ y: tf.add(x!, tf.sum(tf.tensor1d(weights))) }));
    expect(fedConstants(graph, weights.byteLength).size).toBe(0);
    expect(fedConstants(graph, weights.byteLength - 1).size).toBe(1);
  });

  it('serve every step of a program with state', async () => {
    const stepSpecs: Record<string, TensorSpec> = { w: { shape: [64] } };
    const next: Traceable = ({ w }) => ({
      "w'": tf.reshape(tf.add(tf.matMul(tf.reshape(w!, [1, 64]), tf.tensor2d(weights, [64, 64])), 1), [64]),
    });
    const graph = trace(stepSpecs, next);
    const [baked, fed] = [
      await ortCpuExecutor(1).compile(graph, { state: ['w'] }),
      await ortCpuExecutor(1, 0).compile(graph, { state: ['w'] }),
    ];
    open.push(baked, fed);
    for (let k = 0; k < 3; k++) await Promise.all([baked.run({}), fed.run({})]);
    const [wanted, found] = [(await baked.readState())['w']!, (await fed.readState())['w']!];
    // Three products with entries of about 64 each: relative to the size of the numbers.
    wanted.forEach((value, i) =>
      expect(Math.abs(found[i]! - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value))),
    );
  });
});
