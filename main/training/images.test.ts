/** What every method must do with images: small ones, through networks as small. */
import { describe, expect, it } from 'vitest';
import { methods, parseMethodParams } from '../methods/index.ts';
import type { BoundMethod, Method, TrainedDit } from '../methods/method.ts';
import { teacher } from '../methods/teacher/index.ts';
import type { VelocityField } from '../maths/sampleable.ts';
import type { Executor } from '../tensor/executors/executor.ts';
import { ortCpuExecutor } from '../tensor/executors/ort.ts';
import { referenceExecutor } from '../tensor/executors/tfjs.ts';
import { Rng } from '../tensor/rng.ts';
import { hostLeaves } from '../tensor/tree.ts';
import * as tf from '@tensorflow/tfjs-core';
import { type SampleSource, type StepReport, Trainer, type TrainingArrays } from './trainer.ts';

const SHAPE = [4, 4, 1];
const DIM = 16;
const CLASSES = 3;

/** Sizes that make a step of any method take milliseconds; a method takes those it knows. */
const SMALL: Readonly<Record<string, unknown>> = {
  batch: 12,
  width: 8,
  depth: 1,
  timeChannels: 4,
  noiseDim: 4,
  ditWidth: 8,
  ditDepth: 1,
  heads: 2,
  components: 2,
};

/** A bright bar in the row of its class, on noise. */
const bars: SampleSource & { labelled: NonNullable<SampleSource['labelled']> } = {
  classes: CLASSES,
  sample: (rng, count) => bars.labelled(rng, count).values,
  labelled(rng, count) {
    const values = rng.fillNormal(new Float32Array(count * DIM)).map((x) => 0.1 * x);
    const labels = Float32Array.from({ length: count }, () => rng.int(CLASSES));
    labels.forEach((label, i) => values.fill(1, i * DIM + 4 * label, i * DIM + 4 * label + 4));
    return { values, labels };
  },
};

function paramsOf(method: Method, more: Record<string, unknown>) {
  const given = { ...SMALL, ...more };
  const known = Object.entries(given).filter(([name]) => name in method.params.shape);
  return parseMethodParams(method, Object.fromEntries(known));
}

/** An untrained teacher whose last layer says something, with and without classes. */
function teacherOf(conditional: boolean): { field: () => VelocityField; network: TrainedDit } {
  const bound = teacher.bind(paramsOf(teacher, { conditional }), {
    sampleShape: SHAPE,
    totalSteps: 10,
    teacher: null,
    classes: CLASSES,
  });
  const { ema } = bound.init(new Rng(1, 'teacher'));
  const rng = new Rng(2, 'teacher');
  for (const [name, values] of Object.entries(hostLeaves(ema!, bound.layout['ema']!))) {
    if (/adaLN|final|classes/.test(name))
      values.set(rng.fillNormal(new Float32Array(values.length)).map((x) => 0.3 * x));
  }
  return {
    field: () => bound.sampleable({ ema: tf.tensor1d(ema!) }) as VelocityField,
    network: bound.network!({ ema: ema! }) as TrainedDit,
  };
}

function bound(method: Method, more: Record<string, unknown> = {}, totalSteps = 10): BoundMethod {
  const conditional = more['conditional'] === true;
  const { field, network } = teacherOf(conditional);
  return method.bind(paramsOf(method, more), {
    sampleShape: SHAPE,
    totalSteps,
    teacher: method.needsTeacher ? field : null,
    classes: method.needsTeacher && !conditional ? 0 : CLASSES,
    teacherNetwork: method.needsTeacher ? network : null,
  });
}

async function started(method: BoundMethod, executor: Executor): Promise<Trainer> {
  return Trainer.create({ method, source: bars, sampleShape: SHAPE, executor, seed: 3 });
}

async function advanced(
  trainer: Trainer,
  steps: number,
): Promise<{ reports: StepReport[]; state: TrainingArrays }> {
  const reports: StepReport[] = [];
  for (let k = 0; k < steps; k++) reports.push(await trainer.advance());
  const state = Object.fromEntries(
    Object.entries(await trainer.state()).map(([name, values]) => [name, values.slice()]),
  );
  await trainer.dispose();
  return { reports, state };
}

async function trained(method: BoundMethod, steps: number, executor: Executor = ortCpuExecutor(1)) {
  return advanced(await started(method, executor), steps);
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

/** What is particular to images, beside the defaults. */
const VARIANTS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  teacher: [{}, { conditional: true }, { network: 'mlp' }],
  freeflow: [
    {},
    { conditional: true, guidanceMax: 3, guidance: 2 },
    { loss: 'joint', conditional: true, auxiliaryWarmUp: 0 },
    { derivative: 'jvp', fromTeacher: false },
  ],
  piflow: [
    {},
    { conditional: true, guidance: 2, dropout: 0.1 },
    { policy: 'dx', nfe: 2, window: 0.1, source: 'data', conditional: true },
    { policy: 'dx-polynomial', headInit: 'random' },
  ],
  encoder: [{}, { task: 'reconstruct' }, { task: 'classify', labelSmoothing: 0.1, stages: [1, 2] }],
  drifting: [
    {},
    { conditional: true },
    { conditional: true, groups: 2, unconditional: 2, bank: 8, fresh: 6, negatives: 4 },
    { conditional: true, loss: 'field', network: 'mlp' },
    { conditional: true, network: 'dit', unconditional: 2, microBatch: 5 },
  ],
};

const cases = methods.flatMap((method) =>
  (VARIANTS[method.id] ?? [{}]).map(
    (more) => [`${method.id} ${JSON.stringify(more)}`, method, more] as const,
  ),
);

describe.each(cases)('%s on images', (_, method, more) => {
  it('makes finite steps with a gradient, the same ones for the same seed', async () => {
    const one = await trained(bound(method, more), 3);
    expect(one.reports.map(({ step, isGood }) => [step, isGood])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    for (const { scalars } of one.reports) expect(scalars['gradNorm']).toBeGreaterThan(0);
    expect(Object.values(one.state).every((values) => values.every(Number.isFinite))).toBe(true);
    expect(await trained(bound(method, more), 3)).toEqual(one);
  });

  it('makes the same step on the compiled executor as on the reference', async () => {
    const compiled = await trained(bound(method, more), 1);
    const reference = await trained(bound(method, more), 1, referenceExecutor());
    for (const [name, value] of Object.entries(reference.reports[0]!.scalars)) {
      // Float32 sums in another order, through a transformer and its derivative.
      expect(relativeDistance([compiled.reports[0]!.scalars[name]!], [value]), name).toBeLessThan(1e-3);
    }
    for (const [name, values] of Object.entries(reference.state)) {
      expect(relativeDistance(compiled.state[name]!, values), name).toBeLessThan(1e-3);
    }
  });

  it('resumes bit for bit', async () => {
    const whole = await trained(bound(method, more), 3);
    const { state } = await trained(bound(method, more), 1);
    const resumed = await started(bound(method, more), ortCpuExecutor(1));
    await resumed.restore(1, state);
    expect((await advanced(resumed, 2)).state).toEqual(whole.state);
  });
});

/** Whose loss is a regression on what holds still for the most part, so that it falls as they learn. */
const REGRESSIONS: readonly (readonly [string, Record<string, unknown>])[] = [
  ['teacher', {}],
  ['meanflow', {}],
  ['flow-map-distillation', {}],
  // Its loss has d/dt in it, as that of MeanFlow: under a time embedding that is too steep both diverge.
  ['flow-map-distillation', { identity: 'start' }],
  ['freeflow', {}],
  ['piflow', {}],
];

describe.each(REGRESSIONS)('%s %j on images', (id, more) => {
  it('learns', async () => {
    const method = methods.find((each) => each.id === id)!;
    const steps = 120;
    const { reports } = await trained(bound(method, { ...more, learningRate: 4e-3 }, steps), steps);
    const mean = (from: number, to: number) =>
      reports.slice(from, to).reduce((sum, { scalars }) => sum + scalars['loss']!, 0) / (to - from);
    expect(mean(steps - 20, steps)).toBeLessThan(0.9 * mean(0, 20));
  });
});
