/** What every method must do in training, checked for all of the registry. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DataSource, datasetById, parseDatasetParams } from '../datasets/index.ts';
import { methods, parseMethodParams } from '../methods/index.ts';
import { GaussianMixture, mixtureVelocityField } from '../maths/gaussian-mixture.ts';
import type { BoundMethod, Method } from '../methods/method.ts';
import { initMlp } from '../models/mlp/mlp.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { referenceExecutor } from '../tensor/executors/tfjs.ts';
import { Rng } from '../tensor/rng.ts';
import { type StepReport, Trainer, type TrainingArrays } from './trainer.ts';

/** Sizes that make a step of any method take about a millisecond; a method takes those it knows. */
const SMALL: Readonly<Record<string, unknown>> = {
  batch: 16,
  width: 8,
  depth: 2,
  timeChannels: 4,
  noiseDim: 4,
};
const DATASETS = ['checkerboard', 'eight-gaussians'];

/** What distillations learn from here. */
const teacher = () =>
  mixtureVelocityField(
    new GaussianMixture({
      means: [
        [1, 0],
        [-1, 0.5],
      ],
      stds: [0.3, 0.3],
    }),
  );

/** What those may start from that start from their teacher's network; as small as a fresh one. */
const networkShape = { inputs: 2, outputs: 2, width: 8, depth: 2, timeChannels: 4 };
const teacherNetwork = {
  shape: networkShape,
  parameters: initMlp(networkShape, new Rng(1, 'teacher'), { lastGain: 0.1 }),
};

function bound(method: Method, more: Record<string, unknown> = {}): BoundMethod {
  const known = Object.entries(SMALL).filter(([name]) => name in method.params.shape);
  const params = parseMethodParams(method, { ...Object.fromEntries(known), ...more });
  return method.bind(params, {
    sampleShape: [2],
    totalSteps: 10,
    teacher: method.needsTeacher ? teacher : null,
    classes: method.needsTeacher ? 2 : 8,
    teacherNetwork: method.needsTeacher ? teacherNetwork : null,
  });
}

function sourceOf(id: string): DataSource {
  const dataset = datasetById(id);
  return dataset.create(parseDatasetParams(dataset, {}));
}

interface Result {
  readonly reports: StepReport[];
  readonly state: TrainingArrays;
}

async function trained(
  method: BoundMethod,
  dataset: string,
  executor: Executor,
  steps: number,
): Promise<Result> {
  const source = sourceOf(dataset);
  const trainer = await Trainer.create({ method, source, sampleShape: [source.dim], executor, seed: 3 });
  const reports: StepReport[] = [];
  for (let k = 0; k < steps; k++) reports.push(await trainer.advance());
  const state = Object.fromEntries(
    Object.entries(await trainer.state()).map(([name, values]) => [name, values.slice()]),
  );
  await trainer.dispose();
  return { reports, state };
}

/** |a - b| / |b| over a whole vector. */
function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-30));
}

/** Those that learn points; of the others, images.test.ts says the same. */
const ofPoints = methods.filter(({ produces }) => produces !== 'features');

describe.each(ofPoints.map((method) => [method.id, method] as const))('%s', (_, method) => {
  describe.each(DATASETS)('on %s', (dataset) => {
    it('makes finite steps with a gradient', async () => {
      const { reports, state } = await trained(bound(method), dataset, ortCpuExecutor(1), 3);
      expect(reports.map(({ step, isGood }) => [step, isGood])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      for (const { scalars } of reports) {
        expect(Object.keys(scalars)).toEqual(expect.arrayContaining(['loss', 'gradNorm', 'learningRate']));
        expect(Object.values(scalars).every(Number.isFinite)).toBe(true);
        expect(scalars['gradNorm']).toBeGreaterThan(0);
      }
      expect(Object.values(state).every((values) => values.every(Number.isFinite))).toBe(true);
    });

    it('repeats itself bit for bit', async () => {
      const one = await trained(bound(method), dataset, ortCpuExecutor(1), 3);
      const two = await trained(bound(method), dataset, ortCpuExecutor(1), 3);
      expect(two).toEqual(one);
    });

    it('makes the same step on the compiled executor as on the reference', async () => {
      const compiled = await trained(bound(method), dataset, ortCpuExecutor(1), 1);
      const reference = await trained(bound(method), dataset, referenceExecutor(), 1);
      for (const [name, value] of Object.entries(reference.reports[0]!.scalars)) {
        const found = compiled.reports[0]!.scalars[name]!;
        expect(Math.abs(found - value), name).toBeLessThanOrEqual(1e-4 * Math.abs(value));
      }
      for (const [name, values] of Object.entries(reference.state)) {
        // As whole vectors: Adam's first step is the sign of the gradient, even of one that is rounding.
        expect(relativeDistance(compiled.state[name]!, values), name).toBeLessThan(1e-4);
      }
    });
  });

  const { properties = {} } = z.toJSONSchema(method.params, { io: 'input' });
  const choices = (Object.entries(properties) as [string, { enum?: string[]; default?: unknown }][]).flatMap(
    ([name, field]) =>
      (field.enum ?? [])
        .filter((choice) => choice !== field.default)
        .map((choice) => [name, choice] as const),
  );
  /** What `auto` means for points, and what only images can have. */
  const asForPoints = ['network mlp', 'headInit random', 'loss field'];
  const forImages = ['network dit'];
  const told = choices.filter((choice) => ![...asForPoints, ...forImages].includes(choice.join(' ')));
  const automatic = choices.filter((choice) => asForPoints.includes(choice.join(' ')));

  if (automatic.length > 0) {
    it.each(automatic)('takes %s %s by itself', async (name, choice) => {
      const usual = await trained(bound(method), DATASETS[0]!, ortCpuExecutor(1), 3);
      const said = await trained(bound(method, { [name]: choice }), DATASETS[0]!, ortCpuExecutor(1), 3);
      expect(said).toEqual(usual);
    });
  }

  it.each(told)('makes finite steps with %s %s', async (name, choice) => {
    // Some choices differ only from the second network call on.
    const more = 'nfe' in method.params.shape ? { nfe: 2 } : {};
    const usual = await trained(bound(method, more), DATASETS[0]!, ortCpuExecutor(1), 3);
    const other = await trained(
      bound(method, { ...more, [name]: choice }),
      DATASETS[0]!,
      ortCpuExecutor(1),
      3,
    );
    expect(other.reports.every(({ isGood }) => isGood)).toBe(true);
    // A choice that changes nothing is not wired up.
    expect(other.state).not.toEqual(usual.state);
  });
});
