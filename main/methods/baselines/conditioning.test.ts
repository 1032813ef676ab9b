/** The baselines where there are classes, of a teacher or of data: each learns and can be asked for them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { WorkbenchError } from '#contract/errors.ts';
import { guidedField } from '../../maths/cfg.ts';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import type { FlowMap } from '../../maths/sampleable.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { parseMethodParams } from '../index.ts';
import type { BoundMethod, Draw, Method } from '../method.ts';
import { consistency } from './consistency/index.ts';
import { dmd } from './dmd/index.ts';
import { flowMapDistillation } from './flow-map-distillation/index.ts';
import { labelled } from './labels.ts';
import { meanflow } from './meanflow/index.ts';
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

/** What the data draw gives: a point near the mean of its class, every second one of class 1. */
function drawn(draw: Draw, count: number, rng: Rng): Float32Array {
  const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  if (draw.kind === 'label') return Float32Array.from({ length: count }, (_, i) => i % 2);
  if (draw.kind === 'data') {
    const points = rng.fillNormal(new Float32Array(2 * count));
    return points.map((value, i) => 0.3 * value + [2, 0, -2, 0][i % 4]!);
  }
  if (draw.kind === 'made') throw new Error('no baseline makes its own draws');
  const values = new Float32Array(size(draw.shape));
  return draw.kind === 'normal' ? rng.fillNormal(values) : rng.fillUniform(values);
}

/** The averaged parameters after some steps. */
async function trained(
  method: BoundMethod,
  steps: number,
  batch = 32,
): Promise<{ shape: [number]; values: Float32Array }> {
  const executor = ortCpuExecutor(1);
  const shapeOf = (draw: Draw): readonly number[] =>
    draw.kind === 'data' ? [batch, 2] : draw.kind === 'label' ? [batch] : draw.shape;
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
      drawn(draw, batch, new Rng(3, name).at(step)),
    ]);
    const { loss } = await program.run({ ...Object.fromEntries(draws), step: Float32Array.of(step) });
    expect(Number.isFinite(loss![0])).toBe(true);
  }
  const { ema } = (await program.readState()) as { ema: Float32Array };
  const values = ema.slice();
  await program.dispose();
  return { shape: [values.length], values };
}

/** Mean of the first coordinate of samples of either class, after some steps. */
async function classMeans(method: BoundMethod, steps: number): Promise<[number, number]> {
  const state = await trained(method, steps);
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
  ['meanflow', meanflow, {}, 300],
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

  it('refuses classes that are not there', () => {
    expect(() => bound(method, { ...more, conditional: true }, 0)).toThrow(WorkbenchError);
  });
});

describe('meanflow that is guided', () => {
  const wide = { width: 64, depth: 2, batch: 256, conditional: true, instantShare: 0.75, labelDropout: 0.2 };

  it('has the guided velocity of its data at a single time, with one evaluation', async () => {
    const scale = 2;
    const method = bound(meanflow, { ...wide, guidance: scale });
    const state = await trained(method, 1200, 256);
    const count = 200;
    const t = 0.6;
    // Between both classes, where guidance matters; the paths there are within one std of the middle.
    const x = new Rng(5, 'x').fillUniform(new Float32Array(2 * count)).map((u) => 2 * u - 1);
    const found = await computed({ state, x: { shape: [count, 2], values: x } }, ({ state: ema, x: at }) => {
      const map = method.sampleable({ ema: ema! }) as FlowMap;
      const label = tf.fill([count], 0) as Tensor1D;
      const [from, d] = [tf.fill([count], t) as Tensor1D, 1e-3];
      const arrived = map.jump!(at!, from, tf.sub(from, d) as Tensor1D, { label });
      const exact = (w: number): Tensor =>
        guidedField(mixtureVelocityField(mixture), { scale: w, low: 0, high: 1 }).velocity(at!, from, {
          label,
        });
      const rms = (a: Tensor, b: Tensor): Tensor => tf.sqrt(tf.mean(tf.square(tf.sub(a, b))));
      const own = tf.div(tf.sub(at!, arrived), d);
      return {
        toGuided: rms(own, exact(scale)),
        toPlain: rms(own, exact(1)),
        apart: rms(exact(scale), exact(1)),
      };
    });
    expect(found.toGuided[0]).toBeLessThan(found.apart[0]! / 3);
    expect(found.toPlain[0]).toBeGreaterThan(found.apart[0]! / 2);
  });

  it('refuses guidance where no classes are learnt', () => {
    expect(() => bound(meanflow, { guidance: 2 })).toThrow('params.guidance: expected 1');
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
