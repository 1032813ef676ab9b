import type * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { referenceExecutor } from '../tensor/executors/tfjs.ts';
import { Rng } from '../tensor/rng.ts';
import { trace } from '../tensor/trace.ts';
import { guidedVelocity, scalesAt } from './cfg.ts';
import { GaussianMixture, mixtureVelocityField } from './gaussian-mixture.ts';
import { interpolate, pathVelocity } from './interpolant.ts';

describe('the tensor functions of this room', () => {
  it('trace into one program that the compiled executor and the reference run alike', async () => {
    const mixture = new GaussianMixture({
      means: [
        [1, 0],
        [-1, 0.5],
        [0, -1],
      ],
      stds: [0.2, 0.3, 0.4],
    });
    const [batch, dim] = [6, 2];
    const shape = [batch, dim];
    const graph = trace(
      { data: { shape }, noise: { shape }, t: { shape: [batch] } },
      ({ data, noise, t }) => {
        const time = t as tf.Tensor1D;
        const x = interpolate(data!, noise!, time);
        const scale = scalesAt({ scale: 2, low: 0.2, high: 0.6 }, time);
        const exact = mixtureVelocityField(mixture).velocity(x, time);
        return { x, scale, exact, guided: guidedVelocity(exact, pathVelocity(data!, noise!), scale) };
      },
    );
    const rng = new Rng(1, 'draws');
    const inputs = {
      data: rng.fillNormal(new Float32Array(batch * dim)),
      noise: rng.fillNormal(new Float32Array(batch * dim)),
      t: Float32Array.of(0, 0.2, 0.4, 0.6, 0.7, 1),
    };
    const compiled = await (await ortCpuExecutor(1).compile(graph)).run(inputs);
    const reference = await (await referenceExecutor().compile(graph)).run(inputs);
    expect([...compiled['scale']!]).toEqual([1, 2, 2, 2, 1, 1]);
    for (const name of ['x', 'exact', 'guided']) {
      // float32 with exponents up to about 50, hence 1e-5 relative in the responsibilities.
      reference[name]!.forEach((value, i) => {
        expect(Math.abs(value - compiled[name]![i]!)).toBeLessThan(1e-4 * (1 + Math.abs(value)));
      });
    }
    const exact = mixture.velocity(reference['x'] as Float32Array, inputs.t);
    compiled['exact']!.forEach((v, i) => expect(Math.abs(v - exact[i]!)).toBeLessThan(1e-3));
  });
});
