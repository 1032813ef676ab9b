/** A policy without a network: its parameters are trained for a few fixed noises. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { GaussianMixture, mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import { type GmData, gmDataFrom, gmPolicy } from '../maths/policy/gm-policy.ts';
import type { PolicySource } from '../maths/policy/policy.ts';
import { rollOut, rollOutStep } from '../maths/policy/roll-out.ts';
import type { BoundMethod } from '../methods/method.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../methods/optimisation.ts';
import { samplerById } from '../samplers/index.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { stopGradient } from '../tensor/ops.ts';
import { compileProgram } from '../tensor/program.ts';
import { repeat } from '../tensor/repeat.ts';
import { Rng } from '../tensor/rng.ts';
import { packingOf, unpack } from '../tensor/tree.ts';
import { Trainer } from './trainer.ts';

const [SOURCES, K, DIM] = [8, 6, 2];
/** States of each path that a step imitates at. */
const STATES = 24;
/** Of the roll-out that explores. */
const SUBSTEPS = 32;
const STEPS = 600;
const executor = ortCpuExecutor(1);
const mixture = new GaussianMixture({
  weights: [0.5, 0.2, 0.3],
  means: [
    [1, 0.5],
    [-1.2, 0],
    [0.3, -1.5],
  ],
  stds: [0.5, 0.5, 0.5],
});
const noise = new Rng(28, 'sources').fillNormal(new Float32Array(SOURCES * DIM));
const packing = packingOf({
  means: [SOURCES, K, DIM, 1],
  logWeights: [SOURCES, K, 1, 1],
  logStd: [SOURCES, 1, 1, 1],
});
const options = z.object(optimisationParams).parse({ learningRate: 0.05, emaDecay: 0.9 });

/** The noises one after another, `copies` times. */
function sources(copies: number): PolicySource {
  const x = tf.tensor(noise, [SOURCES, DIM, 1]);
  return { x: tf.concat(new Array<Tensor>(copies).fill(x), 0), t: tf.ones([SOURCES * copies]) };
}

function dataOf(parameters: Record<string, Tensor>, copies: number): GmData {
  const copied = (name: string): Tensor => tf.concat(new Array<Tensor>(copies).fill(parameters[name]!), 0);
  const output = { means: copied('means'), logWeights: copied('logWeights'), logStd: copied('logStd') };
  return gmDataFrom(output, sources(copies));
}

/** Imitation of the teacher at one state of the policy's own path, at a random time for every noise. */
const method: BoundMethod = {
  layout: networkLayout(packing),
  draws: { places: { kind: 'uniform', shape: [STATES, SOURCES] } },
  init: (rng) =>
    initNetwork(packing, {
      means: rng
        .fillNormal(new Float32Array(SOURCES * K * DIM))
        .map((value, i) => noise[Math.floor(i / (K * DIM)) * DIM + (i % DIM)]! + value),
      logWeights: new Float32Array(SOURCES * K),
      logStd: new Float32Array(SOURCES).fill(Math.log(0.3)),
    }),
  step: (state, { places }, step) =>
    optimisedStep(state, packing, step, STEPS, options, (parameters) => {
      const source = sources(STATES);
      const data = dataOf(parameters, STATES);
      const detached = Object.fromEntries(
        Object.entries(parameters).map(([name, value]) => [name, stopGradient(value)]),
      );
      const explorer = gmPolicy(dataOf(detached, STATES), source);
      // The last hundredth is left out, where velocities divide by t.
      const strata = tf.reshape(tf.range(0, STATES), [STATES, 1]);
      const t = tf.reshape(tf.add(tf.mul(tf.add(strata, places!), 0.99 / STATES), 0.01), [-1]) as Tensor1D;
      const leg = { from: source.t, to: t, substeps: tf.fill(t.shape, SUBSTEPS) as Tensor1D };
      const there = rollOut(explorer, source.x, leg, 1, SUBSTEPS);
      const found = tf.squeeze(gmPolicy(data, source)(there, t), [2]);
      const wanted = stopGradient(mixtureVelocityField(mixture).velocity(tf.squeeze(there, [2]), t));
      return { loss: tf.mean(tf.squaredDifference(found, wanted)) as Scalar };
    }),
  standardNfe: 1,
  sampleable: () => {
    throw new Error('not sampled here');
  },
  sampledState: ['ema'],
  noiseShape: [DIM],
  nfePerCall: 1,
};

/** Where the policy of such parameters takes its noises, by many small steps. */
async function endsOf(params: Float32Array): Promise<Float32Array> {
  const substeps = 512;
  const program = await compileProgram(executor, {
    inputs: { params: { shape: [params.length] } },
    run: (_, { params: packed }) => {
      const source = sources(1);
      const data = dataOf(unpack(packed as Tensor1D, packing), 1);
      const ends = repeat(substeps, source.x, { ...data }, (x, inside, round) => {
        const leg = {
          from: tf.ones([SOURCES]) as Tensor1D,
          to: tf.zeros([SOURCES]) as Tensor1D,
          substeps: tf.fill([SOURCES], substeps) as Tensor1D,
        };
        return rollOutStep(gmPolicy(inside as unknown as GmData, sources(1)), x, round, leg, 1);
      });
      return { outputs: { ends } };
    },
  });
  const { ends } = await program.run({ params });
  await program.dispose();
  return ends as Float32Array;
}

it('check 28: a policy of free parameters ends where its teacher does', async () => {
  const path = await samplerById('rk4').sample((x, t) => mixture.velocity(x, t), Float64Array.from(noise), {
    steps: 64,
    dim: DIM,
    record: 'end',
  });
  const exact = path.states.at(-1)!;
  /** The largest distance of an end from the teacher's. */
  const farthest = (ends: ArrayLike<number>): number => {
    const distances = Array.from({ length: SOURCES }, (_, i) =>
      Math.hypot(ends[DIM * i]! - exact[DIM * i]!, ends[DIM * i + 1]! - exact[DIM * i + 1]!),
    );
    return Math.max(...distances);
  };
  const source = { dim: DIM, sample: () => new Float32Array(0) };
  const trainer = await Trainer.create({ method, source, sampleShape: [DIM], executor, seed: 0 });
  expect(farthest(await endsOf((await trainer.state())['params']!))).toBeGreaterThan(1);
  for (let k = 0; k < STEPS; k++) await trainer.advance();
  const ends = await endsOf((await trainer.state())['ema']!);
  await trainer.dispose();
  // Measured 0.008, of which a half is the error of 512 Euler steps.
  expect(farthest(ends)).toBeLessThan(0.01);
}, 180_000);
