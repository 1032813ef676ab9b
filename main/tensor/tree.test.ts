import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from './executors/ort.ts';
import { referenceExecutor } from './executors/tfjs.ts';
import { stopGradient } from './ops.ts';
import { optimized } from './passes/index.ts';
import { Rng } from './rng.ts';
import { sizeOf } from './shape.ts';
import { trace } from './trace.ts';
import { hostLeaves, pack, packedValueAndGrad, packingOf, unpack } from './tree.ts';

const shapes = fc.dictionary(
  fc.stringMatching(/^[a-z][a-z0-9.]{0,6}$/),
  fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
  { minKeys: 1, maxKeys: 6 },
);

const NETWORK = { w1: [2, 3], b1: [3], scale: [], w2: [3, 1] };

/** A loss in which every leaf takes part, one of them twice. */
function lossOf(p: Record<string, tf.Tensor>, x: tf.Tensor): tf.Scalar {
  const hidden = tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, p['w1'] as tf.Tensor2D), p['b1']!));
  const y = tf.mul(tf.matMul(hidden as tf.Tensor2D, p['w2'] as tf.Tensor2D), p['scale']!);
  return tf.add(tf.mean(tf.square(y)), tf.sum(tf.square(p['b1']!))) as tf.Scalar;
}

const X = { shape: [4, 2] };
const drawn = (name: string, size: number) => new Rng(1, name).fillNormal(new Float32Array(size));

describe('packingOf', () => {
  it('lays the tensors end to end in the order of their names', () => {
    const packing = packingOf({ b: [2, 3], a: [], c: [4] });
    expect(packing.size).toBe(11);
    expect(packing.leaves).toEqual([
      { name: 'b', shape: [2, 3], offset: 0 },
      { name: 'a', shape: [], offset: 6 },
      { name: 'c', shape: [4], offset: 7 },
    ]);
  });

  it('gives host views that share the memory of the vector and agree with unpack', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawnShapes) => {
        const packing = packingOf(drawnShapes);
        const flat = drawn('flat', packing.size);
        const graph = trace({ flat: { shape: [packing.size] } }, (t) =>
          unpack(t['flat'] as tf.Tensor1D, packing),
        );
        const parts = await (await referenceExecutor().compile(graph)).run({ flat });
        const views = hostLeaves(flat, packing);
        expect(views).toEqual(parts);
        for (const [name, view] of Object.entries(views)) {
          expect(view.length).toBe(sizeOf(drawnShapes[name]!));
          expect(view.buffer).toBe(flat.buffer);
        }
      }),
      { seed: 6, numRuns: 40 },
    );
  });
});

describe('pack and unpack', () => {
  it('are inverse to each other', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (drawnShapes) => {
        const packing = packingOf(drawnShapes);
        const specs = Object.fromEntries(
          Object.entries(drawnShapes).map(([name, shape]) => [`in ${name}`, { shape }]),
        );
        const graph = trace({ flat: { shape: [packing.size] }, ...specs }, ({ flat, ...given }) => {
          const named = Object.fromEntries(packing.leaves.map(({ name }) => [name, given[`in ${name}`]!]));
          return {
            same: pack(unpack(flat as tf.Tensor1D, packing), packing),
            ...Object.fromEntries(
              Object.entries(unpack(pack(named, packing), packing)).map(([name, t]) => [`out ${name}`, t]),
            ),
          };
        });
        const inputs = Object.fromEntries(
          graph.inputs.map(({ name, value }) => [name, drawn(name, sizeOf(value.shape))]),
        );
        const out = await (await referenceExecutor().compile(graph)).run(inputs);
        expect(out['same']).toEqual(inputs['flat']);
        for (const { name, shape } of packing.leaves) {
          expect(out[`out ${name}`]).toEqual(inputs[`in ${name}`]);
          expect(graph.outputs.find((output) => output.name === `out ${name}`)!.value.shape).toEqual(shape);
        }
      }),
      { seed: 7, numRuns: 40 },
    );
  });
});

describe('packedValueAndGrad', () => {
  const packing = packingOf(NETWORK);

  it('equals the gradient of every tensor by itself, packed', async () => {
    const graph = trace({ flat: { shape: [packing.size] }, x: X }, ({ flat, x }) => {
      const packed = packedValueAndGrad(flat as tf.Tensor1D, packing, (p) => ({
        loss: lossOf(p, x!),
        kept: { b1: tf.mul(p['b1']!, 2) },
      }));
      const named = unpack(flat as tf.Tensor1D, packing);
      const separate = Object.fromEntries(
        Object.keys(NETWORK).map((name) => [
          name,
          tf.grad((leaf: tf.Tensor) => lossOf({ ...named, [name]: leaf }, x!))(named[name]!),
        ]),
      );
      return {
        loss: packed.loss,
        grad: packed.grad,
        kept: packed.kept.b1,
        'wanted loss': lossOf(named, x!),
        'wanted grad': pack(separate, packing),
      };
    });
    const flat = drawn('params', packing.size);
    for (const executor of [ortCpuExecutor(1), referenceExecutor()]) {
      const out = await (await executor.compile(graph)).run({ flat, x: drawn('x', 8) });
      expect(out['loss']).toEqual(out['wanted loss']);
      // The same kernels, but for the order in which the two uses of b1 are added.
      out['wanted grad']!.forEach((v, i) => expect(out['grad']![i]).toBeCloseTo(v, 6));
      expect([...out['kept']!]).toEqual([...flat.subarray(6, 9)].map((b) => 2 * b));
    }
  });

  it('gives zeros for a tensor that the loss does not use, or only behind a stopped gradient', async () => {
    const graph = trace({ flat: { shape: [packing.size] } }, ({ flat }) => {
      const { grad } = packedValueAndGrad(flat as tf.Tensor1D, packing, (p) => ({
        loss: tf.add(tf.sum(p['b1']!), tf.sum(stopGradient(p['w2']!))) as tf.Scalar,
        kept: {},
      }));
      return { grad };
    });
    const { grad } = await (
      await ortCpuExecutor(1).compile(graph)
    ).run({ flat: drawn('params', packing.size) });
    expect([...grad!]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0]);
  });

  it('computes no gradient of the splitting', () => {
    const graph = optimized(
      trace({ flat: { shape: [packing.size] }, x: X }, ({ flat, x }) => {
        const { grad } = packedValueAndGrad(flat as tf.Tensor1D, packing, (p) => ({
          loss: lossOf(p, x!),
          kept: {},
        }));
        return { grad };
      }),
    );
    const kernels = graph.nodes.map((node) => node.kernel);
    expect(kernels.filter((kernel) => kernel === 'SplitV' || kernel === 'Concat')).toEqual([
      'SplitV',
      'Concat',
    ]);
  });
});
