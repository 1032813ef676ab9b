/** That encoders learn: digits, through a network of a few thousand numbers. */
import { expect, it } from 'vitest';
import { datasetById, parseDatasetParams } from '../datasets/index.ts';
import { encoder } from '../methods/encoder/index.ts';
import { parseMethodParams } from '../methods/index.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { Trainer } from './trainer.ts';

const STEPS = 80;

/** Means of each scalar over the first and the last quarter of the steps. */
async function trained(params: Record<string, unknown>): Promise<Record<string, readonly [number, number]>> {
  const dataset = datasetById('digits');
  const source = dataset.create(parseDatasetParams(dataset, {}));
  const small = { width: 8, stages: [1, 1], batch: 32, learningRate: 1e-2 };
  const method = encoder.bind(parseMethodParams(encoder, { ...small, ...params }), {
    sampleShape: source.shape!,
    totalSteps: STEPS,
    teacher: null,
    classes: source.classes!,
  });
  const trainer = await Trainer.create({
    method,
    source,
    sampleShape: source.shape!,
    executor: ortCpuExecutor(1),
    seed: 1,
  });
  const series: Record<string, number[]> = {};
  for (let k = 0; k < STEPS; k++) {
    const { scalars } = await trainer.advance();
    for (const [name, value] of Object.entries(scalars)) (series[name] ??= []).push(value);
  }
  await trainer.dispose();
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return Object.fromEntries(
    Object.entries(series).map(([name, values]) => [
      name,
      [mean(values.slice(0, STEPS / 4)), mean(values.slice(-STEPS / 4))] as const,
    ]),
  );
}

it('learns to fill in hidden squares', async () => {
  const { reconstructionLoss, ...others } = await trained({ task: 'reconstruct' });
  expect(reconstructionLoss![1]).toBeLessThan(0.7 * reconstructionLoss![0]);
  expect(others).not.toHaveProperty('classLoss');
});

it('tells digits apart', async () => {
  const { classLoss, trainingAccuracy, ...others } = await trained({ task: 'classify' });
  expect(classLoss![1]).toBeLessThan(0.7 * classLoss![0]);
  // A tenth is chance.
  expect(trainingAccuracy![1]).toBeGreaterThan(0.4);
  expect(others).not.toHaveProperty('reconstructionLoss');
});

it('learns both at once', async () => {
  const found = await trained({ task: 'both', maskShare: 0.25, classWeight: 1, classShare: 1 });
  expect(found['reconstructionLoss']![1]).toBeLessThan(0.8 * found['reconstructionLoss']![0]);
  expect(found['classLoss']![1]).toBeLessThan(0.9 * found['classLoss']![0]);
});
