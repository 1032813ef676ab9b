/** The distillations here under a teacher with classes: each learns and can be asked for them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { parseMethodParams } from '../index.ts';
import type { BoundMethod, Draw, Method } from '../method.ts';
import { consistency } from './consistency/index.ts';
import { dmd } from './dmd/index.ts';
import { flowMapDistillation } from './flow-map-distillation/index.ts';
import { labelled } from './labels.ts';
import { computed } from './testdata/gaussian.ts';

/** Two classes, far apart. */
const mixture = new GaussianMixture({
  means: [
    [2, 0],
    [-2, 0],
  ],
  stds: [0.3, 0.3],
});
const small = { batch: 32, width: 16, depth: 1, learningRate: 0.01, schedule: 'constant', emaDecay: 0.9 };

function bound(method: Method, more: Record<string, unknown>, classes = 2): BoundMethod {
  return method.bind(parseMethodParams(method, { ...small, ...more }), {
    sampleShape: [2],
    totalSteps: 1000,
    teacher: () => mixtureVelocityField(mixture),
    classes,
  });
}

/** What the data draw gives: a point near the mean of its class, the second half of the batch of class 1. */
function drawn(draw: Draw, count: number, rng: Rng): Float32Array {
  const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  if (draw.kind === 'label') return Float32Array.from({ length: count }, (_, i) => Number(i >= count / 2));
  if (draw.kind === 'data') {
    const points = rng.fillNormal(new Float32Array(2 * count));
    return points.map((value, i) => 0.3 * value + (i % 2 === 1 ? 0 : i < count ? 2 : -2));
  }
  if (draw.kind === 'made') throw new Error('no baseline makes its own draws');
  const values = new Float32Array(size(draw.shape));
  return draw.kind === 'normal' ? rng.fillNormal(values) : rng.fillUniform(values);
}

/** Mean of the first coordinate of samples of either class, after some steps. */
async function classMeans(method: BoundMethod, steps: number): Promise<[number, number]> {
  const executor = ortCpuExecutor(1);
  const shapeOf = (draw: Draw): readonly number[] =>
    draw.kind === 'data' ? [32, 2] : draw.kind === 'label' ? [32] : draw.shape;
  const program = await compileProgram(executor, {
    state: Object.fromEntries(
      Object.entries(method.layout).map(([name, packing]) => [name, { shape: [packing.size] }]),
    ),
    inputs: {
      ...Object.fromEntries(
        Object.entries(method.draws).map(([name, draw]) => [name, { shape: shapeOf(draw) }]),
      ),
      step: { shape: [] },
    },
    run: (state, { step, ...batch }) => {
      const result = method.step(state, batch, step as Scalar);
      return { state: result.state, outputs: result.scalars };
    },
  });
  await program.writeState(method.init(new Rng(3, 'init')));
  for (let step = 1; step <= steps; step++) {
    const draws = Object.entries(method.draws).map(([name, draw]): [string, Float32Array] => [
      name,
      drawn(draw, 32, new Rng(3, name).at(step)),
    ]);
    const { loss } = await program.run({ ...Object.fromEntries(draws), step: Float32Array.of(step) });
    expect(Number.isFinite(loss![0])).toBe(true);
  }
  const { ema } = (await program.readState()) as { ema: Float32Array };
  const state = { shape: [ema.length], values: ema.slice() };
  await program.dispose();
  const noise = { shape: [256, 2], values: new Rng(4, 'noise').fillNormal(new Float32Array(512)) };
  const means = await computed({ state, noise }, ({ state: parameters, noise: z }) => {
    const made = method.sampleable({ ema: parameters! });
    expect(made.classes).toBe(2);
    const meanOf = (label: number): Tensor => {
      const condition = { label: tf.fill([256], label) as Tensor1D };
      if (made.kind === 'generator') return tf.mean(made.generate(z!, condition), 0);
      if (made.kind === 'flowMap') return tf.mean(made.map(z!, tf.ones([256]) as Tensor1D, condition), 0);
      throw new Error(`expected a one-step sampleable, found ${made.kind}`);
    };
    return { zero: meanOf(0), one: meanOf(1) };
  });
  return [means.zero[0]!, means.one[0]!];
}

const methods: [string, Method, Record<string, unknown>, number][] = [
  ['flow-map-distillation at arrival', flowMapDistillation, {}, 300],
  ['flow-map-distillation at start', flowMapDistillation, { identity: 'start' }, 300],
  ['consistency', consistency, { firstGrid: 8, lastGrid: 8 }, 300],
  ['dmd', dmd, { fakeUpdates: 2, fakeRate: 0.01, warmUp: 0 }, 300],
];

describe.each(methods)('%s', (_, method, more, steps) => {
  it('takes noise to the class that it is asked for', async () => {
    const [zero, one] = await classMeans(bound(method, { ...more, conditional: true }), steps);
    // The means are at 2 and -2; a student that ignored the class would be at 0 for both.
    expect(zero).toBeGreaterThan(1);
    expect(one).toBeLessThan(-1);
  });

  it('has no classes unless asked to', () => {
    expect(bound(method, more).classes).toBe(0);
  });

  it('refuses classes that its teacher does not have', () => {
    expect(() => bound(method, { ...more, conditional: true }, 0)).toThrow(WorkbenchError);
  });
});

describe('labels of noised data', () => {
  it('are those of the data, but for the share left open and points of none', async () => {
    const conditioner = {
      classes: 2,
      // Says for each sample whether it is left open.
      condition: (asked: Tensor | undefined) => ({ label: asked as Tensor1D }),
    };
    const row = (values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
    const { label } = await computed(
      { asked: row([0, 1, 2, 0, 1]), of: row([1, 0, 1, 2, 7]) },
      ({ asked, of }) => ({ label: labelled(conditioner, asked, of)!.label }),
    );
    expect([...label]).toEqual([1, 0, 2, 2, 2]);
  });
});
