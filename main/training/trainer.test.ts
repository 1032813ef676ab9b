import v8 from 'node:v8';
import vm from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { BoundMethod } from '../methods/method.ts';
import { initNetwork, networkLayout, optimisationParams, optimisedStep } from '../methods/optimisation.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { referenceExecutor } from '../tensor/executors/tfjs.ts';
import type { Rng } from '../tensor/rng.ts';
import { packingOf } from '../tensor/tree.ts';
import { z } from 'zod';
import { type SampleSource, Trainer, type TrainingArrays } from './trainer.ts';

const BATCH = 8;
const packing = packingOf({ weight: [2, 2], bias: [2] });
const options = z.object(optimisationParams).parse({ learningRate: 0.05, schedule: 'constant' });

/** Fits an affine map of noise to data: the smallest thing with every kind of draw. */
const affineOf = (batch: number): BoundMethod => ({
  layout: networkLayout(packing),
  draws: {
    data: { kind: 'data', count: batch },
    noise: { kind: 'normal', shape: [batch, 2] },
    weight: { kind: 'uniform', shape: [batch] },
  },
  init: (rng) =>
    initNetwork(packing, { weight: rng.fillNormal(new Float32Array(4)), bias: new Float32Array(2) }),
  step: (state, { data, noise, weight }, step) =>
    optimisedStep(state, packing, step, 1000, options, (parameters) => {
      const made = tf.add(
        tf.matMul(noise as tf.Tensor2D, parameters['weight'] as tf.Tensor2D),
        parameters['bias']!,
      );
      const squares = tf.sum(tf.square(tf.sub(made, data!)), 1);
      return { loss: tf.mean(tf.mul(squares, weight as Tensor1D)) as Scalar };
    }),
  standardNfe: 1,
  sampleable: () => {
    throw new Error('not sampled here');
  },
  sampledState: ['ema'],
  noiseShape: [2],
  nfePerCall: 1,
});

const normals: SampleSource = {
  sample: (rng, count) => rng.fillNormal(new Float32Array(2 * count)).map((value) => 3 + value),
};

function trainerOf({
  source = normals,
  seed = 5,
  batch = BATCH,
  executor = ortCpuExecutor(1) as Executor,
} = {}): Promise<Trainer> {
  return Trainer.create({ method: affineOf(batch), source, sampleShape: [2], executor, seed });
}

async function advance(trainer: Trainer, steps: number): Promise<Record<string, number>[]> {
  const scalars: Record<string, number>[] = [];
  for (let k = 0; k < steps; k++) scalars.push((await trainer.advance()).scalars);
  return scalars;
}

async function copied(trainer: Trainer): Promise<TrainingArrays> {
  return Object.fromEntries(
    Object.entries(await trainer.state()).map(([name, values]) => [name, values.slice()]),
  );
}

/** A source whose points are NaN at one step. */
function brokenAt(step: number): SampleSource {
  return {
    sample: (rng, count) => {
      const values = normals.sample(rng, count);
      return rng.step === step ? values.fill(NaN) : values;
    },
  };
}

describe.each([
  ['ort-cpu', () => ortCpuExecutor(1)],
  ['reference', referenceExecutor],
] as const)('Trainer on %s', (_, executorOf) => {
  const executor = executorOf();

  it('starts from the parameters of its seed and learns', async () => {
    const trainer = await trainerOf({ executor });
    expect(trainer.step).toBe(0);
    const start = await copied(trainer);
    expect(start['ema']).toEqual(start['params']);
    expect(start['first']!.every((value) => value === 0)).toBe(true);
    const scalars = await advance(trainer, 60);
    expect(trainer.step).toBe(60);
    const mean = (part: Record<string, number>[]): number =>
      part.reduce((total, { loss }) => total + loss!, 0) / part.length;
    expect(mean(scalars.slice(-10))).toBeLessThan(0.5 * mean(scalars.slice(0, 10)));
    await trainer.dispose();
  });

  it('does N + M steps as N, another trainer, M: bit for bit', async () => {
    const [n, m] = [7, 6];
    const whole = await trainerOf({ executor });
    const wholeScalars = await advance(whole, n + m);

    const first = await trainerOf({ executor });
    const firstScalars = await advance(first, n);
    const saved = await copied(first);
    await first.dispose();

    const second = await trainerOf({ executor });
    await advance(second, 2); // whatever it did before is replaced
    await second.restore(n, saved);
    expect(second.step).toBe(n);
    const secondScalars = await advance(second, m);
    expect([...firstScalars, ...secondScalars]).toEqual(wholeScalars);
    expect(await copied(second)).toEqual(await copied(whole));
    await whole.dispose();
    await second.dispose();
  });

  it('draws by seed and step, not by history', async () => {
    const one = await trainerOf({ executor, seed: 5 });
    const two = await trainerOf({ executor, seed: 6 });
    const [state] = [await copied(one)];
    await two.restore(0, state);
    const [a] = await advance(one, 1);
    const [b] = await advance(two, 1);
    expect(a!['loss']).not.toBe(b!['loss']);
    await one.restore(0, state);
    expect((await advance(one, 1))[0]).toEqual(a);
    await one.dispose();
    await two.dispose();
  });

  it('takes back a step whose loss is not finite, as often as it is tried', async () => {
    const trainer = await trainerOf({ executor, source: brokenAt(4) });
    await advance(trainer, 3);
    const before = await copied(trainer);
    for (let attempt = 0; attempt < 3; attempt++) {
      const report = await trainer.advance();
      expect(report).toMatchObject({ step: 4, isGood: false });
      expect(report.scalars['loss']).toBeNaN();
      expect(trainer.step).toBe(3);
      expect(await copied(trainer)).toEqual(before);
    }
    await trainer.dispose();
  });

  it('leaves the state that it hands out alone when it restores', async () => {
    const trainer = await trainerOf({ executor });
    const saved = await copied(trainer);
    const kept = structuredClone(saved);
    await trainer.restore(0, saved);
    await advance(trainer, 3);
    expect(saved).toEqual(kept);
    await trainer.dispose();
  });
});

it('asks the source for its points with the cursor of the step', async () => {
  const asked: { seed: number; stream: string; step: number; count: number }[] = [];
  const source: SampleSource = {
    sample: (rng: Rng, count) => {
      asked.push({ seed: rng.seed, stream: rng.stream, step: rng.step, count });
      return normals.sample(rng, count);
    },
  };
  const trainer = await trainerOf({ source, seed: 9 });
  await advance(trainer, 2);
  expect(asked).toEqual([
    { seed: 9, stream: 'draw/data', step: 1, count: BATCH },
    { seed: 9, stream: 'draw/data', step: 2, count: BATCH },
  ]);
  await trainer.dispose();
});

it('keeps memory flat', async () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const trainer = await trainerOf({ batch: 1024 });
  await advance(trainer, 1000); // compilation, caches, the young generation at its full size
  const tensors = tf.memory().numTensors;
  const before = { used: used(), rss: process.memoryUsage().rss };
  for (let k = 0; k < 3000; k++) await trainer.advance();
  const grown = { used: used() - before.used, rss: process.memoryUsage().rss - before.rss };
  // One small object kept of every step would be 60 bytes and more, 180 kB in all.
  expect(grown.used).toBeLessThan(150_000);
  // One batch of points kept of every step, by us or by the runtime, would be 24 MB; the allocator
  // and the collector alone move the resident size by a few MB.
  expect(grown.rss).toBeLessThan(15_000_000);
  expect(tf.memory().numTensors).toBe(tensors);
  await trainer.dispose();
});

describe('labels of a step', () => {
  /** Points that are their labels, of three classes, and -1 for those that `modes` knows nothing of. */
  const drawn = (rng: Rng, count: number): Float32Array =>
    Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? rng.int(4) : 0));
  const modes = {
    count: 3,
    modeOf: (points: ArrayLike<number>, offset: number) => (points[offset]! % 4 === 3 ? -1 : points[offset]!),
  };
  const sources: [string, SampleSource][] = [
    [
      'known to the data',
      {
        sample: drawn,
        classes: 3,
        labelled: (rng, count) => {
          const values = drawn(rng, count);
          return { values, labels: Float32Array.from({ length: count }, (_, i) => values[2 * i]!) };
        },
      },
    ],
    ['told by where points lie', { sample: drawn, modes }],
  ];

  it.each(sources)('%s belong to its points', async (_, source) => {
    const method: BoundMethod = {
      ...affineOf(BATCH),
      draws: { data: { kind: 'data', count: BATCH }, label: { kind: 'label', of: 'data' } },
      step: (state, { data, label }) => {
        const first = tf.reshape(tf.slice(data!, [0, 0], [BATCH, 1]), [BATCH]);
        const apart = tf.sum(tf.abs(tf.sub(first, label!))) as Scalar;
        return { state: { ...state }, scalars: { loss: apart, gradNorm: tf.sum(label!) as Scalar } };
      },
    };
    const trainer = await Trainer.create({
      method,
      source,
      sampleShape: [2],
      executor: ortCpuExecutor(1),
      seed: 5,
    });
    const scalars = await advance(trainer, 3);
    // A point of no class is given the number of classes, which here is also where it lies.
    expect(scalars.map(({ loss }) => loss)).toEqual([0, 0, 0]);
    expect(scalars.every(({ gradNorm }) => gradNorm! > 0)).toBe(true);
    await trainer.dispose();
  });
});
