import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../executors/ort.ts';
import { referenceExecutor } from '../executors/tfjs.ts';
import { matrixParity } from '../testing/cases/matrix.ts';
import { describeParity, floats } from '../testing/parity.ts';
import { trace } from '../trace.ts';

describeParity(matrixParity);

describe('batches that broadcast on both sides', () => {
  // The reference pairs such batches wrongly, so the product of repeated operands is the oracle.
  it('equal the product of repeated operands, gradients too', async () => {
    const repeated = (a: tf.Tensor, b: tf.Tensor) =>
      tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
    const specs = { a: { shape: [2, 1, 2, 4] }, b: { shape: [1, 3, 4, 2] }, dy: { shape: [2, 3, 2, 2] } };
    const graph = trace(specs, ({ a, b, dy }) => {
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y);
      const gradsOf = (op: typeof product) =>
        tf.grads((x: tf.Tensor, y: tf.Tensor) => op(x, y))([a!, b!], dy!);
      const [direct, oracle] = [gradsOf(product), gradsOf(repeated)];
      return {
        y: product(a!, b!),
        da: direct[0]!,
        db: direct[1]!,
        'wanted y': repeated(a!, b!),
        'wanted da': oracle[0]!,
        'wanted db': oracle[1]!,
      };
    });
    const inputs = Object.fromEntries(
      Object.entries(specs).map(([name, { shape }], seed) => [name, floats(shape, { seed }).data]),
    );
    const fast = await (await ortCpuExecutor(1).compile(graph)).run(inputs);
    const slow = await (await referenceExecutor().compile(graph)).run(inputs);
    for (const name of ['y', 'da', 'db']) {
      slow[`wanted ${name}`]!.forEach((wanted, i) => expect(fast[name]![i]).toBeCloseTo(wanted, 5));
    }
  });
});

describe('what matrix products refuse', () => {
  it('inner sizes that differ, naming both shapes', () => {
    expect(() =>
      trace({ a: { shape: [2, 3] }, b: { shape: [4, 2] } }, (t) => ({
        y: tf
          .engine()
          .runKernel(
            'BatchMatMul',
            { a: t['a']!, b: t['b']! },
            { transposeA: false, transposeB: false },
          ) as tf.Tensor,
      })),
    ).toThrow('matMul inner sizes differ: [2, 3] x [4, 2]');
  });
});
