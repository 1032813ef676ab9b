/** FreeFlow where the flow map is known: on a line it is the quantile map. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { GaussianMixture, mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import { freeflow } from '../methods/freeflow/index.ts';
import { predictionLoss } from '../methods/freeflow/losses.ts';
import { parseMethodParams } from '../methods/index.ts';
import { eulerSampler } from '../samplers/fixed-step.ts';
import { type NoiseSampler, searchNoise } from '../samplers/noise-search.ts';
import { densityVerifier } from '../samplers/verifiers.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { Trainer } from './trainer.ts';

const COUNT = 4000;
const mixture = new GaussianMixture({ weights: [3, 7], means: [[-1], [0.8]], stds: [0.3, 0.4] });
const noise = new Rng(17, 'noise').fillNormal(new Float64Array(COUNT));
const exact = mixture.quantileMap(noise);
const executor = ortCpuExecutor(1);

/** The one-step map of a small student after some training. */
async function trainedMap(loss: string, steps: number): Promise<(z: Float64Array) => Promise<Float64Array>> {
  const params = parseMethodParams(freeflow, {
    loss,
    batch: 256,
    width: 64,
    depth: 2,
    learningRate: 5e-3,
    weightPower: 0,
  });
  const method = freeflow.bind(params, {
    sampleShape: [1],
    totalSteps: steps,
    teacher: () => mixtureVelocityField(mixture),
    classes: 0,
  });
  const source = { dim: 1, sample: () => new Float32Array(0) };
  const trainer = await Trainer.create({ method, source, sampleShape: [1], executor, seed: 0 });
  for (let k = 0; k < steps; k++) await trainer.advance();
  const state = await trainer.state();
  const sampled = Object.fromEntries(method.sampledState.map((name) => [name, state[name]!.slice()]));
  await trainer.dispose();
  return async (z) => {
    const program = await compileProgram(executor, {
      inputs: {
        ...Object.fromEntries(
          Object.entries(sampled).map(([name, { length }]) => [name, { shape: [length] }]),
        ),
        z: { shape: [z.length, 1] },
      },
      run: (_, { z: at, ...vectors }) => {
        const made = method.sampleable(vectors);
        if (made.kind !== 'flowMap') throw new Error('expected a flow map');
        return { outputs: { points: made.map(at!, tf.ones([z.length])) } };
      },
    });
    const { points } = await program.run({ ...sampled, z: Float32Array.from(z) });
    await program.dispose();
    return Float64Array.from(points!);
  };
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

/** Distance in law, W1, to the exact samples of the same noises. */
function distanceInLaw(points: Float64Array): number {
  const [a, b] = [points.toSorted(), exact.toSorted()];
  return mean(a.map((x, i) => Math.abs(x - b[i]!)));
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [mean(a), mean(b)];
  const product = (p: Float64Array, pm: number, q: Float64Array, qm: number): number =>
    mean(p.map((x, i) => (x - pm) * (q[i]! - qm)));
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}

/*
 * The paper finds the joint loss nearer to the teacher than prediction alone, which accumulates error. At
 * this size it is not: W1 after 4000 steps at seeds 0 to 2 was 0.019, 0.036 and 0.042 for prediction (0.034
 * to 0.036 at a lower rate), and 0.037, 0.045 and 0.044 for the joint loss at alpha 0.3, 0.085 to 0.089 at
 * alpha 1. So no order of the two is asserted; what holds is that both come close and that the correction
 * alone does not.
 */
it('check 17: prediction and the joint loss find the quantile map, and correction alone does not', async () => {
  const steps = 1500;
  const distanceOf = async (loss: string): Promise<number> =>
    distanceInLaw(await (await trainedMap(loss, steps))(noise));
  const map = await trainedMap('prediction', steps);
  const points = await map(noise);
  const prediction = distanceInLaw(points);
  // Measured 0.042, 0.065 and 0.42.
  expect(prediction).toBeLessThan(0.08);
  expect(await distanceOf('joint')).toBeLessThan(0.12);
  const correction = await distanceOf('correction');
  expect(correction).toBeGreaterThan(3 * prediction);
  // But it does not run away from the data, as it does with its sign turned.
  expect(correction).toBeLessThan(0.6);

  // A student of that quality is a proxy for its teacher: its scores go with those of the exact map.
  const verifier = densityVerifier(mixture);
  expect(correlation(await verifier(points, 1), await verifier(exact, 1))).toBeGreaterThan(0.9);
  const student: NoiseSampler = async (z) => ({ states: [await map(z)], nfe: 1 });
  const teacher: NoiseSampler = (z) =>
    eulerSampler.sample((x, t) => mixture.velocity(x, t), z, { steps: 32, dim: 1, record: 'end' });
  const scoreOf = async (proxy: NoiseSampler, candidates: number): Promise<number> => {
    const options = { count: 400, candidates, dim: 1, verifier, rng: new Rng(17, 'search') };
    return mean(await verifier((await searchNoise(proxy, teacher, options)).samples, 1));
  };
  const [plain, byStudent, byTeacher] = [
    await scoreOf(student, 1),
    await scoreOf(student, 8),
    await scoreOf(teacher, 8),
  ];
  // Measured -1.005, -0.401 and -0.400: almost all that a search by the teacher itself would gain.
  expect(byStudent - plain).toBeGreaterThan(0.9 * (byTeacher - plain));
  expect(byTeacher - plain).toBeGreaterThan(0.3);
}, 180_000);

it('check 16: a sample weighs 1 / (|Delta_G|^2 / D + eps)^k', async () => {
  const [count, dim, eps] = [12, 3, 1e-3];
  const program = await compileProgram(executor, {
    inputs: { z: { shape: [count, dim] }, d: { shape: [count] } },
    run: (_, { z, d }) => {
      const of = (k: number) =>
        predictionLoss(
          (x) => tf.sin(x),
          (x) => tf.neg(x),
          z!,
          d as tf.Tensor1D,
          { derivative: 'difference', h: 0.01, k, eps },
        );
      const { error, weights } = of(1);
      return { outputs: { error, one: weights, none: of(0).weights, half: of(0.5).weights } };
    },
  });
  const found = await program.run({
    z: new Rng(16, 'z').fillNormal(new Float32Array(count * dim)),
    d: new Rng(16, 'd').fillUniform(new Float32Array(count)),
  });
  for (let i = 0; i < count; i++) {
    const row = [...found['error']!.subarray(i * dim, (i + 1) * dim)];
    const square = mean(row.map((value) => value ** 2));
    expect(found['none']![i]).toBe(1);
    expect(found['one']![i]! * (square + eps)).toBeCloseTo(1, 4);
    expect(found['half']![i]! ** 2 * (square + eps)).toBeCloseTo(1, 4);
    // So the error of a sample never counts for more than this, however large it is.
    expect(found['one']![i]! * Math.sqrt(square)).toBeLessThanOrEqual(1 / (2 * Math.sqrt(eps)));
  }
  await program.dispose();
});
