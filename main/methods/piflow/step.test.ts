import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { GaussianMixture, mixtureVelocityField } from '../../maths/gaussian-mixture.ts';
import { ortCpuExecutor } from '../../tensor/executors/ort.ts';
import { compileProgram } from '../../tensor/program.ts';
import { Rng } from '../../tensor/rng.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { initMlp } from '../../models/mlp/mlp.ts';
import { hostLeaves } from '../../tensor/tree.ts';
import type { BoundMethod, Draw, TrainedNetwork } from '../method.ts';
import { piflow } from './index.ts';
import { params } from './params.ts';

const B = 8;
const small = { batch: B, width: 8, depth: 2, timeChannels: 4, components: 3 };
const mixture = new GaussianMixture({
  means: [
    [1, 0],
    [-1, 0.5],
  ],
  stds: [0.3, 0.3],
});

function bound(more: Record<string, unknown>, teacherNetwork: TrainedNetwork | null = null): BoundMethod {
  return piflow.bind(params.parse({ ...small, ...more }), {
    sampleShape: [2],
    totalSteps: 10,
    teacher: () => mixtureVelocityField(mixture),
    classes: 2,
    teacherNetwork,
  });
}

type Draws = Record<string, Float32Array>;

const shapeOf = (draw: Draw): number[] =>
  draw.kind === 'data' ? [draw.count, 2] : draw.kind === 'label' ? [B] : [...draw.shape];

/** Draws by name: the same for every method that draws the same. */
function drawsOf(method: BoundMethod): Draws {
  return Object.fromEntries(
    Object.entries(method.draws).map(([name, draw]) => {
      const values = new Float32Array(sizeOf(shapeOf(draw)));
      const rng = new Rng(20261122, name);
      if (draw.kind === 'label') values.forEach((_, i) => (values[i] = i % 2));
      else if (draw.kind === 'uniform') rng.fillUniform(values);
      else rng.fillNormal(values);
      return [name, values];
    }),
  );
}

/** Scalars of one step on given draws, and the parameters after it. */
async function stepped(method: BoundMethod, change: (draws: Draws) => Draws = (draws) => draws, step = 1) {
  const program = await compileProgram(ortCpuExecutor(1), {
    state: Object.fromEntries(
      Object.entries(method.layout).map(([name, { size }]) => [name, { shape: [size] }]),
    ),
    inputs: {
      ...Object.fromEntries(
        Object.entries(method.draws).map(([name, draw]) => [name, { shape: shapeOf(draw) }]),
      ),
      step: { shape: [] },
    },
    run: (state, { step: k, ...batch }) => {
      const result = method.step(state, batch, k as Scalar);
      return { state: result.state, outputs: result.scalars };
    },
  });
  await program.writeState(method.init(new Rng(1, 'init')));
  const scalars = await program.run({ ...change(drawsOf(method)), step: Float32Array.of(step) });
  const loss = scalars['loss']![0]!;
  const share = scalars['teacherShare']?.[0];
  const params = Float32Array.from((await program.readState())['params'] as Float32Array);
  await program.dispose();
  expect(params.every(Number.isFinite)).toBe(true);
  return { loss, share, params };
}

const fill = (values: Float32Array | undefined, value: number) => values!.map(() => value);

describe('segments that start from data', () => {
  it('are those of roll-outs for one network call', async () => {
    const [data, rollout] = [bound({ source: 'data' }), bound({ source: 'rollout' })];
    expect(await stepped(data)).toEqual(await stepped(rollout));
  });

  it('care for no data where they start from noise alone', async () => {
    const method = bound({ source: 'data', nfe: 2 });
    const first = (draws: Draws) => ({ ...draws, segment: fill(draws['segment'], 0.7) });
    const one = await stepped(method, first);
    const other = await stepped(method, (draws) => ({ ...first(draws), data: fill(draws['data'], 3) }));
    expect(other).toEqual(one);
  });

  it('start half-way from the even mean of data and noise', async () => {
    const method = bound({ source: 'data', nfe: 2 });
    const second = (draws: Draws) => ({ ...draws, segment: fill(draws['segment'], 0.2) });
    const one = await stepped(method, second);
    const swapped = await stepped(method, (draws) => ({
      ...second(draws),
      data: draws['noise']!,
      noise: draws['data']!,
    }));
    expect(swapped).toEqual(one);
    const moved = await stepped(method, (draws) => ({ ...second(draws), data: fill(draws['data'], 3) }));
    expect(moved.loss).not.toBe(one.loss);
  });

  it('are asked for as what the data is, but for those that ask for anything', async () => {
    const method = bound({ source: 'data', nfe: 2, conditional: true });
    const asking = (asked: number, label: number) =>
      stepped(method, (draws) => ({
        ...draws,
        asked: fill(draws['asked'], asked),
        label: fill(draws['label'], label),
      }));
    const [zero, one] = [await asking(0.99, 0), await asking(0.99, 1)];
    expect(zero.loss).not.toBe(one.loss);
    // Whatever class the draw would have named.
    expect(await asking(0.2, 0)).toEqual(zero);
    expect(await asking(0, 1)).toEqual(await asking(0, 0));
  });
});

describe('a window', () => {
  it('longer than a segment is a segment', async () => {
    const [long, whole] = [bound({ nfe: 4, window: 0.5 }), bound({ nfe: 4, window: 0.25 })];
    expect(await stepped(long)).toEqual(await stepped(whole));
  });
});

describe('the start', () => {
  const network = (width: number) => {
    const shape = { inputs: 2, outputs: 2, width, depth: 2, timeChannels: 4 };
    return { shape, parameters: initMlp(shape, new Rng(5, 'teacher')) };
  };
  const firstLayer = (more: Record<string, unknown>, width: number | null) => {
    const method = bound(more, width === null ? null : network(width));
    const params = method.init(new Rng(1, 'init'))['params']!;
    return [...hostLeaves(params, method.layout['params']!)['layers.0.weight']!];
  };

  it('is random, or where it is asked for the network of a teacher of the same shape', () => {
    const known = [...network(8).parameters['layers.0.weight']!];
    const teacher = { headInit: 'teacher' };
    expect(firstLayer(teacher, 8)).toEqual(known);
    const random = firstLayer({}, null);
    expect(random).not.toEqual(known);
    expect(firstLayer({}, 8)).toEqual(random);
    // From an exact teacher, or one of another width, there is nothing to take.
    expect(firstLayer(teacher, null)).toEqual(random);
    expect(firstLayer(teacher, 9)).toEqual(random);
  });
});

describe('trajectory mixing', () => {
  it('is reported as it fades, and once faded changes nothing', async () => {
    const [mixed, plain] = [bound({ mixingSteps: 4, substeps: 4 }), bound({ substeps: 4 })];
    expect((await stepped(mixed)).share).toBe(1);
    expect((await stepped(mixed, undefined, 3)).share).toBe(0.5);
    const faded = await stepped(mixed, undefined, 5);
    const without = await stepped(plain, undefined, 5);
    expect(faded.share).toBe(0);
    expect(faded.loss).toBe(without.loss);
    expect((await stepped(mixed)).loss).not.toBeCloseTo((await stepped(plain)).loss, 4);
  });
});

describe('classes', () => {
  const asking = async (method: BoundMethod, labels: readonly number[] | null): Promise<Float32Array> => {
    const count = 4;
    const program = await compileProgram(ortCpuExecutor(1), {
      inputs: { ema: { shape: [method.layout['ema']!.size] }, x: { shape: [count, 2] } },
      run: (_, { ema, x }) => {
        const policy = method.sampleable({ ema: ema! });
        if (policy.kind !== 'policy') throw new Error('not a policy');
        const t = tf.ones([count]) as Tensor1D;
        const condition = labels === null ? undefined : { label: tf.tensor1d([...labels]) };
        const said = policy.parameters(x!, t, condition);
        const later = tf.fill([count], 0.4) as Tensor1D;
        const outputs: Record<string, Tensor> = {
          velocity: policy.velocity(said, x!, t, x!, later),
          weights: policy.weights!(said, x!, t, x!, later),
        };
        return { outputs: { all: tf.concat([outputs['velocity']!, outputs['weights']!], 1) } };
      },
    });
    const { ema } = method.init(new Rng(1, 'init'));
    const x = new Rng(2, 'x').fillNormal(new Float32Array(count * 2));
    const { all } = await program.run({ ema: ema!, x });
    const copy = Float32Array.from(all!);
    await program.dispose();
    return copy;
  };

  it('of one sample are no concern of the others, and none is any', async () => {
    const method = bound({ conditional: true });
    expect(method.classes).toBe(2);
    const size = 2 + small.components;
    const row = (values: Float32Array, i: number) => [...values.subarray(size * i, size * (i + 1))];
    const [zeros, mixed, any, unsaid] = await Promise.all(
      [[0, 0, 0, 0], [0, 1, 0, 2], [2, 2, 2, 2], null].map((labels) => asking(method, labels)),
    );
    expect(row(mixed!, 0)).toEqual(row(zeros!, 0));
    expect(row(mixed!, 2)).toEqual(row(zeros!, 2));
    expect(row(mixed!, 1)).not.toEqual(row(zeros!, 1));
    expect(row(mixed!, 3)).toEqual(row(any!, 3));
    expect(unsaid).toEqual(any);
    for (let i = 0; i < 4; i++) {
      const weights = row(mixed!, i).slice(2);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  });

  it('are guided on the interval of times that is asked for, and nowhere else', async () => {
    const guided = (more: Record<string, unknown>) =>
      stepped(bound({ conditional: true, nfe: 2, source: 'data', ...more }), (draws) => ({
        ...draws,
        // All of it in the first half of the path.
        segment: fill(draws['segment'], 0.9),
      }));
    const plain = await guided({});
    const elsewhere = await guided({ guidance: 3, guidanceHigh: 0.4 });
    // The same number by way of two calls of the teacher, rounded.
    expect(elsewhere.loss / plain.loss).toBeCloseTo(1, 6);
    expect((await guided({ guidance: 3, guidanceLow: 0.4 })).loss).not.toBeCloseTo(plain.loss, 3);
  });
});
