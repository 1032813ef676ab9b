import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { GaussianMixture, mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import { type GmData, gmPolicy } from '../maths/policy/gm-policy.ts';
import type { PolicySource } from '../maths/policy/policy.ts';
import { pairedDistance } from '../metrics/paired-distance.ts';
import { Rng } from '../tensor/rng.ts';
import type { Lab } from './lab.ts';
import { noiseOf } from './noise.ts';
import { always, defineReproduction, values } from './reproduction.ts';

const starts = [1, 0.8, 0.5];
const COMPONENTS = 5;
const STD = 0.25;
const STEPS = 256;
/** Far above the rounding of float32 on numbers of order 1, far below what an error of the formula makes. */
const TOLERANCE = 1e-4;

/** A mixture of a seed: every seed has other means. */
function mixtureOf(seed: number): GaussianMixture {
  const numbers = new Rng(seed, 'reproduction/mixture').fillNormal(new Float32Array(2 * COMPONENTS));
  const means = Array.from({ length: COMPONENTS }, (_, k) => [numbers[2 * k]!, numbers[2 * k + 1]!]);
  return new GaussianMixture({ means, stds: new Array<number>(COMPONENTS).fill(STD) });
}

/** The law of the data given a state at the source: its exact posterior, which is a mixture again. */
function posterior({ means, weights, count }: GaussianMixture, { x, t }: PolicySource): GmData {
  const column = tf.reshape(t, [-1, 1, 1, 1]);
  const signal = tf.sub(1, column);
  const centre = tf.mul(signal, tf.tensor(Float32Array.from(means), [1, count, 2, 1]));
  const variance = tf.add(tf.square(tf.mul(signal, STD)), tf.square(column));
  const offset = tf.sub(tf.expandDims(x, 1), centre);
  const evidence = tf.div(tf.sum(tf.square(offset), 2, true), tf.mul(variance, -2));
  const logWeights = tf.add(tf.tensor(Float32Array.from(weights, Math.log), [1, count, 1, 1]), evidence);
  return {
    means: tf.add(
      tf.tensor(Float32Array.from(means), [1, count, 2, 1]),
      tf.mul(tf.div(tf.mul(signal, STD ** 2), variance), offset),
    ),
    logWeights: tf.sub(logWeights, tf.logSumExp(logWeights, 1, true)),
    variance: tf.div(tf.mul(tf.square(column), STD ** 2), variance),
  };
}

interface RolledOut {
  /** [T, B, 2] states of the policy and of the teacher, both by the same Euler steps. */
  readonly policy: Float32Array[];
  readonly exact: Float32Array[];
  /** Largest t |pi - v| along the policy's path: the difference of the two predictions of the data. */
  readonly predictionError: number;
}

/** Both roll-outs from states at time `start`, which the exact flow has reached. */
async function rolledOut(lab: Lab, mixture: GaussianMixture, x: Float32Array, start: number) {
  const count = x.length / 2;
  const field = mixtureVelocityField(mixture);
  let [own, exact] = [x, x];
  const states: { policy: Float32Array[]; exact: Float32Array[] } = { policy: [x], exact: [x] };
  let worst = 0;
  const column = (t: number): Float32Array => new Float32Array(count).fill(t);
  const velocities = await lab.program(
    { x: [count, 2], exact: [count, 2], source: [count, 2], t: [count], start: [count] },
    ({ x: at, exact: there, source, t, start: from }) => {
      const origin = { x: tf.expandDims(source!, 2), t: from as Tensor1D };
      const policy = gmPolicy(posterior(mixture, origin), origin);
      const flat = (y: Tensor): Tensor => tf.reshape(y, [count, 2]);
      return {
        policy: flat(policy(tf.expandDims(at!, 2), t as Tensor1D)),
        along: field.velocity(at!, t as Tensor1D),
        flow: field.velocity(there!, t as Tensor1D),
      };
    },
  );
  try {
    for (let i = 0; i < STEPS; i++) {
      const t = start * (1 - i / STEPS);
      const found = await velocities.run({
        x: own,
        exact,
        source: x,
        t: column(t),
        start: column(start),
      });
      const { policy, along, flow } = found as Record<string, Float32Array>;
      for (let j = 0; j < policy!.length; j++) {
        worst = Math.max(worst, t * Math.abs(policy![j]! - along![j]!));
      }
      const step = start / STEPS;
      own = own.map((value, j) => value - step * policy![j]!);
      exact = exact.map((value, j) => value - step * flow![j]!);
      states.policy.push(own);
      states.exact.push(exact);
    }
  } finally {
    await velocities.dispose();
  }
  return { ...states, predictionError: worst } satisfies RolledOut;
}

/** States at time `start`: data and noise mixed, which is the law of the flow there. */
function statesAt(mixture: GaussianMixture, noise: Float32Array, start: number): Float32Array {
  const data = mixture.sample(new Rng(noise.length, 'reproduction/data'), noise.length / 2);
  return noise.map((n, i) => (1 - start) * data[i]! + start * n);
}

export const analyticPolicy = defineReproduction({
  name: 'analytic-policy',
  claim:
    'With the exact posterior at its source a Gaussian-mixture policy is the velocity of the flow at every later state: one network call is enough.',
  source: 'Chen et al. 2025, pi-Flow, section 3 and appendix on GMFlow policies',
  rule: `Measure: largest difference between what the policy and the exact velocity predict of the data, t |pi - v|, along the policy's roll-out, in data units. Holds if it is below ${TOLERANCE} (the arithmetic is float32) for every source time and seed; does not hold otherwise.`,
  seeds: { quick: [0, 1, 2], full: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
  arms: starts.map((t) => `source at t = ${t}`),
  figure: {
    kind: 'paths',
    title: 'Exact flow (ink) and roll-out of the policy from one call at t = 1',
    async picture(lab) {
      const mixture = mixtureOf(0);
      const noise = noiseOf(2 * 60, 0);
      const { policy, exact } = await rolledOut(lab, mixture, noise, 1);
      return {
        sets: [
          { name: 'exact flow', paths: batchMajor(exact), steps: exact.length },
          { name: 'policy', paths: batchMajor(policy), steps: policy.length },
        ],
      };
    },
  },
  async run(arm, seed, lab, { isQuick }) {
    const start = starts.find((t) => arm === `source at t = ${t}`)!;
    const mixture = mixtureOf(seed);
    const noise = noiseOf(2 * (isQuick ? 500 : 4000), seed);
    const { policy, exact, predictionError } = await rolledOut(
      lab,
      mixture,
      statesAt(mixture, noise, start),
      start,
    );
    const ends = [policy.at(-1)!, exact.at(-1)!].map((points) => Float64Array.from(points));
    return { predictionError, endDistance: pairedDistance(ends[0]!, ends[1]!) };
  },
  verdict: (results) =>
    always(
      Object.keys(results).every((arm) =>
        values(results, arm, 'predictionError').every((error) => error < TOLERANCE),
      ),
    ),
});

/** [T][B * 2] to [B, T, 2]. */
function batchMajor(states: readonly Float32Array[]): Float32Array {
  const steps = states.length;
  const out = new Float32Array(steps * states[0]!.length);
  states.forEach((state, t) => {
    for (let b = 0; b < state.length / 2; b++) out.set(state.subarray(2 * b, 2 * b + 2), (b * steps + t) * 2);
  });
  return out;
}
