/** What Drifting is known for, at a size that trains in a second. */
import { expect, it } from 'vitest';
import { datasetById, parseDatasetParams } from '../datasets/index.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { compileProgram } from '../tensor/program.ts';
import { Rng } from '../tensor/rng.ts';
import { Trainer, type TrainingArrays } from './trainer.ts';
import type { BoundMethod } from '../methods/method.ts';
import { parseMethodParams } from '../methods/index.ts';
import { drifting } from '../methods/drifting/index.ts';

const NOISE_DIM = 8;
const executor = ortCpuExecutor(1);
const dataset = datasetById('bimodal');
const source = dataset.create(parseDatasetParams(dataset, {}));

/** 2000 points of the averaged generator. */
async function samplesOf(method: BoundMethod, state: TrainingArrays): Promise<Float32Array> {
  const count = 2000;
  const program = await compileProgram(executor, {
    inputs: {
      ema: { shape: [state['ema']!.length] },
      noise: { shape: [count, NOISE_DIM] },
    },
    run: (_, { ema, noise }) => {
      const made = method.sampleable({ ema: ema! });
      if (made.kind !== 'generator') throw new Error('expected a generator');
      return { outputs: { points: made.generate(noise!) } };
    },
  });
  const noise = new Rng(1, 'samples').fillNormal(new Float32Array(count * NOISE_DIM));
  const { points } = await program.run({ ema: state['ema']!, noise });
  await program.dispose();
  return points as Float32Array;
}

/** Share of points in each of the two modes: within three of its standard deviations. */
function modeShares(points: Float32Array): number[] {
  const counts = [0, 0];
  for (let i = 0; i < points.length; i += 2) {
    const mode = source.modes!.modeOf(points, i);
    if (mode >= 0) counts[mode]! += 1;
  }
  return counts.map((count) => count / (points.length / 2));
}

const small = {
  batch: 128,
  noiseDim: NOISE_DIM,
  width: 64,
  depth: 2,
  // The modes lie 2.8 standard deviations apart; the kernel must reach from one to the other.
  temperature: 0.5,
  learningRate: 1e-2,
};

/** Where all samples lie before training, data units; the modes are at x = -1.4 and 1.4. */
const starts = {
  'between the modes': [0, 0],
  'far from both': [4, 4],
  'collapsed on one': [...source.mixture!.means.subarray(2, 4)],
};

it.each(Object.entries(starts))('check 39: recovers both modes from a start %s', async (_, startCentre) => {
  const steps = 1600;
  const params = parseMethodParams(drifting, { ...small, startCentre, startSpread: 0.2 });
  const method = drifting.bind(params, { sampleShape: [2], totalSteps: steps, teacher: null, classes: 0 });
  const trainer = await Trainer.create({ method, source, sampleShape: [2], executor, seed: 0 });
  const before = modeShares(await samplesOf(method, await trainer.state()));
  // Not there yet, or the test would say nothing.
  expect(Math.min(...before)).toBeLessThan(0.05);

  for (let k = 0; k < steps; k++) await trainer.advance();
  const after = modeShares(await samplesOf(method, await trainer.state()));
  await trainer.dispose();
  // Seeds 0, 1 and 2 gave 0.41 to 0.47 each from every start; the rest lies on the bridge that a continuous map leaves.
  for (const share of after) {
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.6);
  }
});

/** Root mean square distance, over the modes' own, of the points of a mode from its middle. */
function modeSpread(points: Float32Array): number {
  const { means, stds } = source.mixture!;
  let [squares, count] = [0, 0];
  for (let i = 0; i < points.length; i += 2) {
    const mode = source.modes!.modeOf(points, i);
    if (mode < 0) continue;
    squares += (points[i]! - means[2 * mode]!) ** 2 + (points[i + 1]! - means[2 * mode + 1]!) ** 2;
    count++;
  }
  return Math.sqrt(squares / count / 2) / stds[0]!;
}

it('check 39: attraction alone draws the modes together into points', async () => {
  const spreadOf = async (repulsion: number): Promise<number> => {
    const steps = 600;
    const params = parseMethodParams(drifting, { ...small, repulsion });
    const method = drifting.bind(params, { sampleShape: [2], totalSteps: steps, teacher: null, classes: 0 });
    const trainer = await Trainer.create({ method, source, sampleShape: [2], executor, seed: 0 });
    for (let k = 0; k < steps; k++) await trainer.advance();
    const points = await samplesOf(method, await trainer.state());
    await trainer.dispose();
    return modeSpread(points);
  };
  const data = modeSpread(source.sample(new Rng(2, 'data'), 2000));
  expect(data).toBeGreaterThan(0.9);
  // Measured 1.07 and 0.43. Distances between laws do not tell the two apart as surely at this size.
  const whole = await spreadOf(1);
  expect(whole).toBeGreaterThan(0.8);
  expect(whole).toBeLessThan(1.3);
  expect(await spreadOf(0)).toBeLessThan(0.6);
});

it('resumes a run that draws from a bank bit for bit', async () => {
  const params = parseMethodParams(drifting, {
    batch: 16,
    width: 8,
    depth: 1,
    noiseDim: 2,
    bank: 40,
    fresh: 6,
  });
  const method = drifting.bind(params, { sampleShape: [2], totalSteps: 20, teacher: null, classes: 0 });
  const trainerOf = () => Trainer.create({ method, source, sampleShape: [2], executor, seed: 4 });
  const kept = async (trainer: Trainer): Promise<TrainingArrays> =>
    Object.fromEntries(Object.entries(await trainer.state()).map(([name, values]) => [name, values.slice()]));
  const whole = await trainerOf();
  for (let k = 0; k < 9; k++) await whole.advance();
  const saved = await kept(whole);
  for (let k = 9; k < 14; k++) await whole.advance();

  const resumed = await trainerOf();
  await resumed.restore(9, saved);
  for (let k = 9; k < 14; k++) await resumed.advance();
  expect(await kept(resumed)).toEqual(await kept(whole));
  await whole.dispose();
  await resumed.dispose();
});
