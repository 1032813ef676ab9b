import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { jvp } from './jvp.ts';
import { compileProgram } from './program.ts';
import { repeat } from './repeat.ts';
import { Rng } from './rng.ts';
import { trace } from './trace.ts';

const x = new Rng(1, 'x').fillNormal(new Float32Array(12));
const w = new Rng(1, 'w').fillNormal(new Float32Array(9)).map((value) => value / 3);

/** tanh(x w) + round / 10, five times; with a constant and a repeated part for the passes to find. */
const round = (a: Tensor, { w: weights }: { w: Tensor }, i: Tensor): Tensor =>
  tf.add(
    tf.tanh(tf.matMul(a as tf.Tensor2D, weights as tf.Tensor2D)),
    tf.mul(tf.div(i, 10), tf.ones([1, 3])),
  );

const executors = [
  ['compiled', () => ortCpuExecutor(1)],
  ['reference', referenceExecutor],
] as const;

describe.each(executors)('repeat, %s', (_, executor) => {
  it.each([0, 1, 5])('does what %i rounds written out do', async (count) => {
    const program = await compileProgram(executor(), {
      inputs: { x: { shape: [4, 3] }, w: { shape: [3, 3] } },
      run: (_state, tensors) => {
        let unrolled = tensors['x']!;
        for (let i = 0; i < count; i++) unrolled = round(unrolled, { w: tensors['w']! }, tf.scalar(i));
        const looped = repeat(count, tensors['x']!, { w: tensors['w']! }, round);
        // Used twice, and as an output: neither may disturb the other.
        return { outputs: { looped, twice: tf.add(looped, looped), unrolled: tf.clone(unrolled) } };
      },
    });
    const { looped, twice, unrolled } = await program.run({ x, w });
    looped!.forEach((value, i) => {
      // One rounding of float32 a round, of numbers of size 1.
      expect(value).toBeCloseTo(unrolled![i]!, 5);
      expect(twice![i]).toBeCloseTo(2 * value, 5);
    });
    await program.dispose();
  });

  it('reads outside what is an output too', async () => {
    const program = await compileProgram(executor(), {
      inputs: { x: { shape: [4, 3] } },
      run: (_, tensors) => {
        const squared = tf.square(tensors['x']!);
        return {
          outputs: {
            squared,
            y: repeat(3, tensors['x']!, { squared }, (a, { squared: inside }) =>
              repeat(2, a, { inside: inside! }, (b, { inside: deeper }) => tf.add(b, deeper!)),
            ),
          },
        };
      },
    });
    const { squared, y } = await program.run({ x });
    x.forEach((value, i) => {
      expect(squared![i]).toBeCloseTo(value ** 2, 5);
      expect(y![i]).toBeCloseTo(value + 6 * value ** 2, 4);
    });
    await program.dispose();
  });

  it('repeats inside a repetition', async () => {
    const program = await compileProgram(executor(), {
      inputs: { x: { shape: [2] } },
      run: (_state, tensors) => ({
        outputs: {
          y: repeat(3, tensors['x']!, {}, (a) => repeat(2, a, {}, (b) => tf.add(b, 1))),
        },
      }),
    });
    expect([...(await program.run({ x: Float32Array.of(0, 10) }))['y']!]).toEqual([6, 16]);
    await program.dispose();
  });

  it('passes no derivative, backward or forward', async () => {
    const program = await compileProgram(executor(), {
      inputs: { x: { shape: [3] } },
      run: (_state, tensors) => {
        const squared = (a: Tensor): Tensor => repeat(2, a, {}, (b) => tf.mul(b, b));
        const loss = (a: Tensor): tf.Scalar => tf.sum(tf.add(tf.mul(a, 3), squared(a)));
        const forward = jvp((a) => [tf.add(tf.mul(a!, 3), squared(a!))], [tensors['x']!], [tf.ones([3])]);
        return { outputs: { gradient: tf.grad(loss)(tensors['x']!), tangent: forward.tangents[0]! } };
      },
    });
    const { gradient, tangent } = await program.run({ x: Float32Array.of(1, 2, 3) });
    expect([...gradient!]).toEqual([3, 3, 3]);
    expect([...tangent!]).toEqual([3, 3, 3]);
    await program.dispose();
  });
});

it('is one node, however many rounds', () => {
  const graph = trace({ x: { shape: [2] } }, (tensors) => ({
    y: repeat(1000, tensors['x']!, {}, (a) => tf.mul(a, 0.5)),
  }));
  expect(graph.nodes.filter(({ kernel }) => kernel === 'Repeat')).toHaveLength(1);
  expect(graph.nodes.length).toBeLessThan(4);
});

it('refuses a body that reaches out, and one that changes the shape', () => {
  expect(() =>
    trace({ x: { shape: [2] } }, (tensors) => ({
      y: repeat(2, tensors['x']!, {}, (a) => tf.add(a, tensors['x']!)),
    })),
  ).toThrow(/another trace/);
  expect(() =>
    trace({ x: { shape: [2] } }, (tensors) => ({
      y: repeat(2, tensors['x']!, {}, (a) => tf.concat([a, a])),
    })),
  ).toThrow(/expected the body to return float32 \[2\], found float32 \[4\]/);
});
